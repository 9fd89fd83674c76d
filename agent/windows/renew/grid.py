"""Widgets side by side where there is room, one below the other where there is not."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from PySide6.QtWidgets import QGridLayout, QWidget

from agent.windows.style import MEDIUM, SMALL

COMFORTABLE_WIDTH = 680
"""Device-independent pixels below which there is one column."""
_COLUMNS = 2


class Grid(QGridLayout):
    """Lays out some of its widgets by rows; the others are hidden."""

    def __init__(self, widgets: Iterable[QWidget], *, wide: Collection[QWidget] = ()) -> None:
        """Lay out ``widgets``; each of ``wide`` has a row for itself."""
        super().__init__()
        self._wide = wide
        self._widgets = self._shown = tuple(widgets)
        self._columns = _COLUMNS
        self.setHorizontalSpacing(MEDIUM)
        self.setVerticalSpacing(SMALL)
        self._lay_out()

    def fit(self, width: int) -> None:
        """Take as many columns as ``width`` has room for."""
        columns = _COLUMNS if width >= COMFORTABLE_WIDTH else 1
        if columns != self._columns:
            self._columns = columns
            self._lay_out()

    def show_only(self, shown: Collection[QWidget]) -> None:
        """Show these, and hide the others."""
        self._shown = tuple(widget for widget in self._widgets if widget in shown)
        self._lay_out()
        for widget in self._widgets:
            widget.setVisible(widget in self._shown)

    def _lay_out(self) -> None:
        for widget in self._widgets:
            self.removeWidget(widget)
        row = column = 0
        for widget in self._shown:
            is_wide = widget in self._wide
            if column and is_wide:
                row, column = row + 1, 0
            self.addWidget(widget, row, column, 1, self._columns if is_wide else 1)
            column += self._columns if is_wide else 1
            row, column = row + column // self._columns, column % self._columns
        for column in range(_COLUMNS):
            self.setColumnStretch(column, 1 if column < self._columns else 0)
