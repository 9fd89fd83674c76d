"""Texts of strangers that are read before they are signed: no character of them does anything unseen."""

from __future__ import annotations

from agent.ground.harmless import is_hidden


def visible(text: str) -> str:
    """Return a text in which every character is to be seen: what would do something is named instead."""
    return "".join(
        f"‹U+{ord(character):04X}›" if is_hidden(character) and character != "\n" else character
        for character in text
    )
