"""The way from one renewal to the next that is due."""

from __future__ import annotations

from PySide6.QtWidgets import QPushButton

from agent.ground.language import mark
from agent.windows.words import Words


class NextButton(QPushButton):
    """Names who comes next; hidden where nobody does."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self.hide()

    def show_next(self, organisation: str) -> None:
        """Offer to go on with another certificate that is to be renewed; empty for none."""
        sentence = mark("Next: {organisation}")
        self.setText(self._words(sentence, organisation=organisation))
        self.setVisible(bool(organisation))
