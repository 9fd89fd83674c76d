"""A site asks: which one, what it will get, and whether it may.

Nothing here can be answered by accident: the window comes to the front without taking the keyboard,
takes no key and no click in its first half second, and declines when it is closed.
"""

from __future__ import annotations

import datetime as dt

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from agent.api.client import Json
from agent.ground.language import mark
from agent.windows.style import LARGE, MEDIUM, SMALL, set_kind
from agent.windows.texts import ValueLabel
from agent.windows.window import Context, Window

DEAF_MS = 500
"""For so long after it has appeared or come to the front, nothing is taken."""
_INPUT = frozenset(
    {
        QEvent.Type.KeyPress, QEvent.Type.KeyRelease, QEvent.Type.ShortcutOverride,
        QEvent.Type.Shortcut, QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseButtonDblClick, QEvent.Type.TouchBegin,
    }
)  # fmt: skip
_DECISIONS = (
    ("decline", mark("Decline")),
    ("once", mark("Allow once")),
    ("always", mark("Always allow")),
    ("never", mark("Never allow")),
)


class ConsentWindow(Window):
    """One question; when it is answered or nobody waits for the answer any more, it closes."""

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self._question: Json = None
        self._is_answered = False
        self._since = QElapsedTimer()
        self._tick = QTimer(self, interval=1000)
        self._tick.timeout.connect(self._count_down)
        self.origin = ValueLabel()
        self.question = ValueLabel()
        self.shows = QVBoxLayout()
        self.left = QLabel()
        self.buttons: dict[str, QPushButton] = {}
        # Not to take the keyboard from what is being typed elsewhere.
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint)
        self._set_up()
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]
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
        self._since.start()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Drop keys and clicks meant for what was on the screen before."""
        if event.type() is QEvent.Type.WindowActivate and watched is self:
            self._since.start()
        is_early = not self._since.isValid() or self._since.elapsed() < DEAF_MS
        return (is_early and event.type() in _INPUT) or super().eventFilter(watched, event)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Decline what was not answered."""
        if self._question and not self._is_answered:
            self._answer("decline")
        super().closeEvent(event)

    def _set_up(self) -> None:
        words = self.words
        words.show(self.setWindowTitle, mark("A site asks for your consent"))
        set_kind(self.origin, "title")
        set_kind(self.left, "muted")
        card = QFrame()
        set_kind(card, "card")
        inside = QVBoxLayout(card)
        inside.setContentsMargins(LARGE, MEDIUM, LARGE, MEDIUM)
        inside.setSpacing(SMALL)
        inside.addLayout(self.shows)
        for widget in (self.origin, self.question, card):
            self.content.addWidget(widget)
        self.content.addStretch(1)
        self.content.addWidget(self.left)
        self.content.addLayout(self._button_row())
        self.fit(560, 360)

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

    def _show_oldest(self, pending: Json) -> None:
        if not pending["questions"]:
            self.question.show_value(self.words(mark("No site is asking.")))
            return
        self._show(pending["questions"][0])

    def _show(self, question: Json) -> None:
        self._question = question
        self.subject = question["id"]
        self.origin.show_value(question["origin"])
        self.question.show_value(question["title"])
        while (item := self.shows.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for sentence in question["shows"]:
            line = ValueLabel()
            line.show_value(f"•  {sentence}")
            self.shows.addWidget(line)
        for button in self.buttons.values():
            button.setEnabled(True)
        self.buttons["decline"].setFocus()
        self._count_down()
        self._tick.start()

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
