"""An RSA key pair a key centre made, on its way into a container of a token. Pure.

No standard has a form for it. This one is to RSA what SM2EnvelopedKey is to SM2 (GM/T 0009, 7.4), and has
just what SKF_ImportRSAKeyPair takes (GM/T 0016, 7.6): the token opens it by itself with the key that signs.

    SEQUENCE { symAlgID AlgorithmIdentifier, symEncryptedKey OCTET STRING,
               rsaPublicKey SubjectPublicKeyInfo, rsaEncryptedPrivateKey OCTET STRING }
"""

from __future__ import annotations

import secrets

import msgspec
from cryptography.hazmat.primitives.padding import PKCS7

from agent.keys import sm4
from agent.keys.der import Tag, elements, read_element
from agent.keys.der_writing import object_identifier, octet_string, sequence
from agent.keys.public_key import PublicKey
from agent.keys.schemes import Family
from agent.keys.sm2_enveloped_key import SM4_ECB, SM4_KEY_BYTES, EnvelopedKeyError, check_sm4_ecb

MAX_ENCRYPTED_BYTES = 4 << 10
"""An RSAPrivateKey of 4,096 bits has 2,350."""
_BLOCK_BITS = 128


class RsaEnvelopedKey(msgspec.Struct, frozen=True):
    """See above."""

    public: PublicKey
    """The pair's public half, an RSA key."""
    sealed_key: bytes
    """SM4's key for the holder of the recipient's private key: RSAES-PKCS1-v1_5 (RFC 8017, 7.2)."""
    encrypted: bytes
    """RSAPrivateKey (RFC 8017, A.1.2) under SM4 in ECB mode, filled up by PKCS#7 (RFC 5652, 6.3)."""

    @classmethod
    def made(cls, private: bytes, public: PublicKey, recipient: PublicKey) -> RsaEnvelopedKey:
        """Return a pair for the holder of ``recipient``, both RSA; ``private`` is an RSAPrivateKey."""
        key = secrets.token_bytes(SM4_KEY_BYTES)
        padder = PKCS7(_BLOCK_BITS).padder()
        padded = padder.update(private) + padder.finalize()
        return cls(public, recipient.seal(key), sm4.encrypted(key, padded))

    @classmethod
    def read(cls, der: bytes) -> RsaEnvelopedKey:
        """Return what stands in ``der``, an element alone; EnvelopedKeyError."""
        try:
            whole = read_element(der)
            algorithm, sealed, spki, encrypted = elements(whole.need(Tag.SEQUENCE))
            check_sm4_ecb(algorithm)
            found = cls(
                PublicKey.read(spki.encoded),
                sealed.need(Tag.OCTET_STRING),
                encrypted.need(Tag.OCTET_STRING),
            )
        except ValueError as error:  # DerError, UnreadableKeyError, other parts
            raise EnvelopedKeyError(str(error)) from error
        if whole.encoded != der or found.public.family is not Family.RSA:
            raise EnvelopedKeyError("no RSA pair alone")
        size = len(found.encrypted)
        if not 0 < size <= MAX_ENCRYPTED_BYTES or size % (_BLOCK_BITS // 8) or not found.sealed_key:
            raise EnvelopedKeyError("the private key or its key is missing, or of no such size")
        return found

    @property
    def der(self) -> bytes:
        """It as DER."""
        return sequence(
            sequence(object_identifier(SM4_ECB)),
            octet_string(self.sealed_key),
            self.public.der,
            octet_string(self.encrypted),
        )
