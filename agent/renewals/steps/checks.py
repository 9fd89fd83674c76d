"""What must be true of a new certificate before it is written onto a token. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.names import same_name, subject_of
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.keys.certified import is_issued_by, key_of
from agent.keys.public_key import UnreadableKeyError
from agent.keys.rsa_enveloped_key import RsaEnvelopedKey
from agent.keys.schemes import Family
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey

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
    if usage is not None and not usage.digital_signature:
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
    return _family(certificate) is Family.RSA and _may_encrypt(certificate)


def _may_encrypt(certificate: x509.Certificate) -> bool:
    """Return whether the key is of a kind that is encrypted to, and may be.

    Authorities of China say of an SM2 key also just one of the other uses that are encryption (GM/T 0015).
    """
    usage = _usage(certificate)
    if usage is None:
        return False
    match _family(certificate):
        case Family.RSA:
            return usage.key_encipherment
        case Family.SM2:
            return usage.key_encipherment or usage.data_encipherment or usage.key_agreement
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


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    """Return the key usage; None where every use is allowed (RFC 5280, 4.2.1.3)."""
    try:
        return _extensions(certificate).get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return _extensions(certificate).get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _extensions(certificate: x509.Certificate) -> x509.Extensions:
    try:
        return certificate.extensions
    except (ValueError, x509.DuplicateExtension) as error:
        raise CertificateRefusedError(reason=mark("it is damaged")) from error


def _are_for_one_key(new: x509.Certificate, request: x509.CertificateSigningRequest) -> bool:
    try:
        return key_of(new) == key_of(request)
    except UnreadableKeyError:
        return False
