"""The certificate somebody wants to sign with: found on a token, and fit for it on this day."""

from __future__ import annotations

import datetime as dt

import msgspec

from agent.certificates.model import Certificate, CertificateUse
from agent.ground.errors import OdcError
from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.renewals.ground.errors import CertificateNotFoundError
from agent.signing.errors import (
    CertificateExpiredError,
    CertificateNotYetValidError,
    CertificateUnreadableError,
    NotForSigningError,
)
from agent.tokens.model import KeyName, TokenReference
from agent.tokens.snapshot import Snapshot


class Holder(msgspec.Struct, frozen=True):
    """Where the key of a signing certificate is."""

    token: TokenReference
    key: KeyName
    certificate: Certificate
    public_key: PublicKey


def find_holder(snapshot: Snapshot, thumbprint: str, now: dt.datetime) -> Holder:
    """Return the holder of a signing certificate that is valid now: all that can be said before any PIN.

    Raises:
        CertificateNotFoundError, NotForSigningError, CertificateExpiredError, CertificateNotYetValidError,
        CertificateUnreadableError
    """
    found = snapshot.find(thumbprint)
    if found is None:
        raise CertificateNotFoundError
    token, held = found
    certificate = held.certificate
    if certificate.use is not CertificateUse.SIGNING or certificate.is_ca:
        raise NotForSigningError
    if (refusal := out_of_date(certificate, now)) is not None:
        raise refusal
    try:
        key = PublicKey.read(certificate.public_key)
    except UnreadableKeyError as error:
        raise CertificateUnreadableError from error
    return Holder(token.reference, held.key, certificate, key)


def out_of_date(certificate: Certificate, now: dt.datetime) -> OdcError | None:
    """Return why a certificate is not valid at this time; both ends belong to it (RFC 5280, 4.1.2.5)."""
    if now > certificate.not_after:
        return CertificateExpiredError()
    return CertificateNotYetValidError() if now < certificate.not_before else None
