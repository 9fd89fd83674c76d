"""The strip at a window's top that says what went wrong or was done; it takes no room while silent."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from agent.windows.style import LARGE, SMALL, set_kind


class Banner(QFrame):
    """One sentence across the window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._label = QLabel(self)
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(LARGE, SMALL, LARGE, SMALL)
        row.addWidget(self._label)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while it is silent."""
        return "" if self.isHidden() else self._label.text()

    def say(self, text: str, kind: str = "warning") -> None:
        """Say ``text``; ``kind`` is good, warning or bad."""
        self._label.setText(text)
        self.setAccessibleName(text)
        set_kind(self._label, kind)
        set_kind(self, kind)
        self.show()

    def hush(self) -> None:
        """Say nothing more."""
        self.hide()
