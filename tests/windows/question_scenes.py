"""Scenes of the two windows that a site's question opens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from actors import in_words, pair, prompt, token
from scene import Answers, Scene

from agent.api.views.sites import consent_view
from agent.api.views.token_use import CandidateView, TokenUseView
from agent.ground.language import Language
from agent.portal_signing.model import ShownItem
from agent.signing.errors import CertificateExpiredError
from agent.sites.model import Action, ConsentQuestion
from agent.tokens.model import PinState


def _consent(
    origin: str = "https://etax.example.gov.cn",
) -> Callable[[Language], Answers]:
    def answered(language: Language) -> Answers:
        now = dt.datetime.now(dt.UTC)
        view = consent_view(
            ConsentQuestion(id="c0ffee", origin=origin, action=Action.CERTIFICATES, asked=now,
                            expires=now + dt.timedelta(seconds=118)),
            language,
        )  # fmt: skip
        return {"consent__get": view, "consent__answer": {}}

    return answered


def token_use(
    action: Action = Action.LOGIN,
    *,
    origin: str = "https://etax.example.gov.cn",
    days: int = 300,
    organisations: Sequence[str] = ("深圳市样例有限公司",),
    shown: tuple[ShownItem, ...] = (),
    **of_prompt: Any,
) -> Callable[[Language], Answers]:
    """A page wants a token; negative ``days``: its certificate has expired."""

    def answered(language: Language) -> Answers:
        now = dt.datetime.now(dt.UTC)
        refusal = CertificateExpiredError().report() if days < 0 else None
        held = (
            in_words(token(*pair(organisation=name, days=days)), language).certificates[0]
            for name in organisations
        )
        candidates = tuple(
            CandidateView(
                thumbprint=one.thumbprint[:-1] + str(number), organisation=one.organisation,
                authority="广东省电子商务认证有限公司", not_after=one.not_after, text=one.text,
                token_label="ODC-USBKEY", problem=refusal,
            )
            for number, one in enumerate(held)
        )  # fmt: skip
        view = consent_view(
            ConsentQuestion(id="c0ffee", origin=origin, action=action, asked=now,
                            expires=now + dt.timedelta(seconds=118)),
            language,
            TokenUseView(candidates=candidates, problem=refusal, shown=shown, is_allowed=False,
                         may_be_allowed=action is Action.LOGIN),
        )  # fmt: skip
        answers = {"consent__get": view, "consent__answer": {}, "sites__decide": {}}
        return {**answers, "consent__pin": prompt(**of_prompt)}

    return answered


def _waits_for_pin(window: Any) -> bool:
    return _listens(window) and window.panel.field.isVisible()


CONTRACT = (
    ShownItem(kind="document", name="采购合同.pdf", size=184_213, sha256="9f86d081884c7d65" * 4),
    ShownItem(kind="text", text="同意以上合同的全部条款。\n金额: \u202e000,1 元"),
)
SEALED = (
    ShownItem(kind="document", name="中标通知书.pdf", size=96_512, sha256="60303ae22b998861" * 4),
)


def _listens(window: Any) -> bool:
    return not window.deafness.lasts


LONG_ORIGIN = f"https://www.sz.gov.cn.{'secure-login.' * 14}{'m' * 50}.gov.cn:8443"
SCENES = {
    "consent-long": Scene(
        "consent", _consent(LONG_ORIGIN), is_ready=_listens, subject="c0ffee", size=(640, 330)
    ),
    "consent": Scene(
        "consent",
        _consent(),
        is_ready=_listens,
        subject="c0ffee",
        in_all_looks=True,
    ),
    "token-use": Scene(
        "token_use", token_use(), is_ready=_waits_for_pin, subject="c0ffee", in_all_looks=True
    ),
    "token-use-several": Scene(
        "token_use",
        token_use(
            organisations=("深圳市样例有限公司", "广州市样例贸易有限公司"),
            pin_state=PinState.FINAL_TRY,
        ),
        is_ready=_waits_for_pin,
        subject="c0ffee",
    ),
    "token-use-expired": Scene(
        "token_use",
        token_use(days=-961),
        is_ready=lambda w: _listens(w) and w.agree.isVisible(),
        subject="c0ffee",
    ),
    "token-use-sign": Scene(
        "token_use",
        token_use(Action.SIGN, shown=CONTRACT),
        is_ready=_waits_for_pin,
        subject="c0ffee",
        size=(640, 720),
    ),
    "token-use-decrypt": Scene(
        "token_use",
        token_use(Action.DECRYPT, shown=SEALED),
        is_ready=_waits_for_pin,
        subject="c0ffee",
    ),
    "token-use-hash": Scene(
        "token_use",
        token_use(Action.SIGN, shown=(ShownItem(kind="hash", hash=f"SHA-256 {'5e' * 32}"),)),
        is_ready=_waits_for_pin,
        subject="c0ffee",
        size=(640, 640),
    ),
    "token-use-small": Scene(
        "token_use",
        token_use(origin=LONG_ORIGIN),
        is_ready=_waits_for_pin,
        subject="c0ffee",
        size=(640, 330),
    ),
}
