"""One of the two items of 证照更新: what it is, when it was last updated, how that went."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from agent.ground.language import mark
from agent.windows.picture import Picture
from agent.windows.renew.labels import make_label, say
from agent.windows.style import LARGE, MEDIUM, TIGHT, set_kind
from agent.windows.words import Words


class ItemCard(QFrame):
    """An item with its own button."""

    wanted = Signal()

    def __init__(self, words: Words, title: str, picture: str) -> None:
        """Make a card under ``title``, a marked sentence, with the icon ``picture``."""
        super().__init__()
        self._words = words
        self.title = make_label("heading")
        self.state = make_label()
        self.about = make_label(selectable=True)
        self.updated = make_label("muted")
        self.result = make_label()
        self.button = QPushButton()
        set_kind(self, "card")
        self.state.hide()
        words.show(self.title.setText, title)
        self.button.clicked.connect(self.wanted)
        self._arrange(Picture(picture))

    def show_item(self, *, about: str, updated: str, result: str, kind: str) -> None:
        """Show what is known of the item; ``kind`` is how its result looks."""
        say(self.about, about)
        self.updated.setText(self._words(mark("Last updated: {day}"), day=updated or "—"))
        say(self.result, result, kind)

    def show_state(self, text: str, kind: str) -> None:
        """Show how it stands with the item; ``kind`` is how that looks."""
        say(self.state, text, kind)

    def show_button(self, text: str, *, enabled: bool) -> None:
        """Name the button; the card's title stays part of what a screen reader says."""
        self.button.setText(text)
        self.button.setAccessibleName(f"{self.title.text()}: {text}")
        self.button.setEnabled(enabled)

    def text(self) -> str:
        """Return all it says."""
        labels = (self.title, self.state, self.about, self.updated, self.result)
        return "\n".join(label.text() for label in labels if label.text())

    def _arrange(self, picture: Picture) -> None:
        column = QVBoxLayout()
        column.setSpacing(TIGHT)
        for label in (self.title, self.state, self.about, self.updated, self.result):
            column.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        row.setSpacing(LARGE)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        row.addWidget(self.button)
