"""One certificate as a link of a chain: its issuer's name and key, what it may issue, its signature."""

from __future__ import annotations

import time
from enum import Enum, auto

import msgspec
from cryptography import x509

from agent.certificates.extensions import (
    AUTHORITY_KEY_ID,
    BASIC_CONSTRAINTS,
    KEY_USAGE,
    SUBJECT_KEY_ID,
    UsageBit,
    read_authority_key_id,
    read_basic_constraints,
    read_key_usage,
    read_subject_key_id,
)
from agent.certificates.model import Certificate
from agent.certificates.names import comparable
from agent.certificates.strict import quietly
from agent.keys.certified import is_signed_by
from agent.keys.der import DerError
from agent.keys.public_key import PublicKey

_REMEMBERED = 4096


class Signature(Enum):
    """What came of checking a signature."""

    GOOD = auto()
    BAD = auto()
    UNCHECKED = auto()
    """Of a kind that cannot be checked here."""


class Link(msgspec.Struct, frozen=True, eq=False):
    """A certificate, with what a chain is made by."""

    certificate: Certificate
    name: str
    issuer: str
    key_id: bytes | None
    issuer_key_id: bytes | None
    path_length: int | None
    is_issuer: bool
    """It says it is a CA, and no key usage forbids it to sign certificates."""

    @property
    def key_and_name(self) -> tuple[str, bytes]:
        """What a trust anchor is (RFC 5280, 6.1.1): the same for certificates that were cross-signed."""
        return self.name, self.certificate.public_key

    @property
    def is_self_issued(self) -> bool:
        """Whether issuer and subject have the same name."""
        return self.name == self.issuer

    def names_key_of(self, issuer: Link) -> bool:
        """Return whether the key identifiers agree; they are a hint, the signature decides."""
        return self.issuer_key_id is not None and self.issuer_key_id == issuer.key_id

    def names_another_key_than(self, issuer: Link) -> bool:
        """Return whether both tell a key identifier, and not the same."""
        return None not in (self.issuer_key_id, issuer.key_id) and not self.names_key_of(issuer)

    def may_issue(self, *, below: int) -> bool:
        """Return whether it may stand above ``below`` other CAs (RFC 5280, 4.2.1.9)."""
        return self.is_issuer and (self.path_length is None or below <= self.path_length)


def make_link(certificate: Certificate) -> Link:
    """Return a certificate as a link; what its extensions do not say readably they do not say."""
    values = dict(certificate.extensions)
    usage, path_length, key_id, issuer_key_id = None, None, None, None
    is_ca = certificate.is_ca
    try:
        if KEY_USAGE in values:
            usage = read_key_usage(values[KEY_USAGE])
        if BASIC_CONSTRAINTS in values:
            path_length = read_basic_constraints(values[BASIC_CONSTRAINTS]).path_length
        if SUBJECT_KEY_ID in values:
            key_id = read_subject_key_id(values[SUBJECT_KEY_ID])
        if AUTHORITY_KEY_ID in values:
            issuer_key_id = read_authority_key_id(values[AUTHORITY_KEY_ID])
    except DerError:
        is_ca = False
    return Link(
        certificate=certificate,
        name=comparable(certificate.subject),
        issuer=comparable(certificate.issuer),
        key_id=key_id,
        issuer_key_id=issuer_key_id,
        path_length=path_length,
        is_issuer=is_ca and (usage is None or UsageBit.KEY_CERT_SIGN in usage),
    )


class SignatureChecks:
    """Checks signatures, each one once, whichever thread asks."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Signature] = {}

    def at_most(self, count: int, seconds: float) -> Budget:
        """Return what checks ``count`` of those not known yet, for so many seconds of this thread's time."""
        return Budget(self._known, count, seconds)


class Budget:
    """Checks so many signatures and no more, for so long and no longer; of the thread that made it."""

    def __init__(self, known: dict[tuple[str, str], Signature], count: int, seconds: float) -> None:
        self._known = known
        self._left = count
        # What a busy machine does meanwhile counts for nothing: a usual token is checked to its end.
        self._until = time.thread_time() + seconds

    @property
    def is_spent(self) -> bool:
        """Whether nothing more is checked."""
        return not self._left or time.thread_time() >= self._until

    def check(self, link: Link, issuer: Link) -> Signature:
        """Return whether ``link`` was signed with the key of ``issuer``."""
        pair = link.certificate.thumbprint, issuer.certificate.thumbprint
        found = self._known.get(pair)
        if found is not None:
            return found
        if self.is_spent:
            return Signature.UNCHECKED
        self._left -= 1
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        found = self._known[pair] = _check(link.certificate, issuer.certificate)
        return found


def _check(certificate: Certificate, issuer: Certificate) -> Signature:
    """Check by the issuer's key alone: names are compared elsewhere, and it may be damaged itself."""
    try:
        with quietly():
            signed = x509.load_der_x509_certificate(certificate.der)
        is_good = is_signed_by(signed, PublicKey.read(issuer.public_key))
    except (
        ValueError,
        TypeError,
        x509.InvalidVersion,
    ):  # a key or an algorithm not known here, too
        return Signature.UNCHECKED
    return Signature.GOOD if is_good else Signature.BAD
