"""The certificates of all known tokens as files for other programs. Pure: ``tokens.list`` in, text out."""
