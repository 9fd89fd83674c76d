"""The strip at a window's top that says what went wrong or was done; it takes no room while silent."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from agent.windows.style import LARGE, SMALL, set_kind
from agent.windows.texts import Label


class Banner(QFrame):
    """One sentence across the window."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._label = Label(parent=self)
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout(self)
        row.setContentsMargins(LARGE, SMALL, LARGE, SMALL)
        self.action = QPushButton(self)
        self._do: Callable[[], object] = self.hush
        self.action.clicked.connect(self._act)
        row.addWidget(self._label, 1)
        row.addWidget(self.action)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while it is silent."""
        return "" if self.isHidden() else self._label.text()

    def say(self, text: str, kind: str = "warning") -> None:
        """Say ``text``; ``kind`` is good, warning or bad."""
        self.action.hide()
        self._label.setText(text)
        self.setAccessibleName(text)
        set_kind(self._label, kind)
        set_kind(self, kind)
        self.show()

    def offer(self, text: str, action: str, do: Callable[[], object], kind: str = "good") -> None:
        """Say ``text`` with a button beside it that does something about it, once."""
        self.say(text, kind)
        self._do = do
        self.action.setText(action)
        self.action.show()

    def _act(self) -> None:
        self.hush()
        self._do()

    def hush(self) -> None:
        """Say nothing more."""
        self.hide()
