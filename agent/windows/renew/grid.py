"""Widgets side by side where there is room, one below the other where there is not."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtWidgets import QGridLayout, QWidget

from agent.windows.style import MEDIUM, SMALL

COMFORTABLE_WIDTH = 680
"""Device-independent pixels below which there is one column."""
_COLUMNS = 2


class Grid(QGridLayout):
    """Lays out the widgets that are not hidden, by rows."""

    def __init__(self, widgets: Iterable[QWidget]) -> None:
        super().__init__()
        self._widgets = tuple(widgets)
        self._columns = _COLUMNS
        self.setHorizontalSpacing(MEDIUM)
        self.setVerticalSpacing(SMALL)
        self.lay_out()

    def fit(self, width: int) -> None:
        """Take as many columns as ``width`` has room for."""
        columns = _COLUMNS if width >= COMFORTABLE_WIDTH else 1
        if columns != self._columns:
            self._columns = columns
            self.lay_out()

    def lay_out(self) -> None:
        """Lay out anew what is to be seen now."""
        for widget in self._widgets:
            self.removeWidget(widget)
        shown = [widget for widget in self._widgets if not widget.isHidden()]
        for number, widget in enumerate(shown):
            self.addWidget(widget, number // self._columns, number % self._columns)
        for column in range(_COLUMNS):
            self.setColumnStretch(column, 1 if column < self._columns else 0)
