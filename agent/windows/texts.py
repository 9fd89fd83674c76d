"""Texts that come from elsewhere, on screen: names of 200 characters, from right to left; days."""

from __future__ import annotations

import datetime as dt
import html
import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QListWidgetItem, QSizePolicy, QTreeWidgetItem, QWidget

from agent.certificates.china_time import china_date

_UNBROKEN = re.compile(r"[^\s\u3400-\u9fff]{20}")
ANYWHERE = "\u200b"
"""Where it stands in a text a line may end."""
_ISOLATE, _POP = "\u2068", "\u2069"


def isolated(text: str) -> str:
    """Return a text that cannot turn round what stands beside it (UAX #9, FSI and PDI)."""
    return f"{_ISOLATE}{text}{_POP}"


def breakable(text: str) -> str:
    """Return a text that can be wrapped also where it is long and has no space."""
    return _UNBROKEN.sub(lambda run: run.group() + ANYWHERE, text)


def day(instant: str) -> str:
    """Return the day in China of an instant as the agent's answers have it (RFC 3339)."""
    return china_date(dt.datetime.fromisoformat(instant)).isoformat()


def set_tooltip(shown: QWidget | QTreeWidgetItem | QListWidgetItem, text: str) -> None:
    """Have ``text`` come up beside what is shown, letter by letter.

    Qt guesses whether a tooltip is mark-up and cannot be told, so it always is, and escaped.
    """
    lines = "<br>".join(html.escape(line) for line in text.splitlines())
    rich = f"<p>{lines}</p>" if text else ""
    if isinstance(shown, QTreeWidgetItem):
        shown.setToolTip(0, rich)
    else:
        shown.setToolTip(rich)


class Label(QLabel):
    """A text that is shown letter by letter. Every label is one: words of strangers get everywhere.

    Qt's own guesses what is mark-up, and loads the pictures it names.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


class ValueLabel(Label):
    """A value that wraps, can be selected, and never makes its window wider."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def show_value(self, text: str) -> None:
        """Show ``text``."""
        self.setText(breakable(text))
        self.setAccessibleName(text)
