"""What a reading of the tokens changes in what is remembered of them. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from agent.certificates.china_time import china_date
from agent.certificates.model import CertificateUse
from agent.certificates.pairs import Pair, group
from agent.remembered.matching import matched
from agent.remembered.model import Forgotten, RememberedToken
from agent.tokens.snapshot import HeldCertificate, Token

MOST_OF_A_TOKEN = 100
"""Certificates remembered of one token; real ones hold a few."""


class Sighting(msgspec.Struct, frozen=True):
    """What is remembered after a reading."""

    tokens: tuple[RememberedToken, ...]
    forgotten: tuple[Forgotten, ...] = ()
    """What a person is to be told of: it was reminded of, and no longer is."""


def after_reading(
    remembered: Sequence[RememberedToken], plugged_in: Sequence[Token], now: dt.datetime
) -> Sighting:
    """Return what is remembered once ``plugged_in`` was read ``now``.

    A token that was read as a whole and without a problem is remembered as it is; of one that was not,
    what could not be read is kept. When it was seen is brought up to date once a day.
    """
    places = list(remembered)
    forgotten: list[Forgotten] = []
    places_of = matched(remembered, plugged_in)
    for number, token in enumerate(plugged_in):
        place = places_of.get(number)
        before = None if place is None else remembered[place]
        after = _seen(token, before, now)
        if before is None or place is None:
            places.append(after)
        else:
            forgotten += _gone(before, after, now)
            places[place] = after
    return Sighting(tuple(token for token in places if token.certificates), tuple(forgotten))


def put_away(
    remembered: tuple[RememberedToken, ...],
    shown: Sequence[Token],
    plugged_in: Sequence[Token],
    now: dt.datetime,
) -> tuple[RememberedToken, ...]:
    """Return what is remembered, with what was ``shown`` and is no longer plugged in as seen ``now``."""
    gone = {token.reference for token in shown} - {token.reference for token in plugged_in}
    return tuple(
        msgspec.structs.replace(token, seen=now) if token.reference in gone else token
        for token in remembered
    )


def _seen(token: Token, before: RememberedToken | None, now: dt.datetime) -> RememberedToken:
    certificates = _of_pairs(token)
    if before is not None and token.problems:
        certificates += tuple(
            held
            for held in before.certificates
            if all(held.certificate.thumbprint != c.certificate.thumbprint for c in certificates)
        )
    after = RememberedToken(
        reference=token.reference,
        model=token.facts.model,
        manufacturer=token.facts.manufacturer,
        seen=now,
        certificates=certificates[:MOST_OF_A_TOKEN],
    )
    if before is None:
        return after
    known = {held.certificate.thumbprint for held in after.certificates}
    after = msgspec.structs.replace(
        after,
        renewed={old: new for old, new in before.renewed.items() if old in known},
        kept_apart=tuple(one for one in before.kept_apart if one in known),
    )
    is_as_before = msgspec.structs.replace(after, seen=before.seen) == before
    return before if is_as_before and china_date(before.seen) == china_date(now) else after


def _of_pairs(token: Token) -> tuple[HeldCertificate, ...]:
    return tuple(
        held
        for held in token.certificates
        if not held.certificate.is_ca and held.certificate.use is not CertificateUse.OTHER
    )


def _gone(before: RememberedToken, after: RememberedToken, now: dt.datetime) -> list[Forgotten]:
    """Return the pairs of which nothing is left, and that nothing has taken over from."""
    left = {held.certificate.thumbprint for held in after.certificates}
    gone = [pair for pair in group(before.certificates, now).pairs if not _is_left(pair, left)]
    both = group(_once(before.certificates + after.certificates), now).pairs
    return [
        Forgotten(
            thumbprint=pair.lead.certificate.thumbprint,
            organisation=pair.lead.certificate.organisation,
            label=after.reference.label,
        )
        for pair in gone
        if pair.lead.certificate.thumbprint not in before.renewed
        and not any(pair.lead in other.all and _is_left(other, left) for other in both)
    ]


def _is_left(pair: Pair[HeldCertificate], left: set[str]) -> bool:
    return any(held.certificate.thumbprint in left for held in pair.all)


def _once(held: tuple[HeldCertificate, ...]) -> tuple[HeldCertificate, ...]:
    return tuple({one.certificate.thumbprint: one for one in held}.values())
