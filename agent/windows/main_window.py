"""The main window."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from agent.language import mark
from agent.windows.window import Context, Window


class MainWindow(Window):
    """Tokens and certificates."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self.words.show(self.setWindowTitle, mark("Certificate Manager"))
        self.content.addWidget(QLabel("…"))
        self.fit(960, 640)
