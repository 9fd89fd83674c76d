"""A site asks: whose it is, what it will get, and whether it may.

Nothing here can be answered by accident: the window comes to the front without taking the keyboard, is
deaf until what it asks has been on the screen for a quiet half second, and declines when it is closed.
"Always allow" is never where the pointer is when it comes.
"""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QCursor, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.deafness import Deafness
from agent.windows.scrolling import scrolled
from agent.windows.style import LARGE, MEDIUM, SMALL, set_kind
from agent.windows.texts import ANYWHERE, Label, ValueLabel, isolated
from agent.windows.window import Context, Window

_DECISIONS = (
    ("decline", mark("Decline")),
    ("once", mark("Allow once")),
    ("always", mark("Always allow")),
    ("never", mark("Never allow")),
)
_PLACED = frozenset(
    {QEvent.Type.Show, QEvent.Type.Move, QEvent.Type.Resize, QEvent.Type.Enter, QEvent.Type.Paint}
)
"""When the pointer may be somewhere else in the window than before, without anybody's moving it."""
_LEAST_ROOM = 60
"""Pixels of what scrolls that are to be seen in the smallest window."""


class WholeLabel(ValueLabel):
    """A value of which nothing is ever cut off: its window gets no lower than it needs."""

    def show_value(self, text: str) -> None:
        """Show ``text``, which is wrapped after any letter where it has to be."""
        self.setText(ANYWHERE.join(text))
        self.setAccessibleName(text)
        self._take_room()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Take the height that the text needs at this width."""
        super().resizeEvent(event)
        self._take_room()

    def _take_room(self) -> None:
        self.setMinimumHeight(max(0, self.heightForWidth(self.width())))


class ConsentWindow(Window):
    """One question; when it is answered or nobody waits for the answer any more, it closes."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self._question: Json = None
        self._is_answered = False
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._count_down)
        self.domain = WholeLabel()
        self.question = ValueLabel()
        self.address = ValueLabel()
        self.shows = QVBoxLayout()
        self.left = Label()
        self.buttons: dict[str, QPushButton] = {}
        # Not to take the keyboard from what is being typed elsewhere.
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint)
        self._row = self._button_row()
        self._set_up()
        self.deafness = Deafness(self, self.domain)
        self.deafness.begun.connect(lambda: self._listen(False))
        self.deafness.ended.connect(lambda: self._listen(True))
        self.refresh()

    def refresh(self) -> None:
        """Ask for the question, or for the oldest one that is open."""
        if self.subject:
            self.link.call("consent.get", {"id": self.subject}, self._show, self._gone)
        else:
            self.link.call("sites.pending", None, self._show_oldest)

    def on_event(self, event: Json) -> None:
        """Close when the question is; take the next one where there was none."""
        if event["event"] == "consent_closed" and event["id"] == self.subject:
            self._is_answered = True
            self.close()
        elif event["event"] == "consent_asked" and not self.subject:
            self.refresh()

    def come_forward(self) -> None:
        """Come to the front, without the keyboard."""
        if self._question:
            self.deafness.begin()
        self.show()
        self.raise_()

    def event(self, event: QEvent) -> bool:
        """Keep "always" away from the pointer for as long as nobody can have moved it there to answer."""
        if event.type() in _PLACED and self.deafness.lasts:
            self._keep_always_away()
        return super().event(event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Decline what was not answered."""
        if self._question and not self._is_answered:
            self._answer("decline")
        super().closeEvent(event)

    def _set_up(self) -> None:
        self.words.show(self.setWindowTitle, mark("A site asks for your consent"))
        set_kind(self.domain, "title")
        set_kind(self.question, "heading")
        for label in (self.address, self.left):
            set_kind(label, "muted")
        below = scrolled(self._what_it_gets())
        below.setMinimumHeight(_LEAST_ROOM)
        self.content.addWidget(self.domain)
        self.content.addWidget(below, 1)
        self.content.addWidget(self.left)
        self.content.addLayout(self._row)
        self.fit(560, 380)

    def _what_it_gets(self) -> QWidget:
        """Return what is below the domain, and scrolls where there is much of it."""
        card = QFrame()
        set_kind(card, "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        inside.setSpacing(SMALL)
        inside.addLayout(self.shows)
        whole = QWidget()
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SMALL)
        for widget in (self.question, self.address, card):
            column.addWidget(widget)
        column.addStretch(1)
        return whole

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        for decision, title in _DECISIONS:
            self.buttons[decision] = button = QPushButton()
            self.words.show(button.setText, title)
            button.setAutoDefault(False)
            button.setEnabled(False)
            button.clicked.connect(lambda _=False, d=decision: self._decide(d))
            if decision == "never":
                row.insertWidget(0, button)
                row.insertStretch(1, 1)
            else:
                row.addWidget(button)
        set_kind(self.buttons["decline"], "primary")
        self.buttons["decline"].setDefault(True)
        return row

    def _keep_always_away(self) -> None:
        """Have the row's end with "always" in the half of the window where the pointer is not."""
        pointer = self.mapFromGlobal(QCursor.pos())
        is_at_end = self.rect().contains(pointer) and pointer.x() >= self.width() // 2
        direction = (
            QBoxLayout.Direction.RightToLeft if is_at_end else QBoxLayout.Direction.LeftToRight
        )
        if self._row.direction() is not direction:
            self._row.setDirection(direction)

    def _listen(self, is_listening: bool) -> None:
        """Show whether an answer is taken now."""
        for button in self.buttons.values():
            button.setEnabled(is_listening)
        if is_listening:
            self.buttons["decline"].setFocus()

    def _show_oldest(self, pending: Json) -> None:
        if not pending["questions"]:
            self.question.show_value(self.words(mark("No site is asking.")))
            return
        self._show(pending["questions"][0])

    def _show(self, question: Json) -> None:
        self._question = question
        self.subject = question["id"]
        self.domain.show_value(isolated(question["domain"]))
        self.question.show_value(question["asks"])
        address = self.words(mark("Its whole address: {origin}"), origin=question["origin"])
        self.address.show_value(address)
        while (item := self.shows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for sentence in question["shows"]:
            line = ValueLabel()
            line.show_value(f"•  {sentence}")
            self.shows.addWidget(line)
        self._count_down()
        self._tick.start()
        self.deafness.begin()

    def _count_down(self) -> None:
        expires = dt.datetime.fromisoformat(self._question["expires"])
        left = max(0, round((expires - dt.datetime.now(dt.UTC)).total_seconds()))
        self.left.setText(
            self.words.counted(
                "Without an answer it is declined in {count} second.",
                "Without an answer it is declined in {count} seconds.",
                left,
            )
        )

    def _decide(self, decision: str) -> None:
        self._answer(decision)
        self.close()

    def _answer(self, decision: str) -> None:
        self._is_answered = True
        params = {"id": self.subject, "decision": decision}
        self.link.call("consent.answer", params, None, lambda _report: None)

    def _gone(self, _report: Json) -> None:
        self._is_answered = True
        self.close()
