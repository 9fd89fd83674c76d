"""Which certificates of a token belong together, and which of them are in use. Pure.

An authority issues an organisation a pair: a signing and an encryption certificate. What was renewed
stays on the token, so a pair has a history. Everything that asks "which one is it?" asks here: lists,
the tray, reminders, renewals.

Certificates are of one pair when they are for the same subject, of the same authority and of the same
family of keys: an organisation may well hold an RSA pair beside an SM2 pair, or pairs of two
authorities. But where such a pair has run out, and a newer one for the same subject is there, whoever
issued it, it has been replaced and is history.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

import msgspec

from agent.certificates.days import is_expired
from agent.certificates.model import Certificate, CertificateUse
from agent.certificates.names import comparable


class Held(Protocol):
    """A certificate as it lies on a token."""

    @property
    def certificate(self) -> Certificate:
        """The certificate."""

    @property
    def key(self) -> bytes:
        """What its key pair is called on the token."""

    @property
    def has_private_key(self) -> bool | None:
        """None where it cannot be known without a PIN."""


H = TypeVar("H", bound=Held)


class Pair(msgspec.Struct, Generic[H], frozen=True, kw_only=True):
    """The certificates of one subject; one thing for people."""

    signing: H | None
    encryption: H | None
    successors: tuple[H, ...] = ()
    """What takes over from one in use, but is not valid yet."""
    history: tuple[H, ...] = ()
    """What was renewed or lies there twice, the newest first."""

    @property
    def lead(self) -> H:
        """The certificate that speaks for the pair: a renewal is for both."""
        found = self.signing or self.encryption
        assert found is not None
        return found

    @property
    def successor(self) -> H | None:
        """The one that takes over from the lead: the pair has been renewed already."""
        use = self.lead.certificate.use
        return next((h for h in self.successors if h.certificate.use is use), None)

    @property
    def in_use(self) -> tuple[H, ...]:
        """The signing and the encryption certificate, as far as they are there."""
        return tuple(held for held in (self.signing, self.encryption) if held is not None)

    @property
    def all(self) -> tuple[H, ...]:
        """Everything of the pair, what is in use first."""
        return self.in_use + self.successors + self.history


class Grouping(msgspec.Struct, Generic[H], frozen=True, kw_only=True):
    """A token's certificates in order."""

    pairs: tuple[Pair[H], ...]
    authorities: tuple[H, ...]
    """CA certificates."""
    others: tuple[H, ...]
    """Certificates that are for neither signing nor encryption."""


def group(held: Iterable[H], now: dt.datetime) -> Grouping[H]:
    """Return the certificates of one token as pairs, ordered by subject."""
    lines: dict[tuple[str, ...], list[H]] = defaultdict(list)
    authorities: list[H] = []
    others: list[H] = []
    for one in sorted(held, key=_place):
        if one.certificate.is_ca:
            authorities.append(one)
        elif one.certificate.use is CertificateUse.OTHER:
            others.append(one)
        else:
            lines[_line(one.certificate)].append(one)
    return Grouping(
        pairs=tuple(_without_replaced(lines, now)),
        authorities=tuple(authorities),
        others=tuple(others),
    )


def _place(held: Held) -> tuple[str, str, bytes]:
    """Order what a token lists in any order, so that an answer depends on the content alone."""
    return held.certificate.subject, held.certificate.thumbprint, held.key


def _line(certificate: Certificate) -> tuple[str, ...]:
    """Return what certificates that succeed one another have in common.

    A certificate without a subject replaces nothing and is replaced by nothing.
    """
    subject = comparable(certificate.subject) or certificate.thumbprint
    family = "SM2" if certificate.algorithm == "SM2" else ""
    return subject, comparable(certificate.authority or certificate.issuer), family


def _without_replaced(lines: dict[tuple[str, ...], list[H]], now: dt.datetime) -> Iterator[Pair[H]]:
    """Yield a pair for each line; one that has run out is part of the newest of the same subject."""
    by_subject: dict[str, list[list[H]]] = defaultdict(list)
    for (subject, *_), line in lines.items():
        by_subject[subject].append(line)
    for same in by_subject.values():
        # A token may have thousands, and most subjects have one: each line is judged once.
        pairs = [(_pair(line, now), line) for line in same]
        *older, (newest, line) = sorted(pairs, key=lambda one: _newness(one[0].lead))
        successor, replaced = newest.lead.certificate, list[H]()
        for pair, its in older:
            lead = pair.lead.certificate
            if lead.not_after < min(now, successor.not_after) and lead.use is successor.use:
                replaced += its
            else:
                yield pair
        yield _pair(line + replaced, now) if replaced else newest


def _newness(held: Held) -> tuple[dt.datetime, dt.datetime, str]:
    certificate = held.certificate
    return certificate.not_before, certificate.not_after, certificate.thumbprint


class _Line(msgspec.Struct, Generic[H]):
    """Certificates of one pair and one use."""

    current: H | None = None
    successor: H | None = None
    history: list[H] = msgspec.field(default_factory=list)


def _pair(line: Sequence[H], now: dt.datetime) -> Pair[H]:
    signing = _sorted_out([h for h in line if h.certificate.use is CertificateUse.SIGNING], now)
    encryption = _sorted_out(
        [h for h in line if h.certificate.use is CertificateUse.ENCRYPTION], now
    )
    return Pair(
        signing=signing.current,
        encryption=encryption.current,
        successors=tuple(h for h in (signing.successor, encryption.successor) if h is not None),
        history=tuple(sorted(signing.history + encryption.history, key=_newness, reverse=True)),
    )


def _sorted_out(line: Sequence[H], now: dt.datetime) -> _Line[H]:
    """Return which of the certificates of one use is in use: the valid one that ends last.

    One that is not valid yet waits while another is valid. Where all have run out, the one that ended
    last is the one to renew.
    """
    best_first = sorted(line, key=lambda held: _rank(held, now), reverse=True)
    if not best_first:
        return _Line()
    current, *rest = best_first
    successor = next((held for held in rest if _takes_over(held, current, now)), None)
    return _Line(current, successor, [held for held in rest if held is not successor])


def _takes_over(held: Held, current: Held, now: dt.datetime) -> bool:
    """Return whether ``held`` waits for its first day while ``current`` is still in use."""
    later, earlier = held.certificate, current.certificate
    waits = earlier.not_before <= now < later.not_before
    return waits and later.not_after > earlier.not_after and _is_usable(held)


def _rank(
    held: Held, now: dt.datetime
) -> tuple[bool, bool, bool, dt.datetime, dt.datetime, bytes, str]:
    """Order certificates of one use, the best last; the last parts only make it definite."""
    certificate = held.certificate
    return (
        _is_usable(held),
        not is_expired(certificate.not_after, now),
        certificate.not_before <= now,
        certificate.not_after,
        certificate.not_before,
        held.key,
        certificate.thumbprint,
    )


def _is_usable(held: Held) -> bool:
    """Return whether it may have its private key; without one a certificate replaces nothing."""
    return held.has_private_key is not False
