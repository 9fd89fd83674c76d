"""The SMS code that releases the application."""

from __future__ import annotations

import time

from PySide6.QtCore import QRegularExpression, QTimer, Signal
from PySide6.QtGui import QRegularExpressionValidator
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from agent.api.client import Json
from agent.ground.clock import utc_now
from agent.ground.language import mark, translate_count
from agent.windows.picture import Picture
from agent.windows.renew.countdown import USUAL_SECONDS, Countdown, pause_named, pause_since
from agent.windows.renew.labels import isolated, make_label, say
from agent.windows.renew.step_card import StepCard, put_in_the_middle
from agent.windows.style import SMALL, set_kind
from agent.windows.texts import Label
from agent.windows.window import Context

_FORM = QRegularExpression("[0-9]{0,8}")
_SHORTEST = 4
_ENTER = mark("The application is approved. A code sent to {phone} releases it.")
_HAVE_SENT = mark(
    "The application is approved. Have a code sent to {phone}, and enter it here to release it."
)


class SmsPage(QWidget):
    """Has a code sent, and takes it; another can be sent when the pause is over."""

    released = Signal(dict)
    """The renewal after the right code."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._words, self._link = context.words, context.link
        self._renewal: Json = None
        self._has_sent = False
        self._countdown = Countdown()
        self._timer = QTimer(self)
        self.about = make_label("heading")
        self.told = make_label()
        self.label = Label()
        self.code = QLineEdit()
        self.send = QPushButton()
        self.accept = QPushButton()
        self._set_up()
        self._arrange()

    def enter(self, renewal: Json) -> None:
        """Show the page for a renewal."""
        if self._renewal is None or self._renewal["id"] != renewal["id"]:
            self._has_sent, self._countdown = False, Countdown()
        self._renewal = renewal
        self.code.clear()
        say(self.told, "")
        self._say()
        if not self._has_sent and renewal["code_sent"]:
            self._say_sent(pause_since(renewal["code_sent"], utc_now()))
        (self.code if self._has_sent else self.send).setFocus()

    def _set_up(self) -> None:
        words = self._words
        words.show(self.label.setText, mark("SMS code"))
        words.show(self.code.setAccessibleName, mark("SMS code"))
        words.show(self.accept.setText, mark("OK"))
        self.label.setBuddy(self.code)
        self.code.setValidator(QRegularExpressionValidator(_FORM, self))
        set_kind(self.accept, "primary")
        self._timer.setInterval(500)
        self._timer.timeout.connect(self._say)
        self.code.textChanged.connect(lambda _text: self._allow())
        self.code.returnPressed.connect(self._verify)
        self.send.clicked.connect(self._send)
        self.accept.clicked.connect(self._verify)
        words.changed.connect(self._say)
        self._allow()

    def _send(self) -> None:
        self.send.setEnabled(False)
        self._link.call(
            "renewals.send_sms", {"id": self._renewal["id"]}, self._on_sent, self._on_not_sent
        )

    def _on_sent(self, _renewal: Json) -> None:
        self._say_sent(USUAL_SECONDS)
        self.code.setFocus()

    def _say_sent(self, pause: float) -> None:
        again = self._words(mark("The SMS code was sent again.")) if self._has_sent else ""
        say(self.told, again, "good")
        self._count(pause)

    def _on_not_sent(self, report: Json) -> None:
        say(self.told, " ".join(filter(None, self._words.of_report(report))), "warning")
        pause = pause_named(report)
        if pause is not None:
            self._count(pause)
        self._say()

    def _count(self, seconds: float) -> None:
        self._has_sent = True
        self._countdown.begin(time.monotonic(), seconds)
        self._timer.start()
        self._say()

    def _verify(self) -> None:
        if not self.accept.isEnabled():
            return
        self.accept.setEnabled(False)
        params = {"id": self._renewal["id"], "code": self.code.text()}
        self.code.clear()
        self._link.call("renewals.verify_sms", params, self.released.emit, self._on_refused)

    def _on_refused(self, report: Json) -> None:
        left = report["details"].get("attempts_left")
        said = [*self._words.of_report(report)]
        if isinstance(left, int):
            words = translate_count(
                "{count} attempt is left with this code.",
                "{count} attempts are left with this code.",
                left,
                self._words.language,
            )
            said.insert(1, words)
        say(self.told, " ".join(filter(None, said)), "bad")
        self._allow()
        self.code.setFocus()

    def _say(self) -> None:
        if self._renewal is None:
            return
        words, left = self._words, self._countdown.left(time.monotonic())
        phone = isolated(self._renewal["phone_hint"])
        self.about.setText(words(_ENTER if self._has_sent else _HAVE_SENT, phone=phone))
        if left:
            text = words(mark("Send again ({seconds})"), seconds=left)
        else:
            self._timer.stop()
            text = words(mark("Send again") if self._has_sent else mark("Send the code"))
        self.send.setText(text)
        self.send.setEnabled(not left)
        set_kind(self.send, "" if self._has_sent else "primary")

    def _allow(self) -> None:
        self.accept.setEnabled(len(self.code.text()) >= _SHORTEST)

    def _arrange(self) -> None:
        card = StepCard(Picture("phone"))
        inside = card.inside
        row = QHBoxLayout()
        row.setSpacing(SMALL)
        row.addWidget(self.code, 1)
        row.addWidget(self.send)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.accept)
        inside.addWidget(self.about)
        inside.addWidget(self.label)
        inside.addLayout(row)
        inside.addWidget(self.told)
        inside.addLayout(below)
        put_in_the_middle(self, card)
