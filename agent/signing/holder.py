"""The certificate somebody wants to sign with: found on a token, and fit for it on this day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from agent.certificates.china_time import china_date
from agent.certificates.model import Certificate, CertificateUse
from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.renewals.ground.errors import CertificateNotFoundError
from agent.signing.errors import (
    CertificateEndedError,
    CertificateNotBegunError,
    CertificateUnreadableError,
    NotForSigningError,
)
from agent.tokens.model import KeyName, TokenReference
from agent.tokens.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Holder:
    """Where the key of a signing certificate is."""

    token: TokenReference
    key: KeyName
    certificate: Certificate
    public_key: PublicKey


def find_holder(snapshot: Snapshot, thumbprint: str, now: dt.datetime) -> Holder:
    """Return the holder of a signing certificate that is valid now: all that can be said before any PIN.

    Raises:
        CertificateNotFoundError, NotForSigningError, CertificateEndedError, CertificateNotBegunError,
        CertificateUnreadableError
    """
    found = snapshot.find(thumbprint)
    if found is None:
        raise CertificateNotFoundError
    token, held = found
    certificate = held.certificate
    if certificate.use is not CertificateUse.SIGNING or certificate.is_ca:
        raise NotForSigningError
    if certificate.not_after < now:
        raise CertificateEndedError(day=str(china_date(certificate.not_after)))
    if now < certificate.not_before:
        raise CertificateNotBegunError(day=str(china_date(certificate.not_before)))
    try:
        key = PublicKey.read(certificate.public_key)
    except UnreadableKeyError as error:
        raise CertificateUnreadableError from error
    return Holder(token.reference, held.key, certificate, key)
