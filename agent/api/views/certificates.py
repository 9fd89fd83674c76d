"""What clients see of certificates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from agent.api.known import Known
from agent.certificates.chain import Chain, ChainState
from agent.certificates.days import CertificateStatus, days_left, status_of
from agent.certificates.model import CertificateUse, Oddity
from agent.certificates.organisation import identity_of
from agent.certificates.pairs import Pair, group
from agent.certificates.wording import chain_text, damage_text, days_text
from agent.ground.language import Language
from agent.tokens.snapshot import HeldCertificate

MAX_TEXT = 400
"""Characters of a name or number in lists. Real names have a hundred; a certificate may be 64 KB of one, and
then no answer would come through, nor tell anything of the tokens beside it."""


class ChainView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a certificate leads to a trusted authority."""

    state: ChainState
    text: str
    """The same in the user's language, with the name it is about."""
    path: tuple[str, ...]
    """Subjects, from the certificate's own upwards."""


class CertificateView(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate on a token."""

    thumbprint: str
    use: CertificateUse
    subject: str
    organisation: str
    uscc: str | None
    issuer: str
    serial: str
    not_before: dt.datetime
    not_after: dt.datetime
    days_left: int
    status: CertificateStatus
    text: str
    """How long it still is, or is no longer, valid, in the user's language."""
    algorithm: str
    has_private_key: bool | None
    """None where it cannot be known without a PIN."""
    container: str
    """What on the token holds it and its keys, in SKF; empty in PKCS#11."""
    is_current: bool
    """It is in use: not renewed yet, and neither a CA certificate nor of another kind."""
    pair: int | None = None
    """Which of the token's pairs it belongs to, from 1; None for CA certificates and others."""
    renewed_by: str | None = None
    """Thumbprint of what takes over from it: on the token already but not valid yet, or, where the token is
    not plugged in, on another one."""
    maybe_renewed_by: str | None = None
    """Thumbprint of what may have taken over from it on another token: a person is asked."""
    is_silenced: bool = False
    """A person does not want to be reminded of it any more."""
    entity_id: str | None = None
    """Number under which an administration or authority knows the organisation."""
    oddities: tuple[Oddity, ...] = ()
    """What is wrong in its bytes."""
    damage_text: str = ""
    """The same in the user's language."""
    chain: ChainView | None = None
    """None where it was not looked at, as in events."""


class DetailView(msgspec.Struct, frozen=True, kw_only=True):
    """One line of all a certificate says."""

    name: str
    """In the client's language, or an extension's dotted OID."""
    value: str


class CertificateDetails(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``certificates.get``."""

    thumbprint: str
    subject: dict[str, str]
    """By type as in RFC 4514: C, ST, L, O, CN …"""
    issuer: dict[str, str]
    details: tuple[DetailView, ...]
    der: str
    """The certificate in DER, in base64."""
    pem: str


class Place(msgspec.Struct, frozen=True):
    """Where a certificate stands among its token's."""

    pair: int | None = None
    is_current: bool = False
    renewed_by: str | None = None


def places(
    certificates: Iterable[HeldCertificate], now: dt.datetime
) -> list[tuple[HeldCertificate, Place]]:
    """Return a token's certificates as the guide shows them: pair by pair, signing first, then history.

    CA certificates and others come last.
    """
    grouping = group(certificates, now)
    paired = [
        (held, _place(number, pair, held))
        for number, pair in enumerate(grouping.pairs, 1)
        for held in pair.all
    ]
    return paired + [(held, Place()) for held in grouping.others + grouping.authorities]


def _place(number: int, pair: Pair[HeldCertificate], held: HeldCertificate) -> Place:
    if not any(held is current for current in pair.in_use):
        return Place(number)
    use = held.certificate.use
    successor = next((s for s in pair.successors if s.certificate.use is use), None)
    return Place(number, True, successor.certificate.thumbprint if successor else None)


def certificate_view(
    held: HeldCertificate, now: dt.datetime, language: Language, known: Known, place: Place
) -> CertificateView:
    """Return a certificate as clients see it."""
    certificate = held.certificate
    identity = identity_of(certificate, known.identity_oids)
    return CertificateView(
        thumbprint=certificate.thumbprint,
        use=certificate.use,
        subject=_short(certificate.subject),
        organisation=certificate.organisation,
        uscc=identity.uscc and _short(identity.uscc),
        entity_id=identity.entity_id and _short(identity.entity_id),
        issuer=_short(certificate.issuer),
        serial=_short(certificate.serial),
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        days_left=days_left(certificate.not_after, now),
        status=status_of(certificate, now),
        text=days_text(certificate, now, language),
        algorithm=_short(certificate.algorithm),
        has_private_key=held.has_private_key,
        container=_short(held.container),
        is_current=place.is_current,
        pair=place.pair,
        renewed_by=place.renewed_by,
        oddities=tuple(oddity for oddity in Oddity if oddity in certificate.oddities),
        damage_text=damage_text(certificate, language),
    )


def chain_view(chain: Chain, language: Language) -> ChainView:
    """Return how far a certificate is trusted, as clients see it."""
    return ChainView(
        state=chain.state,
        text=_short(chain_text(chain, language)),
        path=tuple(_short(certificate.subject) for certificate in chain.path),
    )


def _short(text: str) -> str:
    """Return a stranger's text so short that an answer has room for all that a token may hold."""
    return text if len(text) <= MAX_TEXT else f"{text[: MAX_TEXT - 1]}…"
