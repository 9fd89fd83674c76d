"""关于我们, and 软件升级: what this program is, its version, and how a newer one comes."""

from __future__ import annotations

import platform

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from agent import __version__
from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.scrolling import scrolled
from agent.windows.seal import seal_icon
from agent.windows.style import MEDIUM, set_kind
from agent.windows.texts import Label, ValueLabel
from agent.windows.update_card import UpdateCard
from agent.windows.window import Context, Window

_WHAT = mark(
    "Keeps the digital certificates on your organisation's USB tokens alive: it reminds before they"
    " expire, renews them, and lets portals use them with your consent."
)
_RUNS_OTHER = mark(
    "Version {version} is installed and version {running} still runs: log out and in again."
)


UPDATES = "updates"
"""The subject of who opened the window to look for a newer version."""


class AboutWindow(Window):
    """Name, version, updates, and where everything is."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self._status: Json = None
        self.version = Label()
        self.facts = ValueLabel()
        self.copy = QPushButton()
        self.updates = UpdateCard(self.link, self.words)
        self._set_up()
        self.refresh()
        self.show_subject(subject)

    def refresh(self) -> None:
        """Ask the agent what it is."""
        self.link.call("agent.status", None, self._show)
        self.updates.refresh()

    def on_event(self, event: Json) -> None:
        """Follow an update."""
        self.updates.on_event(event)

    def show_subject(self, subject: str) -> None:
        """Look for a newer version where that is what the window was opened for."""
        super().show_subject(subject)
        if subject == UPDATES:
            self.updates.look()

    def _set_up(self) -> None:
        words = self.words
        words.show(self.setWindowTitle, mark("About us"))
        words.show(self.copy.setText, mark("Copy"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._facts_text()))
        set_kind(self.version, "muted")
        set_kind(self.facts, "muted")
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        column.addLayout(self._heading())
        column.addWidget(self._told(_WHAT))
        column.addWidget(self.updates)
        column.addStretch(1)
        column.addLayout(self._facts())
        self.content.addWidget(scrolled(inside), 1)
        self.fit(560, 460)

    def _facts(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self.facts, 1)
        row.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignBottom)
        return row

    def _heading(self) -> QHBoxLayout:
        picture, name = Label(), Label()
        picture.setPixmap(seal_icon().pixmap(QSize(56, 56)))
        set_kind(name, "title")
        self.words.show(name.setText, mark("Certificate Manager"))
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(name)
        column.addWidget(self.version)
        row = QHBoxLayout()
        row.setSpacing(MEDIUM)
        row.addWidget(picture)
        row.addLayout(column, 1)
        return row

    def _told(self, sentence: str) -> Label:
        label = Label()
        label.setWordWrap(True)
        self.words.show(label.setText, sentence)
        return label

    def _show(self, status: Json) -> None:
        self._status = status
        version = mark("Version {version}")
        self.version.setText(self.words(version, version=status["version"]))
        if status["version"] != __version__:
            running = status["version"]
            self.banner.say(self.words(_RUNS_OTHER, version=__version__, running=running))
        self.facts.show_value(self._facts_text())

    def _facts_text(self) -> str:
        status = self._status or {"version": __version__, "home": ""}
        return "\n".join(
            (
                f"odc-agent {status['version']}",
                f"Python {platform.python_version()} · {platform.system()} {platform.release()}",
                str(status["home"]),
            )
        )
