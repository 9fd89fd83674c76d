"""Whether a message is by whom it must be: by the shared secret, or signed for the authority. Pure.

Both may answer a request that a secret protects: servers sign where they are set up so.
"""

from __future__ import annotations

import datetime as dt
import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from cryptography import x509
from msgspec.structs import replace

from agent.keys.certified import extension_of, is_issued_by, key_of
from agent.keys.der import Tag, dotted, first_of, read_element
from agent.keys.public_key import UnreadableKeyError
from agent.keys.schemes import Scheme, UnknownSchemeError, scheme_named
from agent.renewals.authorities.cmp.messages import (
    BodyKind,
    Header,
    Message,
    protected_part,
    written,
)
from agent.renewals.authorities.cmp.password_mac import PasswordMac, read_password_mac
from agent.renewals.authorities.cmp.pbmac1 import Pbmac1, read_pbmac1

_AUTHORITY_PURPOSES = frozenset({"1.3.6.1.5.5.7.3.27", "1.3.6.1.5.5.7.3.28"})
"""Extended key usages id-kp-cmcCA and id-kp-cmcRA (RFC 6402, 2.10): without one of them whoever has any
certificate of the authority could speak for it (RFC 9483, 1.3)."""

MacKind = Literal["pbm", "pbmac1"]
"""How messages are protected: PasswordBasedMac, which every server takes, or PBMAC1 (RFC 9481, 6.1)."""


@dataclass(frozen=True, slots=True, repr=False)
class SharedSecret:
    """A reference value and its secret, as an authority hands them out (RFC 4210, 4.2.1.2)."""

    reference: bytes
    secret: bytes
    mac: MacKind = "pbm"
    """What is written; both are read."""

    def protected(self, header: Header, kind: BodyKind, body: bytes) -> bytes:
        """Return the whole message (DER), protected by a MAC."""
        mac = Pbmac1.new() if self.mac == "pbmac1" else PasswordMac.new()
        part = protected_part(replace(header, algorithm=mac.der, key_id=self.reference), kind, body)
        return written(part, mac.over(part, self.secret))

    def has_protected(self, message: Message) -> bool:
        """Return whether a message is protected by a MAC of this secret."""
        try:
            mac = _mac(message.header.algorithm)
        except ValueError:
            return False
        if mac is None or not message.protection:
            return False
        return hmac.compare_digest(mac.over(message.protected, self.secret), message.protection)


def mac_kind_of(message: Message) -> MacKind | None:
    """Return with which kind of MAC a message is protected; None where it is with something else."""
    try:
        mac = _mac(message.header.algorithm)
    except ValueError:
        return None
    return None if mac is None else "pbmac1" if isinstance(mac, Pbmac1) else "pbm"


def _mac(algorithm: bytes) -> PasswordMac | Pbmac1 | None:
    return read_password_mac(algorithm) or read_pbmac1(algorithm)


def is_signed_with(message: Message, certificate: x509.Certificate) -> bool:
    """Return whether the key of a certificate signed a message; whose that is, is for others to say."""
    try:
        return _has_signed(certificate, message, _scheme(message.header.algorithm))
    except ValueError:
        return False


def is_signed_for(
    message: Message, authorities: Sequence[x509.Certificate], now: dt.datetime
) -> bool:
    """Return whether one of ``authorities`` signed a message, or who may speak for it."""
    try:
        scheme = _scheme(message.header.algorithm)
    except ValueError:
        return False
    return any(_has_signed(one, message, scheme) for one in _signers(message, authorities, now))


def _scheme(algorithm: bytes) -> Scheme:
    oid = first_of(read_element(algorithm).need(Tag.SEQUENCE))
    return scheme_named(dotted(oid.need(Tag.OID)))


def _signers(
    message: Message, authorities: Sequence[x509.Certificate], now: dt.datetime
) -> Iterator[x509.Certificate]:
    yield from authorities
    for certificate in _readable(message.certificates):
        if _may_speak(certificate, now) and any(
            is_issued_by(certificate, one) for one in authorities
        ):
            yield certificate


def _readable(ders: Iterable[bytes]) -> Iterator[x509.Certificate]:
    for der in ders:
        try:
            yield x509.load_der_x509_certificate(der)
        except (ValueError, x509.InvalidVersion):
            continue


def _may_speak(certificate: x509.Certificate, now: dt.datetime) -> bool:
    purposes = extension_of(certificate, x509.ExtendedKeyUsage) or ()
    is_named = any(purpose.dotted_string in _AUTHORITY_PURPOSES for purpose in purposes)
    return is_named and certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _has_signed(certificate: x509.Certificate, message: Message, scheme: Scheme) -> bool:
    try:
        return key_of(certificate).verify(message.protected, message.protection, scheme)
    except (UnreadableKeyError, UnknownSchemeError):
        return False
