"""SM2EnvelopedKey: an SM2 key pair a key centre made, on its way to a token (GM/T 0009, 7.4). Pure.

The private half is encrypted with SM4 in ECB mode; SM4's key is sealed for an SM2 key of the token, which
opens both by itself. Nobody signs it: that the pair is the certificate's is for the reader to check.
"""

from __future__ import annotations

import secrets

import msgspec

from agent.keys import sm2, sm4
from agent.keys.der import DerError, Element, Tag, dotted, elements, read_element
from agent.keys.der_writing import NULL, bit_string, object_identifier, sequence
from agent.keys.public_key import PublicKey
from agent.keys.schemes import Family
from agent.keys.sm2_cipher import Sm2Cipher

SM4_ECB = "1.2.156.10197.1.104.1"
_SM4 = "1.2.156.10197.1.104"
SM4_KEY_BYTES = 16
_SIZES = (sm2.NUMBER_BYTES, 2 * sm2.NUMBER_BYTES)
"""The number alone, or after as many zeros: the standard says nothing of padding."""


class EnvelopedKeyError(ValueError):
    """The bytes are no SM2EnvelopedKey that is read here."""


class Sm2EnvelopedKey(msgspec.Struct, frozen=True):
    """SEQUENCE { symAlgID, symEncryptedKey, sm2PublicKey, sm2EncryptedPrivateKey }."""

    public: PublicKey
    """The pair's public half, an SM2 key."""
    sealed_key: Sm2Cipher
    """SM4's key, for the holder of the recipient's private key."""
    encrypted: bytes
    """The private half under SM4 in ECB mode, 32 or 64 bytes; what counts are the last 32."""

    @classmethod
    def made(cls, private: bytes, public: PublicKey, recipient: PublicKey) -> Sm2EnvelopedKey:
        """Return a pair for the holder of ``recipient``; all three are SM2, ``private`` is 32 bytes."""
        key = secrets.token_bytes(SM4_KEY_BYTES)
        sealed = Sm2Cipher.read(recipient.seal(key))
        return cls(public, sealed, sm4.encrypted(key, private))

    @classmethod
    def read(cls, der: bytes) -> Sm2EnvelopedKey:
        """Return what stands in ``der``, an element alone; EnvelopedKeyError."""
        try:
            whole = read_element(der)
            if whole.encoded != der:
                raise EnvelopedKeyError("no SM2EnvelopedKey alone")
            return cls.read_parts(whole.need(Tag.SEQUENCE))
        except DerError as error:
            raise EnvelopedKeyError(str(error)) from error

    @classmethod
    def read_parts(cls, content: bytes) -> Sm2EnvelopedKey:
        """Return what consists of the parts in ``content``, without their SEQUENCE; EnvelopedKeyError."""
        try:
            algorithm, cipher, point, private = elements(content)
            check_sm4_ecb(algorithm)
            public = PublicKey.from_point(_whole_bytes(point))
            sealed = Sm2Cipher.read(cipher.encoded)
        except ValueError as error:  # DerError, CipherError, UnreadableKeyError, other parts
            raise EnvelopedKeyError(str(error)) from error
        return cls.checked(public, sealed, _whole_bytes(private))

    @classmethod
    def checked(cls, public: PublicKey, sealed: Sm2Cipher, encrypted: bytes) -> Sm2EnvelopedKey:
        """Return what consists of these parts; EnvelopedKeyError."""
        if public.family is not Family.SM2:
            raise EnvelopedKeyError("the pair is no SM2 pair")
        if len(sealed.text) != SM4_KEY_BYTES:
            raise EnvelopedKeyError("no key of SM4 in it")
        if len(encrypted) not in _SIZES:
            raise EnvelopedKeyError("the private key is neither 32 nor 64 bytes")
        if not any(encrypted[-sm2.NUMBER_BYTES :]):
            raise EnvelopedKeyError("the private key is not at the right end of its place")
        return cls(public, sealed, encrypted)

    @property
    def der(self) -> bytes:
        """It as DER."""
        assert self.public.family is Family.SM2
        return sequence(
            sequence(object_identifier(SM4_ECB)),
            self.sealed_key.der,
            bit_string(self.public.bits),
            bit_string(self.encrypted),
        )


def check_sm4_ecb(algorithm: Element) -> None:
    """Check an AlgorithmIdentifier; EnvelopedKeyError, DerError."""
    oid, *parameters = elements(algorithm.need(Tag.SEQUENCE))
    if dotted(oid.need(Tag.OID)) not in (SM4_ECB, _SM4):
        raise EnvelopedKeyError("not encrypted with SM4 in ECB mode")
    if any(parameter.encoded != NULL for parameter in parameters):
        raise EnvelopedKeyError("ECB mode has no parameters")


def _whole_bytes(element: Element) -> bytes:
    content = element.need(Tag.BIT_STRING)
    if not content or content[0]:
        raise EnvelopedKeyError("whole bytes expected")
    return content[1:]
