"""Tokens, their certificates and drivers, and their PIN."""
