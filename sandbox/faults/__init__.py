"""Answers spoilt on purpose."""
