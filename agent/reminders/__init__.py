"""Reminders: when to say that a certificate expires, and what. Independent of PIN and network."""
