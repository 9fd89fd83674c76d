"""Importing a private key that an authority made: opened by a key of the token, checked, stored.

The key is in this process's memory for a moment: no token opens EnvelopedData, and the key inside
SignedData is nothing C_UnwrapKey could take. The process ends with the operation.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11 import exceptions as p11

from agent.language import mark
from agent.tokens.errors import (
    KeyEnvelopeInvalidError,
    KeyEnvelopeUnopenedError,
    KeyIdTakenError,
    KeyMismatchError,
)
from agent.tokens.pin import wipe
from agent.tokens.worker.decryption import (
    DecryptionUnknownError,
    DecryptionWrongError,
    can_decrypt,
    decrypt,
)
from agent.tokens.worker.envelope import (
    Envelope,
    KeyIdentity,
    Recipient,
    private_key_in,
    read_envelope,
)
from agent.tokens.worker.keys import PublicKey, public_key_of
from agent.tokens.worker.oaep import OaepError
from agent.tokens.worker.objects import attribute, find, search

_PRIVATE = {
    Attribute.CLASS: ObjectClass.PRIVATE_KEY,
    Attribute.KEY_TYPE: KeyType.RSA,
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.DECRYPT: True,
    Attribute.SIGN: False,
}
_PUBLIC = {
    Attribute.CLASS: ObjectClass.PUBLIC_KEY,
    Attribute.KEY_TYPE: KeyType.RSA,
    Attribute.TOKEN: True,
    Attribute.ENCRYPT: True,
    Attribute.VERIFY: False,
}
_REFUSES_UNWRAP = (
    p11.AttributeTypeInvalid,
    p11.AttributeValueInvalid,
    p11.TemplateInconsistent,
    p11.TemplateIncomplete,
)


def rsa_key_of(certificate: bytes) -> rsa.RSAPublicKey:
    """Return the key of an encryption certificate (DER); KeyEnvelopeInvalidError for no RSA key."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyEnvelopeInvalidError(reason=mark("its certificate is not for an RSA key"))
    return key


def is_stored(session: Any, key_id: bytes, key: rsa.RSAPublicKey) -> bool:  # noqa: ANN401
    """Return whether both halves of ``key`` are on the token under ``key_id``.

    Raises:
        KeyIdTakenError: something of another key is.
    """
    halves = [
        find(session, kind, key_id) for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY)
    ]
    modulus = _number(key.public_numbers().n)
    for half in halves:
        # A private key need not show its modulus.
        if half is not None and bytes(attribute(half, Attribute.MODULUS, modulus)) != modulus:
            raise KeyIdTakenError
    return None not in halves


@dataclass(frozen=True, slots=True)
class Opener:
    """The pair on the token to whose key the envelope is."""

    private: Any
    public: rsa.RSAPublicKey
    identity: KeyIdentity

    @classmethod
    def found(cls, session: Any, key_id: bytes, private: Any) -> Opener:  # noqa: ANN401
        """Return the pair of the CKO_PRIVATE_KEY object ``private``; KeyEnvelopeUnopenedError."""
        certificates = _certificates(session, key_id)
        stored = find(session, ObjectClass.PUBLIC_KEY, key_id)
        if stored is None and certificates:
            # The old pair may lack its public key object; its certificate has the same key.
            public: PublicKey = rsa_key_of(certificates[0])
        else:
            public = public_key_of(stored or private)
        if not isinstance(public, rsa.RSAPublicKey):
            raise KeyEnvelopeUnopenedError
        return cls(private, public, _identity(public, certificates))


def opened_key(envelope: bytes, opener: Opener, wanted: rsa.RSAPublicKey) -> rsa.RSAPrivateKey:
    """Return the private key in ``envelope`` (DER), which must be that of ``wanted``.

    That there is none ends a renewal. A token that fails now and then looks the same (SoftHSM says of
    a wrong key CKR_GENERAL_ERROR), so it has to decrypt something else, and then to fail once more.

    Raises:
        KeyEnvelopeInvalidError, KeyEnvelopeUnopenedError, KeyMismatchError: there is no such key in it.
        DecryptionWrongError, PKCS11Error: the token does not decrypt, this or anything.
    """
    read = read_envelope(envelope)
    try:
        return _key_in(read, opener, wanted)
    except (KeyEnvelopeInvalidError, KeyEnvelopeUnopenedError, KeyMismatchError) as error:
        if not can_decrypt(opener.private, opener.public):
            raise DecryptionWrongError from error
    except p11.PKCS11Error:
        if not can_decrypt(opener.private, opener.public):
            raise
    try:
        return _key_in(read, opener, wanted)
    except p11.PKCS11Error as error:
        raise KeyEnvelopeUnopenedError from error


