"""What the screenshots show: each window in its usual state, and the states worth looking at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from actors import PORTALS, details_of, in_words, pair, prompt, token, tokens

from agent.api.views import TokenView
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


def _main(*listed: TokenView, **answers: Any) -> Callable[[Language], Answers]:
    def answered(language: Language) -> Answers:
        shown = [in_words(held, language) for held in listed]
        return {
            "tokens__list": tokens(*shown),
            "certificates__get": details_of(*shown, language=language),
            "portals__list": {"portals": PORTALS},
            **answers,
        }

    return answered


def _has_details(window: Any) -> bool:
    return window.information.details.isEnabled()


LONG = "深圳市前海深港现代服务业合作区" * 13 + "有限公司"
RTL = "شركة الشهادات الرقمية المحدودة"
EMOJI = "深圳市🔑样例👨‍👩‍👧有限公司🏳️‍🌈"
LATIN = "Donaudampfschifffahrtsgesellschaft" * 6
SIXTY = tuple(
    token(*pair(organisation=f"深圳市样例{n}号有限公司", days=400 - 17 * n, number=n),
          label=f"ODC-{n:02d}", number=n)
    for n in range(1, 61)
)  # fmt: skip

SCENES = {
    "main": Scene("main", _main(token(*pair())), is_ready=_has_details, in_all_looks=True),
    "main-valid": Scene(
        "main",
        _main(token(*pair(days=300)), portals__list={"portals": []}),
        is_ready=_has_details,
    ),
    "main-no-token": Scene("main", _main(), is_ready=lambda window: window.nothing.isVisible()),
    "main-sixty-tokens": Scene(
        "main",
        _main(*SIXTY),
        is_ready=_has_details,
        prepare=lambda window: window.search.setText("3号"),
    ),
    "main-odd-names": Scene(
        "main",
        _main(
            *(
                token(*pair(organisation=name, days=20, number=n), label=name, number=n)
                for n, name in enumerate((LONG, RTL, EMOJI, LATIN), 1)
            )
        ),
        is_ready=_has_details,
        size=(900, 620),
    ),
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
