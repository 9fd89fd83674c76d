"""What clients see of what is plugged in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import msgspec

from agent.api.known import Known
from agent.api.views.certificates import CertificateView, certificate_view, chain_view, places
from agent.api.views.large import Large
from agent.api.views.problems import ProblemView, problem_view
from agent.api.views.remembered import Drawer, RememberedTokenView, remembered_views
from agent.ground.language import Language
from agent.tokens.model import ModuleKind, PinState
from agent.tokens.snapshot import Snapshot, Token


class TokenView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One token that is plugged in."""

    label: str
    serial: str
    application: str = ""
    """What on the token the PIN belongs to; left out where it belongs to the token."""
    model: str
    manufacturer: str
    module: str
    driver: ModuleKind
    """How its module is spoken to."""
    slot: int
    pin_state: PinState
    tries_left: int | None
    """None where the token tells no number."""
    tries_most: int | None
    is_factory_pin: bool
    """The token says that its PIN is the one it was made with."""
    free_bytes: int | None
    """Room that is left; None where the token does not tell."""
    certificates: tuple[CertificateView, ...]
    present: bool
    """Always, here; a token that is not is a RememberedTokenView."""


class TokenList(Large, frozen=True, kw_only=True):
    """The answer to ``tokens.list``."""

    tokens: tuple[TokenView, ...]
    remembered: tuple[RememberedTokenView, ...] = ()
    """Those that are not plugged in."""
    problems: tuple[ProblemView, ...]


def token_list(
    snapshot: Snapshot, drawer: Drawer, now: dt.datetime, language: Language, known: Known
) -> TokenList:
    """Return everything that is plugged in, and what is not."""
    ends = {pair.thumbprint: pair.replaced_by for pair in drawer.pairs if pair.is_present}
    views = (token_view(token, now, language, known) for token in snapshot.tokens)
    return TokenList(
        tokens=tuple(_with_ends(view, ends) for view in views),
        remembered=remembered_views(drawer, now, language, known),
        problems=tuple(problem_view(problem) for problem in snapshot.problems),
    )


def _with_ends(view: TokenView, ends: Mapping[str, str | None]) -> TokenView:
    """Return a token with what a renewal has put beside a pair of another family of keys."""
    if not any(ends.get(each.thumbprint) for each in view.certificates):
        return view
    certificates = (
        msgspec.structs.replace(each, renewed_by=each.renewed_by or ends.get(each.thumbprint))
        for each in view.certificates
    )
    return msgspec.structs.replace(view, certificates=tuple(certificates))


def token_view(token: Token, now: dt.datetime, language: Language, known: Known) -> TokenView:
    """Return a token as clients see it; where ``known`` has a trust store, with chains."""
    facts = token.facts
    listed = places(token.certificates, now)
    views = [certificate_view(held, now, language, known, place) for held, place in listed]
    if known.trust is not None:
        chains = known.trust.chains([held.certificate for held, _ in listed], now)
        views = [
            msgspec.structs.replace(view, chain=chain_view(chain, language))
            for view, chain in zip(views, chains, strict=True)
        ]
    return TokenView(
        label=facts.label,
        serial=facts.serial,
        application=facts.application,
        model=facts.model,
        manufacturer=facts.manufacturer,
        module=token.reference.module,
        driver=token.driver,
        slot=facts.slot,
        pin_state=facts.pin_state,
        tries_left=facts.tries_left,
        tries_most=facts.tries_most,
        is_factory_pin=facts.is_factory_pin,
        free_bytes=facts.free_bytes,
        present=True,
        certificates=tuple(views),
    )
