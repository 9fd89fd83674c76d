"""Labels for words that somebody else chose: long names, right-to-left script, emoji."""

from __future__ import annotations

from PySide6.QtCore import Qt

from agent.windows import texts
from agent.windows.style import set_kind
from agent.windows.texts import Label


def isolated(name: str) -> str:
    """Return a name as it may stand in a sentence, whatever direction it is written in."""
    return texts.isolated(texts.breakable(name)) if name else ""


def make_label(kind: str = "", *, selectable: bool = False) -> Label:
    """Return a label that wraps."""
    label = Label()
    label.setWordWrap(True)
    if selectable:
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if kind:
        set_kind(label, kind)
    return label


def say(label: Label, text: str, kind: str | None = None) -> None:
    """Show ``text`` in a label; one with nothing to say takes no room."""
    label.setText(texts.breakable(text))
    label.setVisible(bool(text))
    if kind is not None:
        set_kind(label, kind)
