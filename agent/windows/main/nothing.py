"""What stands where a certificate would: no token, or none on it, and what to do."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from agent.ground.language import mark
from agent.windows.icons import icon
from agent.windows.style import LARGE, MEDIUM, SMALL, set_kind
from agent.windows.texts import Label
from agent.windows.words import Words

_NO_TOKEN = mark("No token is plugged in.")
_PLUG_IN = mark("Plug the token in: its certificates show here by themselves.")
_NO_CERTIFICATE = mark("There is no certificate on this token.")
_CHECK = mark("If it is plugged in, the environment check says what is missing.")


class NothingHere(QFrame):
    """A picture, two sentences and a button."""

    check_wanted = Signal()
    read_wanted = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._tokens = 0
        self.title = Label()
        self.told = Label()
        check, self.read = QPushButton(), QPushButton()
        picture = Label()
        picture.setPixmap(icon("token").pixmap(QSize(64, 64)))
        set_kind(self, "card")
        set_kind(self.title, "heading")
        set_kind(self.told, "muted")
        words.show(check.setText, mark("Environment check"))
        words.show(self.read.setText, mark("Refresh"))
        self.read.clicked.connect(self.read_wanted)
        words.changed.connect(self._fill)
        check.clicked.connect(self.check_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        column.setSpacing(MEDIUM)
        column.addStretch(1)
        for label in (picture, self.title, self.told):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(label is not picture)
            column.addWidget(label)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addStretch(1)
        buttons.addWidget(self.read)
        buttons.addWidget(check)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addStretch(2)

    def show_tokens(self, count: int) -> None:
        """Say what fits ``count`` tokens without a certificate that is chosen."""
        self._tokens = count
        self._fill()

    def _fill(self) -> None:
        self.title.setText(self._words(_NO_CERTIFICATE if self._tokens else _NO_TOKEN))
        self.read.setVisible(not self._tokens)  # else it stands below the list
        told = (_CHECK,) if self._tokens else (_PLUG_IN, _CHECK)
        self.told.setText("\n".join(map(self._words, told)))
