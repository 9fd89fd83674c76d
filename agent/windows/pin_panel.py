"""Asking for one PIN inside a window: what is known of its tries, the field, the risk of the last."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from agent.api.client import Json
from agent.ground.language import mark
from agent.tokens.errors import PinNotGivenError, tries_text
from agent.tokens.model import PinState
from agent.tokens.wording import FACTORY_PIN
from agent.windows.pin_asking import PinAsking
from agent.windows.pin_field import PinField
from agent.windows.style import MEDIUM, SMALL, set_kind
from agent.windows.texts import Label
from agent.windows.words import Words

_TO_BE_CHANGED = mark("The token wants its PIN changed.")
_ON_THE_PAD = mark("Enter the PIN on the token's own keypad.")
_LET_GO = mark("No PIN was typed for a while. Other programs can use the token meanwhile.")
_AT_WORK = mark("The token is at work. Leave it plugged in.")
IDLE_MS = 60_000
"""After which pause without a key the token is let go: a worker holds it while a PIN is asked for."""


def state_sentence(words: Words, prompt: Json) -> str:
    """Return what is to be known before a PIN is typed; empty where there is nothing to say."""
    state = PinState(prompt["pin_state"])
    if state is PinState.TO_BE_CHANGED:
        return words(_TO_BE_CHANGED)
    left = tries_text(state, prompt["tries_left"], words.language)
    factory = words(FACTORY_PIN) if prompt["is_factory_pin"] else ""
    return " ".join(filter(None, (factory, left)))


def state_kind(prompt: Json) -> str:
    """Return how that is to look: a mere number of tries is no warning."""
    is_calm = prompt["pin_state"] == PinState.OK and not prompt["is_factory_pin"]
    return "muted" if is_calm and not prompt["has_pin_pad"] else "warning"


class PinPanel(QWidget):
    """Shows one :class:`PinAsking`. It begins when it is told to, and again after a wrong PIN."""

    done = Signal(dict)
    """The step is done."""
    failed = Signal(dict)
    """It failed, or no PIN is asked for now; the panel says so itself."""
    cancelled = Signal()
    sent = Signal()
    """What was typed goes to the token."""

    def __init__(self, words: Words, heading: str) -> None:
        """Make a panel under ``heading``, a marked sentence such as 正在导入密钥对."""
        super().__init__()
        self._words = words
        self._asking: PinAsking | None = None
        self.heading = Label()
        self.told = Label()
        self.field = PinField(words, mark("PIN"))
        self.progress = QProgressBar()
        self.accept = QPushButton()
        self.risk = QPushButton()
        self.cancel = QPushButton()
        self.row = QHBoxLayout()
        """The buttons'; a window may put its own in front."""
        self.idle = QTimer(self, singleShot=True, interval=IDLE_MS)
        self._set_up(heading)
        self._arrange()

    def begin(self, asking: PinAsking) -> None:
        """Ask for a PIN from now on."""
        self._asking = asking
        asking.asked.connect(self._on_asked)
        asking.consent_needed.connect(self._on_consent_needed)
        asking.refused.connect(self._on_refused)
        asking.failed.connect(self._on_failed)
        asking.done.connect(self._on_done)
        self._tell("", "muted")
        self._wait()
        asking.begin_again()

    def let_go(self) -> None:
        """Ask no more: what waits for a PIN is told so, and what was typed is wiped."""
        if self._asking is not None:
            self._asking.decline()
            for told in (self._asking.asked, self._asking.consent_needed, self._asking.refused,
                         self._asking.failed, self._asking.done):  # fmt: skip
                told.disconnect()
            self._asking = None
        self.idle.stop()
        self.field.clear()

    def _set_up(self, heading: str) -> None:
        words = self._words
        words.show(self.heading.setText, heading)
        words.show(self.accept.setText, mark("OK"))
        words.show(self.risk.setText, mark("Risk the last try"))
        words.show(self.cancel.setText, mark("Cancel"))
        set_kind(self.heading, "heading")
        set_kind(self.accept, "primary")
        self.told.setWordWrap(True)
        self.heading.setWordWrap(True)
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.accept.clicked.connect(self._send)
        self.field.submitted.connect(self._send)
        self.field.changed.connect(self._on_typed)
        self.idle.timeout.connect(self._let_go)
        self.risk.clicked.connect(self._take_the_risk)
        self.cancel.clicked.connect(self._cancel)

    def _arrange(self) -> None:
        self.row.setSpacing(SMALL)
        self.row.addStretch(1)
        for button in (self.risk, self.cancel, self.accept):
            button.setAutoDefault(False)
            self.row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(MEDIUM)
        for widget in (self.heading, self.told, self.field, self.progress):
            column.addWidget(widget)
        column.addLayout(self.row)
        self._wait()

    def _tell(self, text: str, kind: str) -> None:
        self.told.setText(text)
        self.told.setVisible(bool(text))
        set_kind(self.told, kind)

    def _wait(self) -> None:
        """Show that something is under way, and take nothing meanwhile."""
        self._show_parts(has_field=False, is_busy=True)

    def _show_parts(self, *, has_field: bool, is_busy: bool, has_risk: bool = False) -> None:
        if not has_field and self.isAncestorOf(self.window().focusWidget()):
            self.cancel.setFocus()  # else the keyboard goes to whatever is next, a site's "never" too
        self.field.setVisible(has_field)
        self.accept.setVisible(has_field)
        self.progress.setVisible(is_busy)
        self.risk.setVisible(has_risk)
        if has_field:
            self.idle.start()
        else:
            self.idle.stop()
        self._allow()

    def _on_typed(self) -> None:
        if self.idle.isActive():
            self.idle.start()
        self._allow()

    def _let_go(self) -> None:
        """Take no PIN any more, nor keep what was typed of one: nobody seems to be there."""
        assert self._asking is not None
        self._asking.decline()
        self.field.clear()
        self._tell(self._words(_LET_GO), "muted")
        self._show_parts(has_field=False, is_busy=False)
        self.failed.emit(msgspec.to_builtins(PinNotGivenError().report()))

    def _allow(self) -> None:
        self.accept.setEnabled(not self.field.is_empty)

    def _on_asked(self, prompt: Json) -> None:
        assert self._asking is not None
        said = state_sentence(self._words, prompt)
        if prompt["has_pin_pad"]:
            self._tell(" ".join(filter(None, (said, self._words(_ON_THE_PAD)))), "warning")
            self._wait()
            self._asking.send()
            return
        if said and not self.told.text():
            self._tell(said, state_kind(prompt))
        self._show_parts(has_field=True, is_busy=False)
        self.field.setFocus()

    def _on_consent_needed(self, report: Json) -> None:
        self._tell("\n".join(filter(None, self._words.of_report(report))), "bad")
        self._show_parts(has_field=False, is_busy=False, has_risk=True)
        self.cancel.setFocus()

    def _take_the_risk(self) -> None:
        assert self._asking is not None
        self._wait()
        self._asking.accept_final_try()

    def _send(self) -> None:
        if self._asking is None or self.field.is_empty or not self.field.isVisible():
            return
        self._tell(self._words(_AT_WORK), "muted")
        self._wait()
        self.sent.emit()
        self._asking.send(self.field.take())

    def _on_refused(self, report: Json) -> None:
        self._tell("\n".join(filter(None, self._words.of_report(report))), "bad")
        self._show_parts(has_field=False, is_busy=False)
        self.failed.emit(report)

    def _on_failed(self, report: Json) -> None:
        self._on_refused(report)
        if self._asking is not None and report["code"] in _TYPED_AGAIN:
            self._wait()
            self._asking.begin_again()

    def _on_done(self, result: Json) -> None:
        self._tell("", "muted")
        self._show_parts(has_field=False, is_busy=False)
        self.done.emit(result)

    def _cancel(self) -> None:
        if self._asking is not None:
            self._asking.decline()
        self.idle.stop()
        self.field.clear()
        self.cancelled.emit()


_TYPED_AGAIN = frozenset(
    {"pin_incorrect", "old_pin_incorrect", "pin_form", "pin_not_given", "session_ended"}
)
"""After these a person may type at once again: the step itself has not begun, or was cut short."""
