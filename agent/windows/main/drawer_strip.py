"""What can be said of a certificate whose token is not plugged in: forgotten, replaced, reminded of."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.style import SMALL, set_kind
from agent.windows.texts import Label
from agent.windows.words import Words


class DrawerStrip(QFrame):
    """When the token was seen, and what its owner may say of it."""

    forget_wanted = Signal()
    resume_wanted = Signal()
    decided = Signal(bool)
    """Whether another certificate has replaced this one."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self.seen = Label()
        self.said = Label()
        self.replaced, self.kept = QPushButton(), QPushButton()
        self.resume, self.forget = QPushButton(), QPushButton()
        for label in (self.seen, self.said):
            label.setWordWrap(True)
        set_kind(self.seen, "strong")
        words.show(self.replaced.setText, mark("Yes, it was replaced"))
        words.show(self.kept.setText, mark("No"))
        words.show(self.resume.setText, mark("Remind again"))
        words.show(self.forget.setText, mark("Forget this token"))
        self.replaced.clicked.connect(lambda: self.decided.emit(True))
        self.kept.clicked.connect(lambda: self.decided.emit(False))
        self.resume.clicked.connect(self.resume_wanted)
        self.forget.clicked.connect(self.forget_wanted)
        self._arrange()

    def show_token(self, token: Json, lead: Json) -> None:
        """Show what is known of a token and of the certificate that speaks for the pair."""
        is_away = not token["present"]
        self.setVisible(is_away)
        if not is_away:
            return
        is_asked = bool(lead["maybe_renewed_by"])
        self.seen.setText(token["text"])
        said = self._said(lead)
        self.said.setText(said)
        self.said.setVisible(bool(said))
        for button in (self.replaced, self.kept):
            button.setVisible(is_asked)
        self.resume.setVisible(lead["is_silenced"])

    def _said(self, lead: Json) -> str:
        if lead["renewed_by"]:
            return self._words(mark("It was replaced by a new certificate."))
        if lead["maybe_renewed_by"]:
            return self._words(mark("Was it replaced by a new certificate?"))
        if lead["is_silenced"]:
            return self._words(mark("You are not reminded of it any more."))
        return ""

    def _arrange(self) -> None:
        """Put what was seen above what is asked, each with its buttons at the right."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.seen, 1)
        above.addWidget(self.forget)
        below.addWidget(self.said, 1)
        for button in (self.replaced, self.kept, self.resume):
            below.addWidget(button)
        for row in (above, below):
            row.setSpacing(SMALL)
            column.addLayout(row)
