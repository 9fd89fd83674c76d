"""How a page that asks for one thing looks: a card in its middle, with a picture beside the words."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from agent.windows.picture import Picture
from agent.windows.style import LARGE, MEDIUM, set_kind

WIDEST = 640
"""Device-independent pixels: longer lines are hard to read, and wider fields to fill."""


class StepCard(QFrame):
    """A card; what it says goes into :attr:`inside`, one below the other."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        set_kind(self, "card")
        self.setMaximumWidth(WIDEST)
        self.inside = QVBoxLayout()
        self.inside.setSpacing(MEDIUM)
        row = QHBoxLayout(self)
        row.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        row.setSpacing(LARGE)
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(self.inside, 1)


def put_in_the_middle(page: QWidget, *parts: QWidget) -> None:
    """Lay ``parts`` out below one another, as one finds them first: a little above the middle."""
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(MEDIUM)
    column.addStretch(1)
    for part in parts:
        column.addWidget(part)
    column.addStretch(2)
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 0, 0)
    row.addStretch(1)
    row.addLayout(column, 1000)  # all there is, up to the widest
    row.addStretch(1)
