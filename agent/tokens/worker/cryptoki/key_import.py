"""Opening a private key that an authority made with a key of the token, and checking it.

The key is in this process's memory for a moment: no token opens EnvelopedData, and a key inside
SignedData is nothing C_UnwrapKey could take. The process ends with the operation.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from msgspec.structs import replace
from pkcs11 import ObjectClass
from pkcs11 import exceptions as p11

from agent.ground.language import mark
from agent.keys.certified import key_of
from agent.keys.public_key import UnreadableKeyError
from agent.tokens.errors import (
    KeyEnvelopeInvalidError,
    KeyEnvelopeUnopenedError,
    KeyMismatchError,
)
from agent.tokens.model import KeyName
from agent.tokens.pin import wipe
from agent.tokens.worker.cryptoki.decryption import (
    DecryptionUnknownError,
    DecryptionWrongError,
    can_decrypt,
    decrypt,
)
from agent.tokens.worker.cryptoki.keys import PublicKey, public_key_of
from agent.tokens.worker.cryptoki.objects import certificates_of, find, reading_session
from agent.tokens.worker.envelope import (
    Envelope,
    KeyIdentity,
    Recipient,
    bare_key_in,
    private_key_in,
)
from agent.tokens.worker.oaep import OaepError

_REFUSALS = (KeyEnvelopeInvalidError, KeyEnvelopeUnopenedError, KeyMismatchError)
PrivateIn = Callable[[Any], Any]
"""Finds the private key in a session, ready to be used; ObjectMissingError."""


def rsa_key_of(certificate: bytes) -> rsa.RSAPublicKey:
    """Return the key of an encryption certificate (DER); KeyEnvelopeInvalidError for no RSA key."""
    reason = mark("its certificate is not for an RSA key")
    try:
        key = key_of(x509.load_der_x509_certificate(certificate)).for_cryptography()
    except UnreadableKeyError as error:
        raise KeyEnvelopeInvalidError(reason=reason) from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise KeyEnvelopeInvalidError(reason=reason)
    return key


class Opener(msgspec.Struct, frozen=True):
    """The pair on the token to whose key the envelope is."""

    private: Any
    public: rsa.RSAPublicKey
    identity: KeyIdentity
    private_in: PrivateIn

    @classmethod
    def found(cls, session: Any, key: KeyName, private_in: PrivateIn) -> Opener:  # noqa: ANN401
        """Return the pair; KeyEnvelopeUnopenedError, and what ``private_in`` raises."""
        private = private_in(session)
        certificates = certificates_of(session, key)
        stored = find(session, ObjectClass.PUBLIC_KEY, key)
        if stored is None and certificates:
            # The old pair may lack its public key object; its certificate has the same key.
            public: PublicKey = rsa_key_of(certificates[0])
        else:
            public = public_key_of(stored or private)
        if not isinstance(public, rsa.RSAPublicKey):
            raise KeyEnvelopeUnopenedError
        return cls(private, public, _identity(public, certificates), private_in)

    @contextlib.contextmanager
    def anew(self) -> Iterator[Opener]:
        """Give the pair in a session of its own.

        OpenSC 0.23 answers CKR_OPERATION_ACTIVE for ever after a C_Decrypt with CKR_DATA_INVALID.
        """
        with reading_session(self.private.session.token) as session:
            yield replace(self, private=self.private_in(session))


def opened_key(envelope: Envelope, opener: Opener, wanted: rsa.RSAPublicKey) -> rsa.RSAPrivateKey:
    """Return the private key in ``envelope``, which must be that of ``wanted``.

    That there is none ends a renewal. A token that fails now and then looks the same (SoftHSM says of
    a wrong key CKR_GENERAL_ERROR), so it has to decrypt something else, and then to fail once more.

    Raises:
        KeyEnvelopeInvalidError, KeyEnvelopeUnopenedError, KeyMismatchError: there is no such key in it.
        DecryptionWrongError, PKCS11Error: the token does not decrypt, this or anything.
    """
    try:
        return _key_in(envelope, opener, wanted)
    except (*_REFUSALS, p11.PKCS11Error) as error:
        with opener.anew() as fresh:
            if can_decrypt(fresh.private, fresh.public):
                return _key_at_last(envelope, fresh, wanted)
        if isinstance(error, p11.PKCS11Error):
            raise
        raise DecryptionWrongError from error


def _key_at_last(envelope: Envelope, opener: Opener, wanted: rsa.RSAPublicKey) -> rsa.RSAPrivateKey:
    try:
        return _key_in(envelope, opener, wanted)
    except p11.PKCS11Error as error:
        raise KeyEnvelopeUnopenedError from error


def _key_in(envelope: Envelope, opener: Opener, wanted: rsa.RSAPublicKey) -> rsa.RSAPrivateKey:
    for recipient in envelope.recipients_for(opener.identity):
        with _content_key(envelope, recipient, opener) as content_key:
            content = envelope.opened(content_key)
        try:
            key = (bare_key_in if envelope.is_bare else private_key_in)(content)
        finally:
            wipe(content)
        if key.public_key().public_numbers() != wanted.public_numbers():
            raise KeyMismatchError
        return key
    raise KeyEnvelopeUnopenedError


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
