"""What the screenshots show: each window in its usual state, and the states worth looking at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from actors import prompt, token, tokens

from agent.language import Language
from agent.tokens.errors import PinFinalTryError, PinLockedError
from agent.tokens.model import PinState

Answers = dict[str, Any]


def _nothing(_window: Any) -> None:
    """Show the window as it opens."""


@dataclass(frozen=True)
class Scene:
    """One window in one state."""

    window: str
    answers: Callable[[Language], Answers]
    is_ready: Callable[[Any], bool] = lambda _window: True
    prepare: Callable[[Any], None] = _nothing
    subject: str = ""
    size: tuple[int, int] | None = None
    in_all_looks: bool = field(default=False)


def _type_pins(window: Any) -> None:
    window.form.old.edit.setText("135792")
    window.form.new.edit.setText("8246zx")
    window.form.again.edit.setText("8246")


SCENES = {
    "pin": Scene(
        "pin",
        lambda _language: {"tokens__list": tokens(token()), "pin__change": prompt()},
        is_ready=lambda window: window.form.isEnabled(),
        prepare=_type_pins,
        in_all_looks=True,
    ),
    "pin-low": Scene(
        "pin",
        lambda _language: {
            "tokens__list": tokens(token()),
            "pin__change": prompt(pin_state=PinState.COUNT_LOW),
        },
        is_ready=lambda window: window.form.isEnabled(),
    ),
    "pin-final-try": Scene(
        "pin",
        lambda _language: {"tokens__list": tokens(token()), "pin__change": PinFinalTryError()},
        is_ready=lambda window: window.risk.isVisible(),
    ),
    "pin-locked": Scene(
        "pin",
        lambda _language: {
            "tokens__list": tokens(token()),
            "pin__change": PinLockedError(is_remembered=True),
        },
        is_ready=lambda window: window.unlocked.isVisible(),
    ),
    "pin-pad": Scene(
        "pin",
        lambda _language: {
            "tokens__list": tokens(token()),
            "pin__change": prompt(has_pin_pad=True),
        },
        is_ready=lambda window: window.change.isEnabled(),
    ),
    "pin-no-token": Scene(
        "pin",
        lambda _language: {"tokens__list": tokens()},
        is_ready=lambda window: bool(window.told.text()),
    ),
}
