"""All pairs that are known, plugged in or not, and which of them have been replaced elsewhere. Pure."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from agent.certificates.days import EXPIRING_DAYS
from agent.certificates.model import Certificate, CertificateUse
from agent.certificates.names import comparable
from agent.certificates.pairs import group
from agent.remembered.matching import matched
from agent.remembered.model import KnownPair, RememberedToken
from agent.tokens.snapshot import Token

MOST_OF_A_SUBJECT = 50
"""Pairs of one subject that are compared with one another; of more nobody could tell what replaced what."""

RENEWABLE = dt.timedelta(days=EXPIRING_DAYS)
"""How long before the end of a certificate another one for the same subject may be its renewal.

What was issued earlier is the second pair of an organisation that has two.
"""


def absent(
    remembered: Sequence[RememberedToken], plugged_in: Sequence[Token]
) -> tuple[RememberedToken, ...]:
    """Return the tokens that are not plugged in, and of one that is, what could not be read of it.

    A certificate that is seen on a token that is plugged in is in no drawer.
    """
    shown = {held.certificate.thumbprint for token in plugged_in for held in token.certificates}
    read = {
        place
        for number, place in matched(remembered, plugged_in).items()
        if not plugged_in[number].problems
    }
    left = [_without(t, shown) for place, t in enumerate(remembered) if place not in read]
    return tuple(token for token in left if token.certificates)


def known_pairs(
    remembered: Sequence[RememberedToken], plugged_in: Sequence[Token], now: dt.datetime
) -> tuple[KnownPair, ...]:
    """Return every pair once: those that are plugged in, then those that are not."""
    renewed = {old: new for token in remembered for old, new in token.renewed.items()}
    pairs = {
        pair.lead.certificate.thumbprint: KnownPair(
            pair=pair,
            token=token.reference,
            replaced_by=_beside(token, renewed.get(pair.lead.certificate.thumbprint)),
        )
        for token in plugged_in
        for pair in group(token.certificates, now).pairs
    }
    apart: set[str] = set()
    for token in absent(remembered, plugged_in):
        apart.update(token.kept_apart)
        for pair in group(token.certificates, now).pairs:
            lead = pair.lead.certificate.thumbprint
            known = KnownPair(
                pair=pair,
                token=token.reference,
                seen=token.seen,
                replaced_by=token.renewed.get(lead),
            )
            pairs.setdefault(lead, known)
    return tuple(_with_replacements(pairs.values(), apart))


def _beside(token: Token, new: str | None) -> str | None:
    """Return what a renewal put in the place of a pair, where it is on the same token and can be used.

    By themselves an RSA pair and an SM2 pair of one subject are two, of which neither takes over.
    """
    on_it = (held for held in token.certificates if held.has_private_key is not False)
    return new if any(held.certificate.thumbprint == new for held in on_it) else None


def _without(token: RememberedToken, shown: set[str]) -> RememberedToken:
    left = tuple(held for held in token.certificates if held.certificate.thumbprint not in shown)
    if len(left) == len(token.certificates):
        return token
    return msgspec.structs.replace(token, certificates=left)


def _with_replacements(pairs: Iterable[KnownPair], apart: set[str]) -> Iterable[KnownPair]:
    """Yield the pairs, those that are not plugged in with what took over from them elsewhere."""
    by_subject: dict[str, list[KnownPair]] = defaultdict(list)
    pairs = list(pairs)
    for known in pairs:
        by_subject[_subject(known)].append(known)
    for known in pairs:
        same = by_subject[_subject(known)]
        is_open = not known.is_present and not known.is_renewed and known.thumbprint not in apart
        is_told = is_open and 1 < len(same) <= MOST_OF_A_SUBJECT
        yield _with_replacement(known, same) if is_told else known


def next_change(pairs: Iterable[KnownPair], now: dt.datetime) -> dt.datetime:
    """Return until when ``pairs`` are as they are now: until one of their certificates begins or ends."""
    certificates = (held.certificate for known in pairs for held in known.pair.all)
    moments = (moment for c in certificates for moment in (c.not_before, c.not_after))
    latest = dt.datetime.max.replace(tzinfo=dt.UTC)
    return min((moment for moment in moments if moment > now), default=latest)


def _subject(known: KnownPair) -> str:
    """Return by what pairs are of one subject; one without a name replaces nothing."""
    return comparable(known.pair.lead.certificate.subject) or known.thumbprint


def _with_replacement(known: KnownPair, same: Sequence[KnownPair]) -> KnownPair:
    """Return a pair with its replacement on another token, for certain where the subject has no third.

    Where a subject has several pairs side by side, one new certificate replaces one of them, and
    nothing says which.
    """
    old = known.pair.lead.certificate
    others = [(other, _newest(other, old.use)) for other in same if other is not known]
    siblings = [
        other
        for other, its in others
        if its is None or not (_may_renew(its, old) or _may_renew(old, its))
    ]
    taken = {other.replaced_by for other in siblings}
    new = [
        its
        for _, its in others
        if its is not None and _may_renew(its, old) and its.thumbprint not in taken
    ]
    if not new:
        return known
    newest = max(new, key=lambda its: its.not_after).thumbprint
    if siblings:
        return replace(known, maybe_replaced_by=newest)
    return replace(known, replaced_by=newest)


def _newest(known: KnownPair, use: CertificateUse) -> Certificate | None:
    """Return the certificate of a use that a pair is left with, be it valid yet or not."""
    held = (*known.pair.successors, *known.pair.in_use)
    usable = (one for one in held if one.has_private_key is not False)
    return next((one.certificate for one in usable if one.certificate.use is use), None)


def _may_renew(new: Certificate, old: Certificate) -> bool:
    """Return whether ``new`` is what an authority issues in place of ``old``, when it issues that."""
    is_later = new.not_before > old.not_before and new.not_after > old.not_after
    return is_later and new.not_before >= old.not_after - RENEWABLE
