"""热门应用: the portals of the configuration, each a click away."""

from __future__ import annotations

from PySide6.QtCore import QSize, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QGridLayout, QPushButton, QVBoxLayout, QWidget

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.main.tile import tile
from agent.windows.style import SMALL, set_kind
from agent.windows.texts import Label, set_tooltip
from agent.windows.words import Words

_COLUMNS = 5


class Portals(QWidget):
    """Takes no room where the configuration names none."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.buttons: list[QPushButton] = []
        heading = Label()
        set_kind(heading, "heading")
        words.show(heading.setText, mark("Popular applications"))
        self._grid = QGridLayout()
        self._grid.setSpacing(SMALL)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        column.addWidget(heading)
        column.addLayout(self._grid)
        self.hide()

    def show_portals(self, listed: Json) -> None:
        """Show the portals of ``portals.list``."""
        for button in self.buttons:
            button.deleteLater()
        self.buttons = [self._button(portal) for portal in listed["portals"]]
        for number, button in enumerate(self.buttons):
            self._grid.addWidget(button, number // _COLUMNS, number % _COLUMNS)
        self.setVisible(bool(self.buttons))

    def _button(self, portal: Json) -> QPushButton:
        button = QPushButton(f" {portal['name'].replace('&', '&&')}")  # apart from the tile
        button.setAccessibleName(portal["name"])
        button.setIcon(tile(portal["name"]))
        button.setIconSize(QSize(22, 22))
        set_tooltip(button, portal["url"])
        button.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(portal["url"])))
        return button
