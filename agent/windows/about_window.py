"""关于我们."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from agent import __version__
from agent.language import mark
from agent.windows.window import Context, Window


class AboutWindow(Window):
    """What this program is."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self.words.show(self.setWindowTitle, mark("About us"))
        self.content.addWidget(QLabel(__version__))
