"""What clients see of tokens that are not plugged in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator

import msgspec

from agent.api.known import Known
from agent.api.views.certificates import CertificateView, certificate_view, places
from agent.certificates.china_time import china_date
from agent.ground.language import Language, mark, translate
from agent.remembered.model import KnownPair, RememberedToken


class RememberedTokenView(msgspec.Struct, frozen=True, kw_only=True):
    """One token that was seen and is not plugged in."""

    label: str
    """Under which it was last seen."""
    serial: str
    model: str
    manufacturer: str
    module: str
    last_seen: dt.datetime
    text: str
    """That it is not plugged in, and when it was, in the user's language."""
    certificates: tuple[CertificateView, ...]
    present: bool = False


class Drawer(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the tokens that are not plugged in."""

    tokens: tuple[RememberedToken, ...]
    pairs: tuple[KnownPair, ...]
    """Of these and other tokens."""
    is_silenced: Callable[[str], bool]
    """Whether a person does not want to be reminded of a thumbprint any more."""


def remembered_views(
    drawer: Drawer, now: dt.datetime, language: Language, known: Known
) -> tuple[RememberedTokenView, ...]:
    """Return the tokens as clients see them; chains are not looked at, which takes time."""
    pairs = {pair.thumbprint: pair for pair in drawer.pairs if not pair.is_present}
    return tuple(
        RememberedTokenView(
            label=token.reference.label,
            serial=token.reference.serial,
            model=token.model,
            manufacturer=token.manufacturer,
            module=token.reference.module,
            last_seen=token.seen,
            text=seen_text(token.seen, language),
            certificates=tuple(
                _with_end(view, pairs.get(view.thumbprint), drawer)
                for view in _views(token, now, language, known)
            ),
        )
        for token in drawer.tokens
    )


def seen_text(seen: dt.datetime, language: Language) -> str:
    """Return when a token that is not plugged in was last seen."""
    sentence = mark("not plugged in, last seen on {day}")
    return translate(sentence, language, day=china_date(seen))


def _views(
    token: RememberedToken, now: dt.datetime, language: Language, known: Known
) -> Iterator[CertificateView]:
    for held, place in places(token.certificates, now):
        yield certificate_view(held, now, language, known, place)


def _with_end(view: CertificateView, pair: KnownPair | None, drawer: Drawer) -> CertificateView:
    """Return the leading certificate of a pair with what is known of the pair's end."""
    if pair is None:
        return view
    return msgspec.structs.replace(
        view,
        renewed_by=view.renewed_by or pair.replaced_by,
        maybe_renewed_by=pair.maybe_replaced_by,
        is_silenced=drawer.is_silenced(view.thumbprint),
    )


def silenced_views(
    pairs: Iterable[KnownPair], now: dt.datetime, language: Language, known: Known
) -> tuple[CertificateView, ...]:
    """Return the certificates that are not to be reminded of any more."""
    return tuple(
        msgspec.structs.replace(
            certificate_view(held, now, language, known, place), is_silenced=True
        )
        for pair in pairs
        for held, place in places(pair.pair.all, now)
        if held is pair.pair.lead
    )
