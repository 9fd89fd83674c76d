"""One PIN from the wish to the outcome; the PIN itself goes from here to the worker, past the agent.

What is shown is the business of whoever listens: a panel in the renewal, the PIN change window.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import msgspec
from PySide6.QtCore import QObject, QTimer, Signal

from agent.api.client import Json
from agent.ground.errors import OdcError
from agent.tokens.pin import decline_pin, send_pin, wipe
from agent.windows.link import Link
from agent.windows.qt_threads import qt_threads

FINAL_TRY = "pin_final_try"
"""The refusal a person may override, by accepting the risk."""
PATIENCE = 20
PAUSE_MS = 250
"""How often, and after which pause, it is asked again while the last entry is still ending."""


def _whole(result: Json) -> Json:
    return result


class PinAsking(QObject):
    """Asks the agent where a PIN is to be sent, and sends it there. Nothing is retried by itself."""

    asked = Signal(dict)
    """The agent's PinPrompt: a PIN may be typed now."""
    consent_needed = Signal(dict)
    """One try is left: nothing goes on without :meth:`accept_final_try`. The error report."""
    refused = Signal(dict)
    """No PIN is asked for now. The error report says why."""
    failed = Signal(dict)
    """The PIN was wrong, or the step it was for failed. The error report."""
    done = Signal(dict)
    """The step is done: the agent's answer where no PIN was needed, else empty."""

    def __init__(
        self,
        link: Link,
        method: str,
        params: dict[str, Json],
        *,
        prompt_in: Callable[[Json], Json | None] = _whole,
    ) -> None:
        """Prepare to call ``method``, whose answer has the PinPrompt where ``prompt_in`` finds it."""
        super().__init__()
        self._link = link
        self._method = method
        self._params = params
        self._prompt_in = prompt_in
        self._endpoint = ""
        self._is_closed = False
        self._patience = 0
        self._accepts_final_try = False

    def begin(self, *, accepts_final_try: bool = False) -> None:
        """Ask the agent; one of the signals tells what came of it."""
        self._accepts_final_try = accepts_final_try
        params = {**self._params, "accept_final_try": accepts_final_try}
        self._link.call(self._method, params, self._on_answer, self._on_refusal)

    def begin_again(self, *, accepts_final_try: bool = False) -> None:
        """Ask right after another entry; the worker of that one may need a moment to end."""
        self._patience = PATIENCE
        self.begin(accepts_final_try=accepts_final_try)

    def accept_final_try(self) -> None:
        """Ask once more: a person consented to risk the last try."""
        self.begin(accepts_final_try=True)

    def send(self, *secrets: bytearray) -> None:
        """Send what was typed, and wipe it; none where it is typed on the token's PIN pad."""
        endpoint, self._endpoint = self._endpoint, ""
        qt_threads().begin(functools.partial(self._deliver, endpoint, secrets))

    def decline(self) -> None:
        """Let the worker go, where one waits."""
        self._is_closed = True
        endpoint, self._endpoint = self._endpoint, ""
        if endpoint:
            decline_pin(endpoint)

    def _on_answer(self, result: Json) -> None:
        prompt = self._prompt_in(result)
        if prompt is None:
            self.done.emit(result)
        elif self._is_closed:
            decline_pin(prompt["endpoint"])
        else:
            self._endpoint = prompt["endpoint"]
            self.asked.emit(prompt)

    def _on_refusal(self, report: Json) -> None:
        if report["code"] == "pin_entry_busy" and self._patience:
            self._patience -= 1
            accepts = self._accepts_final_try
            QTimer.singleShot(PAUSE_MS, self, lambda: self.begin(accepts_final_try=accepts))
            return
        (self.consent_needed if report["code"] == FINAL_TRY else self.refused).emit(report)

    def _deliver(self, endpoint: str, secrets: tuple[bytearray, ...]) -> None:
        """Send and wait for the outcome, in a thread of its own; signals reach Qt's."""
        try:
            send_pin(endpoint, *secrets)
        except OdcError as error:
            self.failed.emit(msgspec.to_builtins(error.report()))
        else:
            self.done.emit({})
        finally:
            for secret in secrets:
                wipe(secret)
