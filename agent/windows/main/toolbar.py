"""The toolbar: 证照更新 · 修改PIN码 · 环境检测 · 软件升级 · 帮助 · 关于我们, and 设置 apart from them."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from agent.language import mark
from agent.windows.icons import icon
from agent.windows.style import MEDIUM, SMALL, TIGHT
from agent.windows.words import Words

_BUTTONS = (
    ("renew", mark("Renew certificate")),
    ("pin", mark("Change PIN")),
    ("check", mark("Environment check")),
    ("upgrade", mark("Software update")),
    ("help", mark("Help")),
    ("about", mark("About us")),
    ("settings", mark("Settings")),
)


class Toolbar(QWidget):
    """One button for each window."""

    wanted = Signal(str)
    """The name of the window."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(MEDIUM, SMALL, MEDIUM, SMALL)
        row.setSpacing(TIGHT)
        for name, title in _BUTTONS:
            if name == "settings":
                row.addStretch(1)
            row.addWidget(self._button(words, name, title))

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
