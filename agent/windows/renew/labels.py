"""Labels for words that somebody else chose: long names, right-to-left script, emoji."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from agent.windows.style import set_kind

_LONG_WORD = re.compile(r"[!-~\u00a1-\u2e7f]{24}(?=\S)")
"""Scripts with words; Chinese is broken between any two characters as it is."""
_ZERO_WIDTH_SPACE = "\u200b"
_ISOLATED = "\u2068{}\u2069"
"""First strong isolate (Unicode UAX 9): a name's direction changes nothing around it."""


def breakable(text: str) -> str:
    """Return ``text`` so that even a name without a blank can be broken into lines."""
    return _LONG_WORD.sub(lambda found: found.group() + _ZERO_WIDTH_SPACE, text)


def isolated(name: str) -> str:
    """Return a name as it may stand in a sentence, whatever direction it is written in."""
    return _ISOLATED.format(breakable(name)) if name else ""


def make_label(kind: str = "", *, selectable: bool = False) -> QLabel:
    """Return a label that wraps, and takes no mark-up from anybody."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    if selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if kind:
        set_kind(label, kind)
    return label


def say(label: QLabel, text: str, kind: str | None = None) -> None:
    """Show ``text`` in a label; one with nothing to say takes no room."""
    label.setText(breakable(text))
    label.setVisible(bool(text))
    if kind is not None:
        set_kind(label, kind)
