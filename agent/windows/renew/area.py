"""A page that is scrolled where it is too large for the screen, and follows the keyboard."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QVBoxLayout, QWidget

from agent.windows.style import TIGHT


class Area(QScrollArea):
    """One page; what has the keyboard is always to be seen."""

    widened = Signal(int)
    """The width there is for the page."""

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        self._column = QVBoxLayout(inside)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(page)
        self.verticalScrollBar().rangeChanged.connect(self._keep_off)
        self.setWidget(inside)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Tell the page how much room there is."""
        super().resizeEvent(event)
        self.widened.emit(event.size().width())  # the viewport's

    def _keep_off(self, _least: int, most: int) -> None:
        """Leave a gap beside the scroll bar; without one the page ends where all else does."""
        self._column.setContentsMargins(0, 0, TIGHT if most else 0, 0)
        self._follow(None, QApplication.focusWidget())  # what grew may have moved it out of sight

    def _follow(self, _before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and self.isAncestorOf(now):
            self.ensureWidgetVisible(now)
