"""What is shown while nobody here can do anything: the review, the network."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.picture import Picture
from agent.windows.renew.labels import make_label, say
from agent.windows.renew.next_button import NextButton
from agent.windows.renew.step_card import StepCard, put_in_the_middle
from agent.windows.texts import day
from agent.windows.words import Words

_LEAVE = mark(
    "You may close this window. The renewal goes on by itself, and you will be told when something"
    " is needed from you."
)


class WaitingPage(QWidget):
    """One sentence about what is waited for, and that one need not stay."""

    next_wanted = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self.text = make_label("heading")
        self.since = make_label("muted")
        self.error = make_label("bad")
        self.progress = QProgressBar()
        self.note = make_label("muted")
        self.next = NextButton(words)
        self.next.clicked.connect(self.next_wanted)
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        words.show(self.note.setText, _LEAVE)
        self._arrange()

    def show_renewal(self, renewal: Json) -> None:
        """Say what is waited for."""
        say(self.text, renewal["text"])
        say(self.error, " ".join(filter(None, (renewal["error_text"], renewal["advice_text"]))))
        # The day of review is part of the text; what is added is since when it has been waited.
        is_review = renewal["state"] == "reviewing"
        self.progress.setVisible(not is_review)
        since = self._words(mark("Submitted on {day}"), day=day(renewal["updated"]))
        say(self.since, since if is_review else "")

    def _arrange(self) -> None:
        card = StepCard(Picture("waiting"))
        for widget in (self.text, self.since, self.error, self.progress, self.note):
            card.inside.addWidget(widget)
        card.inside.addWidget(self.next, alignment=Qt.AlignmentFlag.AlignRight)
        put_in_the_middle(self, card)
