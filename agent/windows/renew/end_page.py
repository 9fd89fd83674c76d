"""How a renewal ended."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.picture import Picture
from agent.windows.renew.labels import make_label, say
from agent.windows.renew.next_button import NextButton
from agent.windows.renew.step_card import StepCard, put_in_the_middle
from agent.windows.style import SMALL, set_kind
from agent.windows.texts import day
from agent.windows.words import Words

_PICTURES = {
    "installed": ("done", "good"),
    "failed": ("failed", "bad"),
    "cancelled": ("stopped", ""),
}


_UNPLUG = mark("The token may be unplugged now.")


class EndPage(QWidget):
    """The guide's sentence after a success; else why it came to nothing, and the way to begin again."""

    closed = Signal()
    restarted = Signal()
    next_wanted = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self.picture = Picture("done")
        self.text = make_label("title")
        self.advice = make_label()
        self.validity = make_label("muted", selectable=True)
        self.unplug = make_label()
        self.close_button = QPushButton()
        self.restart = QPushButton()
        self.next = NextButton(words)
        self.next.clicked.connect(self.next_wanted)
        words.show(self.close_button.setText, mark("Close"))
        words.show(self.restart.setText, mark("Start again"))
        set_kind(self.close_button, "primary")
        self.close_button.clicked.connect(self.closed)
        self.restart.clicked.connect(self.restarted)
        self._arrange()

    def show_renewal(self, renewal: Json) -> None:
        """Say how it ended."""
        is_installed = renewal["state"] == "installed"
        text = renewal["text"]
        if is_installed:
            text = self._words(mark("Your new certificate has been installed successfully!"))
        self.picture.change(*_PICTURES[renewal["state"]])
        self.text.setText(text)
        say(self.advice, "" if is_installed else renewal["advice_text"])
        say(self.validity, "")
        say(self.unplug, self._words(_UNPLUG) if is_installed else "")
        self.restart.setVisible(not is_installed)
        self.close_button.setFocus()

    def show_certificate(self, certificate: Json) -> None:
        """Say how long the new certificate is valid."""
        days = {"start": day(certificate["not_before"]), "end": day(certificate["not_after"])}
        validity = (
            f"{self._words(mark('Validity'))}: {self._words(mark('{start} to {end}'), **days)}"
        )
        say(self.validity, f"{validity}  {certificate['text']}")

    def _arrange(self) -> None:
        card = StepCard(self.picture)
        for label in (self.text, self.advice, self.validity, self.unplug):
            card.inside.addWidget(label)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addStretch(1)
        buttons.addWidget(self.restart)
        buttons.addWidget(self.next)
        buttons.addWidget(self.close_button)
        card.inside.addLayout(buttons)
        put_in_the_middle(self, card)
