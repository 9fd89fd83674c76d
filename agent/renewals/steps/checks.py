"""What must be true of a new certificate before it is written onto a token. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.extensions import (
    BASIC_CONSTRAINTS,
    KEY_USAGE,
    UsageBit,
    read_basic_constraints,
    read_key_usage,
)
from agent.certificates.names import same_name, subject_of
from agent.certificates.parsing import parse_certificate
from agent.certificates.strict import is_renewable
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.keys.certified import is_issued_by, key_of
from agent.keys.public_key import UnreadableKeyError
from agent.keys.rsa_enveloped_key import RsaEnvelopedKey
from agent.keys.schemes import Family
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey

DAMAGED = mark("it is damaged")
Value = TypeVar("Value")
_ENCRYPTING = frozenset(
    {UsageBit.KEY_ENCIPHERMENT, UsageBit.DATA_ENCIPHERMENT, UsageBit.KEY_AGREEMENT}
)
CLOCKS_DIFFER = dt.timedelta(days=1)
"""How much later than now a certificate may begin whose predecessor has ended: clocks differ, and some
begin at midnight."""


class CertificateRefusedError(OdcError):
    """The authority issued something that must not be installed."""

    code = "certificate_refused"
    sentence = mark("The new certificate was not installed: {reason}")
    advice = mark("Ask the authority's service desk; the token is unchanged.")


def check_issued(
    new: x509.Certificate,
    *,
    request: x509.CertificateSigningRequest,
    old: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    now: dt.datetime,
) -> None:
    """Raise CertificateRefusedError unless ``new`` answers ``request`` and continues ``old``."""
    if not _are_for_one_key(new, request):
        raise CertificateRefusedError(reason=mark("it is for another key"))
    _check_continues(new, old, issuers, now)
    usage = _usage(new)
    if usage is not None and UsageBit.DIGITAL_SIGNATURE not in usage:
        raise CertificateRefusedError(reason=mark("its key usage does not allow signing"))


def check_issued_encryption(
    new: x509.Certificate,
    *,
    old: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    now: dt.datetime,
) -> None:
    """Raise CertificateRefusedError unless ``new`` is an encryption certificate that continues ``old``.

    That its private key is in the envelope is checked where the envelope is opened.
    """
    _check_continues(new, old, issuers, now)
    if not _may_encrypt(new):
        raise CertificateRefusedError(reason=mark("its key usage does not allow encryption"))


def check_enveloped_key(new: x509.Certificate, envelope: Sm2EnvelopedKey | RsaEnvelopedKey) -> None:
    """Raise CertificateRefusedError unless an envelope says that it holds the key of ``new``.

    Only its public half is in clear; that the private one belongs to it shows on the token.
    """
    if envelope.public != key_of(new):
        raise CertificateRefusedError(reason=mark("the key that came with it is another one's"))


def may_receive_keys(certificate: x509.Certificate) -> bool:
    """Return whether keys may be enveloped to the certificate: RSA, and key usage allows it."""
    try:
        return _family(certificate) is Family.RSA and _may_encrypt(certificate)
    except CertificateRefusedError:  # it is the one that is replaced
        return False


def _may_encrypt(certificate: x509.Certificate) -> bool:
    """Return whether the key is of a kind that is encrypted to, and may be.

    Authorities of China say of an SM2 key also just one of the other uses that are encryption (GM/T 0015).
    """
    usage = _usage(certificate)
    if usage is None:
        return False
    match _family(certificate):
        case Family.RSA:
            return UsageBit.KEY_ENCIPHERMENT in usage
        case Family.SM2:
            return not usage.isdisjoint(_ENCRYPTING)
        case _:
            return False


def _family(certificate: x509.Certificate) -> Family | None:
    try:
        return key_of(certificate).family
    except UnreadableKeyError:
        return None


def _check_continues(
    new: x509.Certificate,
    old: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    now: dt.datetime,
) -> None:
    if not is_renewable(new.public_bytes(Encoding.DER)):
        raise CertificateRefusedError(reason=DAMAGED)
    if not any(is_issued_by(new, issuer) for issuer in issuers):
        raise CertificateRefusedError(reason=mark("it was not issued by the pinned authority"))
    if not same_name(*(subject_of(one.public_bytes(Encoding.DER)) for one in (new, old))):
        raise CertificateRefusedError(reason=mark("it is for another organisation"))
    if new.not_valid_after_utc <= max(now, old.not_valid_after_utc):
        raise CertificateRefusedError(reason=mark("it ends no later than the old one"))
    if new.not_valid_before_utc > max(now + CLOCKS_DIFFER, old.not_valid_after_utc):
        raise CertificateRefusedError(reason=mark("it begins after the old one has ended"))
    if _is_authority(new):
        raise CertificateRefusedError(reason=mark("it is a certification authority's"))


def proves_key(certificate: x509.Certificate, data: bytes, signature: bytes) -> bool:
    """Return whether ``signature`` over ``data``, made as usual, is by the certificate's private key."""
    try:
        return key_of(certificate).verify(data, signature)
    except UnreadableKeyError:
        return False


def _usage(certificate: x509.Certificate) -> frozenset[int] | None:
    """Return the bits of the key usage; None where every use is allowed (RFC 5280, 4.2.1.3)."""
    return _extension(certificate, KEY_USAGE, read_key_usage)


def _is_authority(certificate: x509.Certificate) -> bool:
    found = _extension(certificate, BASIC_CONSTRAINTS, read_basic_constraints)
    return found is not None and found.is_ca


def _extension(
    certificate: x509.Certificate, oid: str, read: Callable[[bytes], Value]
) -> Value | None:
    """Return what an extension says, None where there is none; CertificateRefusedError: it is damaged.

    The strict reader knows some names not at all (RFC 5280, 4.2.1.6), and then reads no extension.
    """
    der = certificate.public_bytes(Encoding.DER)
    try:
        value = dict(parse_certificate(der).extensions).get(oid)
        return None if value is None else read(value)
    except ValueError as error:
        raise CertificateRefusedError(reason=DAMAGED) from error


def _are_for_one_key(new: x509.Certificate, request: x509.CertificateSigningRequest) -> bool:
    try:
        return key_of(new) == key_of(request)
    except UnreadableKeyError:
        return False
