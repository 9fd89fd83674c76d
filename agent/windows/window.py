"""What all windows have in common: how they come forward, speak, and say what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import (
    QCursor,
    QGuiApplication,
    QKeySequence,
    QMoveEvent,
    QResizeEvent,
    QScreen,
    QShortcut,
)
from PySide6.QtWidgets import QVBoxLayout, QWidget

from agent.api.client import Json
from agent.ground.language import Language, mark, user_language
from agent.windows.banner import Banner
from agent.windows.fonts import readable
from agent.windows.link import Link
from agent.windows.placing import Place, best_place, whole
from agent.windows.style import LARGE, MEDIUM
from agent.windows.words import Words

FRAME = (LARGE, 2 * LARGE)
"""What a desktop's frame takes at most of width and height: it is not known before the window is shown."""
_SETTLED_MS = 200
"""A window that was moved or made larger has come to rest."""


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
        self._place: Place | None = None
        self._rest = QTimer(self, singleShot=True, interval=_SETTLED_MS)
        self._rest.timeout.connect(self._tell_place)
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
        room = _screen().availableGeometry()
        self.resize(min(width, room.width() - FRAME[0]), min(height, room.height() - FRAME[1]))

    def stand_beside(self, others: Sequence[Place]) -> None:
        """Choose a place before the window is shown, beside what is open already."""
        if _is_placed_by_the_desktop():
            return
        size = self.size()
        width, height = size.width() + FRAME[0], size.height() + FRAME[1]
        room = _place(_screen().availableGeometry())
        self.move(*best_place(width, height, room, others)[:2])

    def grow(self, width: int, height: int) -> None:
        """Be at least as large, as far as the screen has room, and stay whole on it."""
        if self.isMaximized() or self.isFullScreen():
            return
        room = self.screen().availableGeometry()
        self.resize(
            max(self.width(), min(width, room.width() - FRAME[0])),
            max(self.height(), min(height, room.height() - FRAME[1])),
        )
        if _is_placed_by_the_desktop():
            return
        frame = self.frameGeometry()
        outer = Place(frame.x(), frame.y(), self.width() + FRAME[0], self.height() + FRAME[1])
        moved = whole(outer, _place(room))
        if moved != outer:
            self.move(QPoint(moved.x, moved.y))

    def moveEvent(self, event: QMoveEvent) -> None:  # noqa: N802 - Qt's name
        """Tell where the window is, once it rests."""
        super().moveEvent(event)
        self._rest.start()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Tell where the window is, once it rests."""
        super().resizeEvent(event)
        self._rest.start()

    def _tell_place(self) -> None:
        """Tell the agent where the window is: the next one opens beside it."""
        place = _place(self.frameGeometry())
        if not self.isVisible() or _is_placed_by_the_desktop() or place == self._place:
            return
        self._place = place
        self.link.call("windows.placed", place._asdict(), None, lambda _report: None)

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


def _screen() -> QScreen:
    """Return the screen where somebody is at work."""
    return QGuiApplication.screenAt(QCursor.pos()) or QGuiApplication.primaryScreen()


def _place(area: QRect) -> Place:
    return Place(area.x(), area.y(), area.width(), area.height())


def _is_placed_by_the_desktop() -> bool:
    """Return whether no window may choose its place, nor know it."""
    return QGuiApplication.platformName().startswith("wayland")
