"""Signatures inside a PDF (PAdES, ETSI EN 319 142-1): made, and read, by a confined worker."""
