"""修改PIN码: the PIN of one token is changed, by who knows the old one."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from agent.api.client import Json
from agent.api.listed import named
from agent.ground.language import mark
from agent.tokens.model import PinLimits
from agent.windows.icons import icon
from agent.windows.pin_asking import PinAsking
from agent.windows.pin_form import PinForm
from agent.windows.pin_panel import state_kind, state_sentence
from agent.windows.scrolling import scrolled
from agent.windows.style import HUGE, MEDIUM, SMALL, set_kind
from agent.windows.texts import Label
from agent.windows.window import Context, Window

_NOTE = mark(
    "Note: the old PIN is needed to change it. If it is forgotten, take the required papers to the"
    " authority's counter to have it unlocked."
)
_ON_THE_PAD = mark("The old and the new PIN are entered on the token's own keypad.")
_TYPE_NOW = mark("Enter the old PIN and twice the new one on the token's own keypad.")
_REFERENCE = ("module", "serial", "label", "application")


class PinWindow(Window):
    """Asks which token, says what is known of its tries, takes the old and the new PIN.

    The token is looked at once when it is chosen, and let go: what a person takes to think of a PIN
    keeps nobody else from the token.
    """

    def __init__(self, context: Context, subject: str = "") -> None:
        super().__init__(context, subject)
        self._tokens: list[Json] = []
        self._prompt: Json | None = None
        self._accepts_final_try = False
        self._asking: PinAsking | None = None
        self.token = QComboBox()
        self.picture = Label()
        self.told = Label()
        self.form = PinForm(self.words)
        self.progress = QProgressBar()
        self.change = QPushButton()
        self.risk = QPushButton()
        self.unlocked = QPushButton()
        self._set_up()
        self._arrange()
        self.refresh()

    def refresh(self) -> None:
        """Ask for the tokens."""
        self.link.call("tokens.list", None, self._on_tokens)

    def on_event(self, event: Json) -> None:
        """Follow what is plugged in and out."""
        if event["event"] in ("token_inserted", "token_removed"):
            self.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Let the worker go."""
        if self._asking is not None:
            self._asking.decline()
        self.form.clear()
        super().closeEvent(event)

    def _set_up(self) -> None:
        words = self.words
        words.show(self.setWindowTitle, mark("Change PIN"))
        words.show(self.token.setAccessibleName, mark("Token"))
        words.show(self.change.setText, mark("Change PIN"))
        words.show(self.risk.setText, mark("Risk the last try"))
        words.show(self.unlocked.setText, mark("It has been unlocked"))
        set_kind(self.change, "primary")
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setContentsMargins(0, HUGE, 0, MEDIUM)
        self.told.setWordWrap(True)
        self.told.setProperty("notice", True)
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.token.currentIndexChanged.connect(self._look_at_token)
        self.form.changed.connect(self._allow)
        self.form.submitted.connect(self._submit)
        self.change.clicked.connect(self._submit)
        self.risk.clicked.connect(self._take_the_risk)
        self.unlocked.clicked.connect(self._was_unlocked)

    def _arrange(self) -> None:
        note = Label()
        note.setWordWrap(True)
        set_kind(note, "muted")
        self.words.show(note.setText, _NOTE)
        buttons = QHBoxLayout()
        buttons.setSpacing(SMALL)
        buttons.addStretch(1)
        for button in (self.unlocked, self.risk, self.change):
            buttons.addWidget(button)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        for widget in (self.token, self.picture, self.told, self.form, self.progress):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(note)
        self.content.addWidget(scrolled(inside), 1)
        self.content.addLayout(buttons)
        self._show_parts()
        self.fit(460, 480)

    def _on_tokens(self, listed: Json) -> None:
        before = self._reference()
        self._tokens = listed["tokens"]
        self.token.blockSignals(True)
        self.token.clear()
        for token in self._tokens:
            self.token.addItem(named(token))
        chosen = [n for n, t in enumerate(self._tokens) if _reference_of(t) == before]
        self.token.setCurrentIndex(chosen[0] if chosen else 0 if self._tokens else -1)
        self.token.blockSignals(False)
        self.token.setVisible(bool(self._tokens))
        self.token.setEnabled(len(self._tokens) > 1)
        if not chosen or self._prompt is None:
            self._look_at_token()

    def _reference(self) -> Json:
        number = self.token.currentIndex()
        return _reference_of(self._tokens[number]) if 0 <= number < len(self._tokens) else None

    def _look_at_token(self) -> None:
        """Learn the token's limits and what is known of its tries; no PIN is sent."""
        self._prompt = None
        self._accepts_final_try = False
        self.form.clear()
        if self._reference() is None:
            self._tell(self.words(mark("No token is plugged in.")), "muted")
            self._show_parts()
            return
        self._tell("", "muted")
        self._ask(is_to_send=False)

    def _ask(self, *, is_to_send: bool) -> None:
        if self._asking is not None:
            self._asking.decline()
        self._asking = asking = PinAsking(self.link, "pin.change", {"token": self._reference()})
        asking.asked.connect(self._send if is_to_send else self._on_prompt)
        asking.consent_needed.connect(self._on_consent_needed)
        asking.refused.connect(self._on_refused)
        asking.failed.connect(self._on_failed)
        asking.done.connect(self._on_done)
        self._show_parts(is_busy=True)
        asking.begin_again(accepts_final_try=self._accepts_final_try)

    def _on_prompt(self, prompt: Json) -> None:
        assert self._asking is not None
        self._asking.decline()
        self._prompt = prompt
        self.form.rules(
            PinLimits(**prompt["pin_limits"]), (prompt["token_label"], prompt["token_serial"])
        )
        said = [state_sentence(self.words, prompt)]
        if prompt["has_pin_pad"]:
            said.append(self.words(_ON_THE_PAD))
        if not self.told.text():
            self._tell(" ".join(filter(None, said)), state_kind(prompt))
        self._show_parts(has_form=True)
        self.form.old.setFocus()

    def _on_consent_needed(self, report: Json) -> None:
        self._tell("\n".join(filter(None, self.words.of_report(report))), "bad")
        self._show_parts(has_risk=True)

    def _take_the_risk(self) -> None:
        self._accepts_final_try = True
        self._tell("", "muted")
        self._ask(is_to_send=False)

    def _on_refused(self, report: Json) -> None:
        self._tell("\n".join(filter(None, self.words.of_report(report))), "bad")
        self._show_parts(can_be_unlocked=bool(report["details"].get("is_remembered")))

    def _was_unlocked(self) -> None:
        self.link.call(
            "pin.unlocked", {"token": self._reference()}, lambda _: self._look_at_token()
        )

    def _submit(self) -> None:
        if self._prompt is None or not self.change.isEnabled():
            return
        self.banner.hush()
        self._ask(is_to_send=True)

    def _send(self, prompt: Json) -> None:
        assert self._asking is not None
        if prompt["has_pin_pad"]:
            self._tell(self.words(_TYPE_NOW), "warning")
            self._asking.send()
        else:
            self._asking.send(*self.form.take())

    def _on_failed(self, report: Json) -> None:
        self.banner.say(" ".join(filter(None, self.words.of_report(report))), "bad")
        self._look_at_token()

    def _on_done(self, _result: Json) -> None:
        label = self._reference()["label"]
        self.banner.say(
            self.words(mark("The PIN of {label} has been changed."), label=label), "good"
        )
        self._look_at_token()

    def _tell(self, text: str, kind: str) -> None:
        self.told.setText(text)
        self.told.setVisible(bool(text))
        set_kind(self.told, kind)

    def _show_parts(
        self,
        *,
        has_form: bool = False,
        is_busy: bool = False,
        has_risk: bool = False,
        can_be_unlocked: bool = False,
    ) -> None:
        has_pad = bool(self._prompt and self._prompt["has_pin_pad"])
        self.form.setVisible((has_form or is_busy) and not has_pad)
        self.form.setEnabled(has_form)
        self.progress.setVisible(is_busy)
        self.change.setVisible(has_form or is_busy)
        is_alone = has_pad or not (has_form or is_busy)
        self.picture.setVisible(is_alone)
        self.picture.setPixmap(icon("pin" if self._tokens else "token").pixmap(QSize(64, 64)))
        centre, left = Qt.AlignmentFlag.AlignCenter, Qt.AlignmentFlag.AlignLeft
        self.told.setAlignment(centre if is_alone else left)
        self.risk.setVisible(has_risk)
        self.unlocked.setVisible(can_be_unlocked)
        self._allow()

    def _allow(self) -> None:
        has_pad = bool(self._prompt and self._prompt["has_pin_pad"])
        is_idle = self._prompt is not None and self.progress.isHidden()
        self.change.setEnabled(is_idle and (has_pad or self.form.is_complete))


def _reference_of(token: Json) -> Json:
    return {name: token[name] for name in _REFERENCE if name in token}