def _key_in(envelope: Envelope, opener: Opener, wanted: rsa.RSAPublicKey) -> rsa.RSAPrivateKey:
    for recipient in envelope.recipients_for(opener.identity):
        with _content_key(envelope, recipient, opener) as content_key:
            content = envelope.opened(content_key)
        try:
            key = private_key_in(content)
        finally:
            wipe(content)
        if key.public_key().public_numbers() != wanted.public_numbers():
            raise KeyMismatchError
        return key
    raise KeyEnvelopeUnopenedError


def store(session: Any, key: rsa.RSAPrivateKey, key_id: bytes, label: str) -> None:  # noqa: ANN401
    """Store both halves of ``key``, in place of half a pair; PKCS11Error."""
    for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
        if (half := find(session, kind, key_id)) is not None:
            half.destroy()
    named = {Attribute.ID: key_id, Attribute.LABEL: label}
    private = _PRIVATE | named | _private_parts(key)
    try:
        session.create_object(private | {Attribute.UNWRAP: True})
    except _REFUSES_UNWRAP:
        session.create_object(private)
    session.create_object(_PUBLIC | named | _public_parts(key.public_key()))


@contextlib.contextmanager
def _content_key(envelope: Envelope, recipient: Recipient, opener: Opener) -> Iterator[bytearray]:
    """Give the content key, and wipe it afterwards."""
    try:
        content_key = decrypt(opener.private, recipient.encrypted_key, recipient.oaep)
    except DecryptionUnknownError as error:
        reason = mark("the token does not decrypt it in the way it is encrypted")
        raise KeyEnvelopeInvalidError(reason=reason) from error
    except OaepError as error:
        raise KeyEnvelopeUnopenedError from error
    try:
        if len(content_key) != envelope.key_bytes:
            raise KeyEnvelopeUnopenedError
        yield content_key
    finally:
        wipe(content_key)


def _certificates(session: Any, key_id: bytes) -> list[bytes]:  # noqa: ANN401
    """Return the certificates (DER) on the token under ``key_id``."""
    wanted = {Attribute.CLASS: ObjectClass.CERTIFICATE, Attribute.ID: key_id}
    return [bytes(attribute(found, Attribute.VALUE, b"")) for found in search(session, wanted)]


def _identity(public: rsa.RSAPublicKey, certificates: list[bytes]) -> KeyIdentity:
    # RFC 5280, 4.2.1.2, method 1: how a key without a certificate is named.
    identifiers = {x509.SubjectKeyIdentifier.from_public_key(public).digest}
    names = set()
    for der in certificates:
        with contextlib.suppress(ValueError, TypeError, KeyError):  # one that cannot be read
            certificate = Certificate.load(der, strict=True)
            names.add((bytes(certificate.issuer.dump()), int(certificate.serial_number)))
            if certificate.key_identifier is not None:
                identifiers.add(bytes(certificate.key_identifier))
    return KeyIdentity(frozenset(identifiers), frozenset(names))


def _private_parts(key: rsa.RSAPrivateKey) -> dict[Attribute, bytes]:
    """Return the attributes of PKCS#11 v2.40, 2.1.3."""
    numbers = key.private_numbers()
    return _public_parts(key.public_key()) | {
        Attribute.PRIVATE_EXPONENT: _number(numbers.d),
        Attribute.PRIME_1: _number(numbers.p),
        Attribute.PRIME_2: _number(numbers.q),
        Attribute.EXPONENT_1: _number(numbers.dmp1),
        Attribute.EXPONENT_2: _number(numbers.dmq1),
        Attribute.COEFFICIENT: _number(numbers.iqmp),
    }


def _public_parts(key: rsa.RSAPublicKey) -> dict[Attribute, bytes]:
    numbers = key.public_numbers()
    return {Attribute.MODULUS: _number(numbers.n), Attribute.PUBLIC_EXPONENT: _number(numbers.e)}


def _number(number: int) -> bytes:
    """Return a "big integer" (PKCS#11 v2.40, 2.1): unsigned, most significant byte first."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
