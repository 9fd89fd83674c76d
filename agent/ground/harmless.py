"""Characters that do something to a screen instead of being seen on it; some texts are strangers'."""

from __future__ import annotations

import unicodedata


def harmless(text: str) -> str:
    """Return a text that does nothing to a screen: hidden characters are marked as such."""
    return "".join("\N{REPLACEMENT CHARACTER}" if is_hidden(c) else c for c in text)


def is_hidden(character: str) -> bool:
    """Return whether a character would do something to a screen instead of being seen on it.

    Controls, line ends, marks of direction and of joining, halves of surrogates (Unicode, 4.5).
    """
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
