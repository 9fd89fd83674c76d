"""What is signed or decrypted, as a person reads it first: texts whole, documents by their hash."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.style import LARGE, MEDIUM, SMALL, set_kind
from agent.windows.texts import ValueLabel, isolated
from agent.windows.visible import visible
from agent.windows.words import Words

_TEXT_PIXELS = 120


class ShownItems(QWidget):
    """A card for each thing; a document is looked at by its button."""

    looked_at = Signal(int)
    """Which of them, from 0 on."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SMALL)

    def show_items(self, items: list[Json]) -> None:
        """Show these and no others."""
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for number, shown in enumerate(items):
            self._column.addWidget(self._card(number, shown))
        self.setVisible(bool(items))

    def _card(self, number: int, shown: Json) -> QWidget:
        card = QFrame()
        set_kind(card, "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        inside.setSpacing(SMALL)
        inside.addWidget(self._inside(number, shown))
        return card

    def _inside(self, number: int, shown: Json) -> QWidget:
        if shown["kind"] == "text":
            return self._text(shown["text"])
        return self._hash(shown) if shown["kind"] == "hash" else self._document(number, shown)

    def _hash(self, shown: Json) -> QWidget:
        """Say in red that there is nothing to see."""
        label = ValueLabel()
        said = self._words(mark("A hash, not a document; what it stands for cannot be shown."))
        label.show_value(f"{said}\n{shown['hash']}")
        set_kind(label, "bad")
        label.setProperty("notice", True)
        return label

    def _text(self, text: str) -> QWidget:
        field = QPlainTextEdit(visible(text))
        field.setReadOnly(True)
        field.setTabChangesFocus(True)
        field.setAccessibleName(self._words(mark("Text to be signed")))
        field.setFixedHeight(_TEXT_PIXELS)
        return field

    def _document(self, number: int, shown: Json) -> QWidget:
        label = ValueLabel()
        size = self._words(mark("{count} bytes"), count=f"{shown['size']:,}")
        name = isolated(visible(shown["name"]))
        label.show_value(f"{name}  ({size})\nSHA-256 {shown['sha256']}")
        look = QPushButton(self._words(mark("View")))
        look.setAutoDefault(False)
        look.setAccessibleName(f"{self._words(mark('View'))} {name}")
        look.clicked.connect(lambda: self.looked_at.emit(number))
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(MEDIUM)
        row.addWidget(label, 1)
        row.addWidget(look)
        return whole
