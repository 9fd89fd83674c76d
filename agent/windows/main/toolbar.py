"""The toolbar, a button for each window: 证照更新 · 修改PIN码 · 签署文件 and so on; 设置 apart from them."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QToolButton, QWidget

from agent.ground.language import mark
from agent.windows.icons import icon
from agent.windows.style import MEDIUM, SMALL, TIGHT
from agent.windows.words import Words

_BUTTONS = (
    ("renew", mark("Renew certificate")),
    ("pin", mark("Change PIN")),
    ("sign", mark("Sign documents")),
    ("check", mark("Environment check")),
    ("upgrade", mark("Software update")),
    ("help", mark("Help")),
    ("about", mark("About us")),
    ("settings", mark("Settings")),
)


_NARROW = 56
"""A button without its word, with what is around it, in device-independent pixels."""
_AROUND_WORDS = 32


class Toolbar(QWidget):
    """One button for each window."""

    wanted = Signal(str)
    """The name of the window."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        row.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        row.setSpacing(TIGHT)
        for name, title in _BUTTONS:
            if name == "settings":
                row.addStretch(1)
            row.addWidget(self._button(words, name, title))

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the room the pictures take without their words."""
        return QSize(len(_BUTTONS) * _NARROW, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Leave the words to the tooltips where there is no room for them."""
        style = Qt.ToolButtonStyle
        has_room = event.size().width() >= self._width_with_words()
        wanted = style.ToolButtonTextUnderIcon if has_room else style.ToolButtonIconOnly
        for button in self.buttons.values():
            button.setToolButtonStyle(wanted)
        super().resizeEvent(event)

    def _width_with_words(self) -> int:
        metrics = self.fontMetrics()
        words = (metrics.horizontalAdvance(button.text()) for button in self.buttons.values())
        between = (len(self.buttons) - 1) * TIGHT + 2 * MEDIUM
        return sum(words) + len(self.buttons) * _AROUND_WORDS + between

    def _button(self, words: Words, name: str, title: str) -> QToolButton:
        self.buttons[name] = button = QToolButton()
        button.setIcon(icon(name))
        button.setIconSize(QSize(24, 24))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(lambda: self.wanted.emit(name))
        words.show(button.setText, title)
        words.show(button.setAccessibleName, title)
        return button
