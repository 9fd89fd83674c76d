"""Scans of papers, judged by content: what is wrong with one is named, and a conversion offered."""
