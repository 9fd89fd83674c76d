"""Scenes of the main window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from actors import PORTALS, details_of, in_words, pair, put_away, token, tokens
from scene import Answers, Scene

from agent.api.views.tokens import TokenView
from agent.ground.language import Language
from agent.tokens.model import ModuleKind
from agent.windows.main.details import DetailsDialog


def _main(
    *listed: TokenView, away: Sequence[TokenView] = (), **answers: Any
) -> Callable[[Language], Answers]:
    def answered(language: Language) -> Answers:
        shown = [in_words(held, language) for held in listed]
        put = [in_words(held, language) for held in away]
        remembered = [put_away(held, language) for held in put]
        return {
            "tokens__list": tokens(*shown, remembered=remembered),
            "certificates__get": details_of(*shown, *put, language=language),
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
    "main-details": Scene(
        "main",
        _main(token(*pair())),
        is_ready=_has_details,
        prepare=lambda window: window.information.details.click(),
        part=lambda window: window.findChild(DetailsDialog),
    ),
    "main-valid": Scene(
        "main",
        _main(token(*pair(days=300)), portals__list={"portals": []}),
        is_ready=_has_details,
    ),
    "main-drawer": Scene(
        "main",
        _main(away=[token(*pair())]),
        is_ready=_has_details,
        in_all_looks=True,
    ),
    "main-replaced": Scene(
        "main",
        _main(
            token(*pair(days=350, number=2), label="ODC-新", number=2),
            away=[token(*pair(maybe_renewed_by="ab" * 32), label="ODC-旧")],
        ),
        is_ready=_has_details,
        subject=pair()[0].thumbprint,
    ),
    "main-agency": Scene(
        "main",
        _main(*SIXTY[38:41], away=SIXTY[15:38:2]),
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
    "main-factory-pin": Scene(
        "main",
        _main(token(*pair(days=200), driver=ModuleKind.SKF, is_factory_pin=True)),
        is_ready=_has_details,
    ),
}
