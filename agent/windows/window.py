"""What all windows have in common: how they come forward, speak, and say what went wrong."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from agent.api.client import Json
from agent.ground.language import Language, mark, user_language
from agent.windows.banner import Banner
from agent.windows.fonts import readable
from agent.windows.link import Link
from agent.windows.style import LARGE, MEDIUM
from agent.windows.words import Words


class Context(NamedTuple):
    """What a window works with."""

    link: Link
    words: Words


class Window(QWidget):
    """One window of the agent. A subclass fills :attr:`content` and says its title."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__()
        self.link = context.link
        self.words = context.words
        self.subject = subject
        self._in_front = ""
        self.banner = Banner(self)
        self.content = QVBoxLayout()
        self.content.setContentsMargins(LARGE, LARGE, LARGE, LARGE)
        self.content.setSpacing(MEDIUM)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.banner)
        whole.addLayout(self.content, 1)
        self.link.happened.connect(self._on_event)
        self.link.raised.connect(self._on_raised)
        self.link.lost.connect(self._on_lost)
        self.link.refused.connect(self.say_refusal)
        self.words.changed.connect(self.refresh)
        for keys in (QKeySequence.StandardKey.Close, QKeySequence("Escape")):
            QShortcut(keys, self, self.close)

    def refresh(self) -> None:
        """Ask the agent anew for all that is shown. Called at the start and after a change."""

    def on_event(self, event: Json) -> None:
        """Take an event of the agent."""

    def show_subject(self, subject: str) -> None:
        """Show what the window was opened for once more, or something else."""
        self.subject = subject

    def shown_subject(self) -> str:
        """Return what the window is about now; empty where that is nothing in particular."""
        return self.subject

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Tell when a person begins or ends to work here."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange:
            self.tell_what_is_in_front()

    def tell_what_is_in_front(self) -> None:
        """Tell the agent what is looked at: nobody needs a notice of it."""
        subject = self.shown_subject() if self.isActiveWindow() else ""
        if subject != self._in_front:
            self._in_front = subject
            self.link.call("windows.in_front", {"subject": subject}, None, lambda _report: None)

    def come_forward(self) -> None:
        """Come to the front, out of the task bar too."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def fit(self, width: int, height: int) -> None:
        """Take this size, or what the screen has room for."""
        room = self.screen().availableGeometry()
        self.resize(min(width, room.width() - LARGE), min(height, room.height() - 2 * LARGE))

    def say_refusal(self, report: Json) -> None:
        """Say why something was not done, and what to do."""
        self.banner.say(" ".join(filter(None, self.words.of_report(report))), "bad")

    def _on_event(self, event: Json) -> None:
        if event["event"] == "settings_changed" and "language" in event["keys"]:
            self.link.call("settings.get", None, self._change_language)
        self.on_event(event)

    def _change_language(self, listed: Json) -> None:
        chosen = next(s["value"] for s in listed["settings"] if s["key"] == "language")
        self.words.change(readable(Language(chosen) if chosen else user_language()))

    def _on_raised(self, subject: str) -> None:
        if subject:
            self.show_subject(subject)
        self.come_forward()

    def _on_lost(self) -> None:
        gone = mark(
            "The certificate manager has ended. Start it again, then open this window anew."
        )
        self.banner.say(self.words(gone), "bad")
        self.words.show(self.setWindowTitle, mark("The certificate manager has ended"))
        for widget in self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if widget is not self.banner:
                widget.setEnabled(False)
