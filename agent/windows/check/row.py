"""One check on screen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.style import MEDIUM, SMALL, TIGHT, set_kind
from agent.windows.texts import Label, ValueLabel, set_tooltip
from agent.windows.words import Words

STATES = {
    "ok": ("✓", "good", mark("well")),
    "warning": ("!", "warning", mark("warning")),
    "failed": ("✕", "bad", mark("failed")),
    "unknown": ("?", "muted", mark("unknown")),
    "": ("…", "muted", mark("being checked")),
}
"""Sign, kind and word of each state: colour alone would leave out who cannot tell red from green."""
URGENT_FIRST = ("failed", "warning", "unknown", "", "ok")
"""In which order a person has to know of them."""
_SIGN_WIDTH = 24


class CheckRow(QFrame):
    """Title, state, text, advice, and the button that mends it."""

    fix_wanted = Signal(str)

    def __init__(self, words: Words, name: str, title: str) -> None:
        super().__init__()
        self._words = words
        self._fix = ""
        self.name = name
        self.state = ""
        self.sign = Label()
        self.title = Label(title)
        self.text = ValueLabel()
        self.advice = ValueLabel()
        self.fix = QPushButton()
        set_kind(self, "card")
        set_kind(self.title, "strong")
        set_kind(self.advice, "muted")
        words.show(self.fix.setText, mark("Mend it"))
        self.fix.clicked.connect(lambda: self.fix_wanted.emit(self._fix))
        self._arrange()
        self.wait()

    def wait(self) -> None:
        """Show that it is being checked."""
        self._show_state("")
        for widget in (self.text, self.advice, self.fix):
            widget.hide()

    def show_item(self, item: Json) -> None:
        """Show what the check found."""
        self._fix = item["fix"] or ""
        self._show_state(item["state"])
        self.title.setText(item["title"])
        self.text.show_value(item["text"])
        self.advice.show_value(item["advice"])
        self.text.setVisible(bool(item["text"]))
        self.advice.setVisible(bool(item["advice"]))
        self.fix.setVisible(bool(self._fix))
        self.fix.setEnabled(True)

    def _show_state(self, state: str) -> None:
        self.state = state
        sign, kind, word = STATES[state]
        self.sign.setText(sign)
        set_kind(self.sign, kind)
        set_tooltip(self.sign, self._words(word))
        self.sign.setAccessibleName(self._words(word))
        self.setAccessibleName(f"{self.title.text()}: {self._words(word)}")

    def _arrange(self) -> None:
        self.sign.setProperty("sign", True)
        self.sign.setFixedWidth(_SIGN_WIDTH)
        self.sign.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignHCenter)
        column = QVBoxLayout()
        column.setSpacing(TIGHT)
        for label in (self.title, self.text, self.advice):
            column.addWidget(label)
        row = QHBoxLayout(self)
        row.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        row.setSpacing(SMALL)
        row.addWidget(self.sign)
        row.addLayout(column, 1)
        row.addWidget(self.fix, 0, Qt.AlignmentFlag.AlignVCenter)
