"""Finding the certificate a person means, and whether it is one that something can be done with."""

from __future__ import annotations

from typing import TypeVar

from agent.certificates.model import CertificateUse, Oddity
from agent.certificates.strict import is_renewable
from agent.renewals.ground.errors import (
    CertificateNotFoundError,
    CertificateTooDamagedError,
    NotRenewableError,
    SkfDriverNeededError,
)
from agent.tokens.snapshot import SM2, HeldCertificate, Snapshot, Token

T = TypeVar("T")


def find_signing(snapshot: Snapshot, thumbprint: str) -> tuple[Token, HeldCertificate]:
    """Return a signing certificate that is plugged in, and its token.

    Raises:
        CertificateNotFoundError, NotRenewableError, CertificateTooDamagedError
    """
    return renewable(snapshot.find(thumbprint))


def renewable(found: tuple[T, HeldCertificate] | None) -> tuple[T, HeldCertificate]:
    """Return what was found, where it is a signing certificate that something can be made out of.

    Raises:
        CertificateNotFoundError, NotRenewableError, CertificateTooDamagedError
        SkfDriverNeededError: its key is of a kind that the driver it is seen through cannot use.
    """
    if found is None:
        raise CertificateNotFoundError
    certificate = found[1].certificate
    if certificate.use is not CertificateUse.SIGNING:
        raise NotRenewableError
    if certificate.algorithm == SM2 and not found[1].container:
        raise SkfDriverNeededError
    # What the strict reader takes needs not be read again.
    if Oddity.REFUSED in certificate.oddities and not is_renewable(certificate.der):
        raise CertificateTooDamagedError
    return found
