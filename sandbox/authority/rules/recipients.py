"""To whom may a new encryption key be enveloped? To the holder's token alone.

The recipient is named in the manifest, whose signature by the old signing key is the proof that it
is the holder's: the current encryption certificate's key, or a fresh key of the token. Those two are RSA.

Tokens that keep a pair of pairs in one container (GM/T 0016) open only what is enveloped to the signing
key beside which it is put. So an SM2 recipient, and an RSA one where the policy says so, is the new signing
key of this very application, and no other signing key is ever one.
"""

from __future__ import annotations

from typing import Protocol

from cryptography import x509

from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.keys.schemes import Family
from agent.renewals.authorities.ra_protocol import (
    ContainerKeyTransport,
    Manifest,
    Policy,
    ProblemCode,
)
from sandbox.authority.rules.records import IssuedCertificate
from sandbox.problems import RefusalError

_MIN_BITS = 2048


class KeyRegister(Protocol):
    """What the rules need to know of the certificates issued."""

    def newest_encryption_certificate(self, uscc: str) -> IssuedCertificate | None: ...

    def certificates_with_key(self, public_key: bytes) -> list[IssuedCertificate]: ...


_TRANSPORTS: dict[Family, ContainerKeyTransport] = {
    Family.SM2: "sm2-enveloped-key",
    Family.RSA: "rsa-enveloped-key",
}


def may_sign(key: PublicKey, policy: Policy) -> bool:
    """Return whether something may be enveloped to such a key where it is the new signing key."""
    return _TRANSPORTS.get(key.family) in policy.container_key_transport


def check_recipient(
    public_key: bytes, uscc: str, register: KeyRegister, policy: Policy, issued_sha256: str | None
) -> PublicKey:
    """Return the key in ``public_key`` (SubjectPublicKeyInfo, DER) of organisation ``uscc``.

    Args:
        public_key: the recipient.
        uscc: whose it is to be.
        register: what was issued.
        policy: the authority's.
        issued_sha256: the signing certificate that this application was issued, once it was.

    Raises:
        RefusalError: RECIPIENT_REFUSED, with the reason.
    """
    key = recipient_key(public_key)
    certificates = register.certificates_with_key(public_key)
    if key.family is Family.SM2 and not may_sign(key, policy):
        raise _refused("only RSA keys: nothing is enveloped to SM2 signing keys here")
    if issued_sha256 and may_sign(key, policy):
        certificates = [found for found in certificates if found.sha256 != issued_sha256]
    if not certificates:
        return key  # fresh or new: nobody is known to hold it but who signed the manifest
    if key.family is Family.SM2:
        raise _refused("that key has a certificate: it must be this application's new one")
    current = register.newest_encryption_certificate(uscc)
    # A signing key, another organisation's, or one that was replaced must never be the recipient.
    if current is None or any(found.sha256 != current.sha256 for found in certificates):
        raise _refused("that key's certificate is not your current encryption certificate")
    return key


def check_signing_recipient(key: PublicKey, manifest: Manifest, policy: Policy) -> None:
    """Check the new signing key of an application against the recipient its manifest names.

    Raises:
        RefusalError: RECIPIENT_REFUSED: it receives though it must not, or must and does not.
    """
    if manifest.encryption_recipient is None:
        return
    recipient = recipient_key(manifest.encryption_recipient)
    if recipient.family is Family.SM2 and recipient != key:
        raise _refused("an SM2 recipient must be the key of this application's own request")
    if recipient == key and not may_sign(key, policy):
        raise _refused("one key must not both sign and receive the other")


def identifiers(key: PublicKey, register: KeyRegister) -> frozenset[bytes]:
    """Return the key identifiers by which a request may name the recipient."""
    extensions = [
        extension.value.digest
        for record in register.certificates_with_key(key.der)
        for extension in x509.load_der_x509_certificate(record.der).extensions
        if isinstance(extension.value, x509.SubjectKeyIdentifier)
    ]
    return frozenset({key.identifier, *extensions})


def recipient_key(public_key: bytes) -> PublicKey:
    """Return the key in ``public_key``, whoever holds it; RefusalError as :func:`check_recipient`."""
    try:
        key = PublicKey.read(public_key)
    except UnreadableKeyError as error:
        raise _refused("it is not a SubjectPublicKeyInfo read here") from error
    if key.family is Family.EC:
        raise _refused("no EC keys: key agreement is not served")
    if key.family is Family.RSA and int(key.kind.removeprefix("rsa:")) < _MIN_BITS:
        raise _refused(f"an RSA key of at least {_MIN_BITS} bits")
    if key.der != public_key:
        raise _refused("the SubjectPublicKeyInfo is not DER in the one way of its kind")
    return key


def _refused(detail: str) -> RefusalError:
    return RefusalError(ProblemCode.RECIPIENT_REFUSED, detail)
