"""Certificates that are not reminded of any more, each with the way back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.link import Link
from agent.windows.style import LARGE, SMALL, set_kind
from agent.windows.texts import Label, ValueLabel, isolated
from agent.windows.words import Words


class SilencedCard(QFrame):
    """A line for each certificate; no card where there is none."""

    filled = Signal()
    """Its buttons are others now."""

    def __init__(self, link: Link, words: Words) -> None:
        super().__init__()
        self._link = link
        self._words = words
        self.buttons: dict[str, QPushButton] = {}
        """By thumbprint."""
        self._rows: list[QWidget] = []
        heading = Label()
        set_kind(self, "card")
        set_kind(heading, "strong")
        words.show(heading.setText, mark("Not reminded of any more"))
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        self._column.setSpacing(SMALL)
        self._column.addWidget(heading)
        self.hide()

    def refresh(self) -> None:
        """Ask for what is silenced."""
        self._link.call("reminders.silenced", None, self._show)

    def _show(self, answer: Json) -> None:
        for row in self._rows:
            self._column.removeWidget(row)
            row.deleteLater()
        self._rows, self.buttons = [], {}
        for certificate in answer["certificates"]:
            self._rows.append(self._row(certificate))
            self._column.addWidget(self._rows[-1])
        self.setVisible(bool(self._rows))
        self.filled.emit()

    def _row(self, certificate: Json) -> QWidget:
        row, name, button = QWidget(), ValueLabel(), QPushButton()
        organisation = isolated(certificate["organisation"] or certificate["subject"])
        name.show_value(f"{organisation}  {certificate['text']}")
        thumbprint = certificate["thumbprint"]
        button.setText(self._words(mark("Remind again")))
        button.clicked.connect(
            lambda: self._link.call("reminders.resume", {"thumbprint": thumbprint})
        )
        self.buttons[thumbprint] = button
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(name, 1)
        line.addWidget(button)
        return row
