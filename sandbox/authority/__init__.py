"""The certification authority: what it keeps and what it does. No HTTP."""
