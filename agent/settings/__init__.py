"""The settings of a running agent: read so that it always starts, changed while it runs."""
