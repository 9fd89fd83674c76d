"""Which certificates a page's wish can be done with, and why the others do not serve. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import msgspec

from agent.certificates.extensions import KEY_USAGE, UsageBit, read_key_usage
from agent.certificates.model import Certificate, CertificateUse
from agent.certificates.pairs import Pair, group
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.keys.der import DerError, Tag, dotted, elements, read_element
from agent.portal_signing.errors import CertificateUnsuitableError
from agent.renewals.ground.errors import CertificateNotFoundError
from agent.sites.errors import NoTokenError
from agent.tokens.snapshot import HeldCertificate, Snapshot, Token

_EXTENDED_KEY_USAGE = "2.5.29.37"
_LOG_IN_PURPOSES = {"1.3.6.1.5.5.7.3.2", "2.5.29.37.0"}
"""clientAuth, and any (RFC 5280, 4.2.1.12)."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that is plugged in, and whether it serves."""

    token: Token
    held: HeldCertificate
    refusal: OdcError | None


def candidates(
    snapshot: Snapshot,
    now: dt.datetime,
    *,
    use: CertificateUse,
    refuses: Callable[[Certificate, dt.datetime], OdcError | None],
    thumbprint: str | None = None,
) -> tuple[Candidate, ...]:
    """Return the certificates of that use that a person could mean, those that serve first.

    Of each pair the one in use; for decryption all, since what is old was encrypted to an old one.
    """
    found = [
        Candidate(token=token, held=held, refusal=refuses(held.certificate, now))
        for token in snapshot.tokens
        for pair in group(token.certificates, now).pairs
        for held in _of_pair(pair, use)
        if thumbprint in (None, held.certificate.thumbprint)
    ]
    return tuple(sorted(found, key=lambda candidate: candidate.refusal is not None))


def problem(snapshot: Snapshot, found: tuple[Candidate, ...]) -> OdcError | None:
    """Return why nothing can be done now; None where one of them serves."""
    if found:
        return found[0].refusal
    return CertificateNotFoundError() if snapshot.tokens else NoTokenError()


def not_for_login(certificate: Certificate) -> OdcError | None:
    """Return why servers would not let somebody log in with it; None where they would.

    keyUsage is there and has digitalSignature, and extendedKeyUsage is not there or has clientAuth: what
    Web eID's validators look at.
    """
    extensions = dict(certificate.extensions)
    try:
        usage = read_key_usage(extensions[KEY_USAGE]) if KEY_USAGE in extensions else frozenset()
        purposes = set(_purposes(extensions.get(_EXTENDED_KEY_USAGE)))
    except DerError:
        return CertificateUnsuitableError(reason=mark("what it is for cannot be read."))
    if UsageBit.DIGITAL_SIGNATURE not in usage or (purposes and not purposes & _LOG_IN_PURPOSES):
        return CertificateUnsuitableError(reason=mark("it is not for logging in."))
    return None


def _of_pair(pair: Pair[HeldCertificate], use: CertificateUse) -> Iterator[HeldCertificate]:
    if use is CertificateUse.ENCRYPTION:
        yield from (held for held in pair.all if held.certificate.use is use)
    elif pair.signing is not None:
        yield pair.signing


def _purposes(value: bytes | None) -> Iterator[str]:
    if value is not None:
        for purpose in elements(read_element(value).need(Tag.SEQUENCE)):
            yield dotted(purpose.content)
