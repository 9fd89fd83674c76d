"""What must be true of a new certificate before it is written onto a token. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.ground.errors import OdcError
from agent.ground.language import mark


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
    if _public_bytes(new) != _public_bytes(request):
        raise CertificateRefusedError(reason=mark("it is for another key"))
    _check_continues(new, old, issuers, now)
    usage = _usage(new)
    if usage is None or not usage.digital_signature:
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
    if not may_receive_keys(new):
        raise CertificateRefusedError(reason=mark("its key usage does not allow encryption"))


def may_receive_keys(certificate: x509.Certificate) -> bool:
    """Return whether keys may be enveloped to the certificate: RSA, and key usage allows it."""
    usage = _usage(certificate)
    try:
        is_rsa = isinstance(certificate.public_key(), rsa.RSAPublicKey)
    except (ValueError, UnsupportedAlgorithm):
        return False
    return is_rsa and usage is not None and usage.key_encipherment


def _check_continues(
    new: x509.Certificate,
    old: x509.Certificate,
    issuers: Sequence[x509.Certificate],
    now: dt.datetime,
) -> None:
    if not any(_is_issued_by(new, issuer) for issuer in issuers):
        raise CertificateRefusedError(reason=mark("it was not issued by the pinned authority"))
    if new.subject != old.subject:
        raise CertificateRefusedError(reason=mark("it is for another organisation"))
    if new.not_valid_after_utc <= max(now, old.not_valid_after_utc):
        raise CertificateRefusedError(reason=mark("it ends no later than the old one"))


def proves_key(certificate: x509.Certificate, data: bytes, signature: bytes) -> bool:
    """Return whether ``signature`` over ``data`` (SHA-256) is by the certificate's private key."""
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _public_bytes(holder: x509.Certificate | x509.CertificateSigningRequest) -> bytes:
    """Return the key as SubjectPublicKeyInfo; empty for a kind of key we never ask for."""
    try:
        key = holder.public_key()
    except UnsupportedAlgorithm:
        return b""
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        return b""
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
