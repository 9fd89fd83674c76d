"""A site asks something: whose it is, what it wants, what it will get, and how long there is to answer.

Nothing here can be answered by accident: the window comes to the front without taking the keyboard, is
deaf until what it asks has been on the screen for a quiet half second, and declines when it is closed.
"""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLayout, QVBoxLayout, QWidget

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.deafness import Deafness
from agent.windows.scrolling import scrolled
from agent.windows.style import LARGE, MEDIUM, SMALL, set_kind
from agent.windows.texts import ANYWHERE, Label, ValueLabel, isolated
from agent.windows.window import Context, Window

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


class QuestionWindow(Window):
    """One question; when it is answered or nobody waits for the answer any more, it closes.

    A subclass calls :meth:`set_up` with what an answer is given by, and enables that by :meth:`listen`.
    """

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self.asked: Json = None
        """The question, once it is known."""
        self.is_answered = False
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._count_down)
        self.domain = WholeLabel()
        self.question = ValueLabel()
        self.address = ValueLabel()
        self.shows = QVBoxLayout()
        self.left = Label()
        # Not to take the keyboard from what is being typed elsewhere.
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint)

    def listen(self, is_listening: bool) -> None:
        """Show whether an answer is taken now."""
        raise NotImplementedError

    def refresh(self) -> None:
        """Ask for the question, or for the oldest one that is open."""
        if self.subject:
            self.link.call("consent.get", {"id": self.subject}, self.show_question, self._gone)
        else:
            self.link.call("sites.pending", None, self._show_oldest)

    def on_event(self, event: Json) -> None:
        """Close when the question is; take the next one where there was none."""
        if event["event"] == "consent_closed" and event["id"] == self.subject:
            self.is_answered = True
            self.close()
        elif event["event"] == "consent_asked" and not self.subject:
            self.refresh()

    def come_forward(self) -> None:
        """Come to the front, without the keyboard."""
        if self.asked:
            self.deafness.begin()
        self.show()
        self.raise_()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Decline what was not answered."""
        if self.asked and not self.is_answered:
            self.answer("decline")
        super().closeEvent(event)

    def set_up(
        self,
        answering: QLayout,
        size: tuple[int, int],
        *,
        above: tuple[QWidget, ...] = (),
        below: tuple[QWidget, ...] = (),
    ) -> None:
        """Arrange the window.

        Args:
            answering: what is always to be seen, below it.
            size: the window's, in pixels.
            above: what scrolls above what the site will get.
            below: what scrolls below it.
        """
        set_kind(self.domain, "title")
        set_kind(self.question, "heading")
        for label in (self.address, self.left):
            set_kind(label, "muted")
        scrolling = scrolled(self._what_it_gets(above, below))
        scrolling.setMinimumHeight(_LEAST_ROOM)
        self.content.addWidget(self.domain)
        self.content.addWidget(scrolling, 1)
        self.content.addLayout(answering)
        self.fit(*size)
        self.deafness = Deafness(self, self.domain)
        self.deafness.begun.connect(lambda: self.listen(False))
        self.deafness.ended.connect(lambda: self.listen(True))
        self.refresh()

    def show_question(self, question: Json) -> None:
        """Show a question that has just come."""
        self.asked = question
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

    def decide(self, decision: str) -> None:
        """Answer, and close."""
        self.answer(decision)
        self.close()

    def answer(self, decision: str) -> None:
        """Tell the agent; nobody may wait for it any more."""
        self.is_answered = True
        params = {"id": self.subject, "decision": decision}
        self.link.call("consent.answer", params, None, lambda _report: None)

    def _what_it_gets(self, above: tuple[QWidget, ...], below: tuple[QWidget, ...]) -> QWidget:
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
        for widget in (self.question, self.address, *above, card, *below):
            column.addWidget(widget)
        column.addStretch(1)
        return whole

    def _show_oldest(self, pending: Json) -> None:
        if not pending["questions"]:
            self.question.show_value(self.words(mark("No site is asking.")))
            return
        self.show_question(pending["questions"][0])

    def _count_down(self) -> None:
        expires = dt.datetime.fromisoformat(self.asked["expires"])
        left = max(0, round((expires - dt.datetime.now(dt.UTC)).total_seconds()))
        self.left.setText(
            self.words.counted(
                "Without an answer it is declined in {count} second.",
                "Without an answer it is declined in {count} seconds.",
                left,
            )
        )

    def _gone(self, _report: Json) -> None:
        self.is_answered = True
        self.close()
