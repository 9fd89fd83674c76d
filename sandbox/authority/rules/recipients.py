"""To whom may a new encryption key be enveloped? To the holder's token alone.

The recipient is named in the manifest, whose signature by the old signing key is the proof that it
is the holder's: the current encryption certificate's key, or a fresh key of the token.
"""

from __future__ import annotations

from typing import Protocol

from cryptography import x509

from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.keys.schemes import Family
from agent.renewals.authorities.ra_protocol import ProblemCode
from sandbox.authority.rules.records import IssuedCertificate
from sandbox.problems import RefusalError

_MIN_BITS = 2048


class KeyRegister(Protocol):
    """What the rules need to know of the certificates issued."""

    def newest_encryption_certificate(self, uscc: str) -> IssuedCertificate | None: ...

    def certificates_with_key(self, public_key: bytes) -> list[IssuedCertificate]: ...


def check_recipient(public_key: bytes, uscc: str, register: KeyRegister) -> PublicKey:
    """Return the key in ``public_key`` (SubjectPublicKeyInfo, DER) of organisation ``uscc``.

    Raises:
        RefusalError: RECIPIENT_REFUSED, with the reason.
    """
    key = recipient_key(public_key)
    certificates = register.certificates_with_key(public_key)
    if not certificates:
        return key  # fresh: nobody is known to hold it but who signed the manifest
    current = register.newest_encryption_certificate(uscc)
    # A signing key, another organisation's, or one that was replaced must never be the recipient.
    if current is None or any(found.sha256 != current.sha256 for found in certificates):
        raise _refused("that key's certificate is not your current encryption certificate")
    return key


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
    if key.family is not Family.RSA:
        raise _refused("only RSA keys, by key transport; key agreement with EC keys is not served")
    if int(key.kind.removeprefix("rsa:")) < _MIN_BITS:
        raise _refused(f"an RSA key of at least {_MIN_BITS} bits")
    if key.der != public_key:
        raise _refused("the SubjectPublicKeyInfo is not DER with rsaEncryption")
    return key


def _refused(detail: str) -> RefusalError:
    return RefusalError(ProblemCode.RECIPIENT_REFUSED, detail)
