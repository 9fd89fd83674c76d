"""Texts of strangers on screen: names of 200 characters, from right to left, without a space."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

_UNBROKEN = re.compile(r"[^\s\u3400-\u9fff]{20}")
_BREAK = "\u200b"
_ISOLATE, _POP = "\u2068", "\u2069"


def isolated(text: str) -> str:
    """Return a text that cannot turn round what stands beside it (UAX #9, FSI and PDI)."""
    return f"{_ISOLATE}{text}{_POP}"


def breakable(text: str) -> str:
    """Return a text that can be wrapped also where it is long and has no space."""
    return _UNBROKEN.sub(lambda run: run.group() + _BREAK, text)


class ValueLabel(QLabel):
    """A value that wraps, can be selected, and never makes its window wider."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_value(self, text: str) -> None:
        """Show ``text``."""
        self.setText(breakable(text))
        self.setAccessibleName(text)
