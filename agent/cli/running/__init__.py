"""The agent as a program: running it, asking how it is, watching it, checking this computer, updates."""
