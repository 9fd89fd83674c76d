"""关于我们, and 软件升级: what this program is, its version, and how a newer one comes."""

from __future__ import annotations

import platform

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from agent import __version__
from agent.api.client import Json
from agent.language import mark
from agent.windows.icons import icon
from agent.windows.style import LARGE, MEDIUM, SMALL, set_kind
from agent.windows.texts import ValueLabel
from agent.windows.window import Context, Window

_WHAT = mark(
    "Keeps the digital certificates on your organisation's USB tokens alive: it reminds before they"
    " expire, renews them, and lets portals use them with your consent."
)
_UPDATES = mark(
    "A newer version comes by the way this one came: your system's package manager, or your"
    " administrator. Nothing is downloaded by itself."
)
_RUNS_OTHER = mark(
    "Version {version} is installed and version {running} still runs: log out and in again."
)


class AboutWindow(Window):
    """Name, version, updates, and where everything is."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self._status: Json = None
        self.version = QLabel()
        self.facts = ValueLabel()
        self.copy = QPushButton()
        self._set_up()
        self.refresh()

    def refresh(self) -> None:
        """Ask the agent what it is."""
        self.link.call("agent.status", None, self._show)

    def _set_up(self) -> None:
        words = self.words
        words.show(self.setWindowTitle, mark("About us"))
        words.show(self.copy.setText, mark("Copy"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self._facts_text()))
        set_kind(self.version, "muted")
        set_kind(self.facts, "muted")
        self.content.addLayout(self._heading())
        self.content.addWidget(self._told(_WHAT))
        self.content.addWidget(self._card())
        self.content.addStretch(1)
        row = QHBoxLayout()
        row.addWidget(self.facts, 1)
        row.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignBottom)
        self.content.addLayout(row)
        self.fit(520, 400)

    def _heading(self) -> QHBoxLayout:
        picture, name = QLabel(), QLabel()
        picture.setPixmap(icon("token").pixmap(QSize(56, 56)))
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

    def _told(self, sentence: str) -> QLabel:
        label = QLabel()
        label.setWordWrap(True)
        self.words.show(label.setText, sentence)
        return label

    def _card(self) -> QFrame:
        """Return what there is to know about newer versions."""
        card, heading = QFrame(), QLabel()
        set_kind(card, "card")
        set_kind(heading, "heading")
        self.words.show(heading.setText, mark("Software update"))
        self.update_text = self._told(_UPDATES)
        column = QVBoxLayout(card)
        column.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        column.setSpacing(SMALL)
        column.addWidget(heading)
        column.addWidget(self.update_text)
        return card

    def _show(self, status: Json) -> None:
        self._status = status
        version = mark("Version {version}")
        self.version.setText(self.words(version, version=status["version"]))
        if status["version"] != __version__:
            self.update_text.setText(
                self.words(_RUNS_OTHER, version=__version__, running=status["version"])
            )
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
