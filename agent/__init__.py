"""The agent: watches tokens, reminds before certificates expire, renews them."""

__version__ = "0.1.0"
