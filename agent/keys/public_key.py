"""A public key, of whichever kind: the one type all of the program asks about signatures. Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)

from agent.keys import sm2
from agent.keys.algorithms import EC, SM2, is_sm2, public_bits
from agent.keys.der import DerError, read_element
from agent.keys.der_writing import bit_string, object_identifier, sequence
from agent.keys.schemes import USUAL, Family, Scheme, UnknownSchemeError
from agent.keys.sm2_cipher import MAX_SEALED_BYTES, Sm2Cipher

MAX_KEY_BYTES = 8 << 10
"""RSA keys of 16,384 bits, the longest OpenSSL takes, need about a quarter."""
MAX_EXPONENT_BITS = 32
"""Of an RSA key. Whoever makes one with 3,072 bits has every check of a signature take as long as making
one does. Windows takes none longer than this, and OpenSSL none of more than 64 for long keys."""
MAX_SIGNED_BYTES = 64 << 20
"""More than any message or file that is signed here; SM3 takes about a second for it."""

_REMEMBERED = 64

KeyTransport = Literal["rsaes-pkcs1-v1_5", "rsaes-oaep"]
"""How a secret is sealed for an RSA key (RFC 8017, 7); OAEP is with SHA-256."""
_PADDINGS: dict[KeyTransport, padding.AsymmetricPadding] = {
    "rsaes-pkcs1-v1_5": padding.PKCS1v15(),
    "rsaes-oaep": padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
}
_PREHASHED: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
_Native = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


class UnreadableKeyError(ValueError):
    """The bytes are no SubjectPublicKeyInfo, or of a kind of key that is not read here."""


class NotSealableError(ValueError):
    """Nothing can be sealed for this key, or not so much at once."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key; two are equal where they are the same key, however they were written."""

    der: bytes
    """Its SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), written in the one way of its kind."""
    kind: str = field(compare=False)
    """``rsa:2048``, ``ec:secp256r1``, ``sm2``: as policies name them."""
    _key: _Native | None = field(compare=False, repr=False)
    """As `cryptography` has it; None for SM2."""

    @classmethod
    def read(cls, spki: bytes) -> PublicKey:
        """Return the key in a SubjectPublicKeyInfo.

        Raises:
            UnreadableKeyError: there is none of a kind read here, or it is not on its curve.
        """
        return _read(spki)

    @classmethod
    def from_cryptography(cls, key: _Native) -> PublicKey:
        """Return a key that `cryptography` holds."""
        kind = f"rsa:{key.key_size}"
        if isinstance(key, ec.EllipticCurvePublicKey):
            kind = f"ec:{key.curve.name}"
        return cls(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), kind, key)

    @classmethod
    def from_point(cls, point: bytes) -> PublicKey:
        """Return the SM2 key with an uncompressed point; UnreadableKeyError where it is none."""
        if not sm2.is_point(point):
            raise UnreadableKeyError("not a point of the SM2 curve")
        algorithm = sequence(object_identifier(EC), object_identifier(SM2))
        return cls(sequence(algorithm, bit_string(point)), Family.SM2.value, None)

    @property
    def family(self) -> Family:
        """Which keys it has its algorithms in common with."""
        return Family(self.kind.partition(":")[0])

    @property
    def bits(self) -> bytes:
        """The key itself: RSAPublicKey in DER, or the point of a curve."""
        return public_bits(read_element(self.der))

    @property
    def identifier(self) -> bytes:
        """The SHA-1 of its bits: how certificates name it (RFC 5280, 4.2.1.2, method 1)."""
        return hashlib.sha1(self.bits, usedforsecurity=False).digest()

    def verify(self, data: bytes, signature: bytes, scheme: Scheme | None = None) -> bool:
        """Return whether ``signature`` over ``data`` is by this key's private half.

        Args:
            data: what is said to be signed, not its digest; 64 MiB at most.
            signature: EC and SM2 as DER of SEQUENCE { r, s }.
            scheme: how it says that it is signed. Without one as everything made here: with SHA-256
                (RSA in PKCS#1 v1.5), and SM2 with SM3.

        Returns:
            False also for whatever is no signature, or one of another kind of key.

        Raises:
            UnknownSchemeError: the scheme has a digest that is not known here; never without a scheme.
        """
        scheme = scheme or USUAL[self.family]
        if scheme.family is not self.family or len(data) > MAX_SIGNED_BYTES:
            return False
        if self._key is None:
            return sm2.is_signed(self.bits, sm2.signed_digest(self.bits, data), signature)
        try:
            if isinstance(self._key, rsa.RSAPublicKey):
                assert scheme.padding is not None, "RSA has one"
                self._key.verify(signature, data, scheme.padding, scheme.digest)
            else:
                self._key.verify(signature, data, ec.ECDSA(scheme.digest))
        except (InvalidSignature, ValueError):
            return False
        except UnsupportedAlgorithm as error:
            raise UnknownSchemeError(str(error)) from error
        return True

    def verify_digest(self, digest: bytes, signature: bytes, algorithm: str) -> bool:
        """Return whether ``signature`` is by this key's private half over something with this digest.

        Args:
            digest: by ``algorithm``.
            signature: RSA in PKCS#1 v1.5, ECDSA as DER. Of SM2 the digest alone cannot be verified.
            algorithm: ``sha256``, ``sha384`` or ``sha512``.
        """
        prehashed = Prehashed(_PREHASHED[algorithm])
        try:
            if isinstance(self._key, rsa.RSAPublicKey):
                self._key.verify(signature, digest, padding.PKCS1v15(), prehashed)
            elif self._key is not None:
                self._key.verify(signature, digest, ec.ECDSA(prehashed))
        except (InvalidSignature, ValueError):
            return False
        return self._key is not None

    def seal(self, data: bytes, transport: KeyTransport = "rsaes-pkcs1-v1_5") -> bytes:
        """Return ``data``, some key or secret, for the holder of the private half alone.

        RSA by ``transport``; SM2 as DER of SM2Cipher (GM/T 0009, 7.2).

        Raises:
            NotSealableError: it is a curve's key, which seals by agreement alone, or there is too
                much or nothing to seal.
        """
        if self._key is None:
            if not 0 < len(data) <= MAX_SEALED_BYTES:
                raise NotSealableError(f"{len(data)} bytes")
            return Sm2Cipher.of(sm2.encrypt(self.bits, data)).der
        if not isinstance(self._key, rsa.RSAPublicKey):
            raise NotSealableError(self.kind)
        try:
            return self._key.encrypt(data, _PADDINGS[transport])
        except ValueError as error:
            raise NotSealableError(f"{len(data)} bytes") from error

    def for_cryptography(self) -> _Native:
        """Return the key for what `cryptography` alone does, as to build a certificate.

        Raises:
            UnreadableKeyError: it is an SM2 key, which `cryptography` does not know.
        """
        if self._key is None:
            raise UnreadableKeyError("cryptography knows no SM2")
        return self._key


_HYBRID = (b"\x06", b"\x07")
"""Forms of a point that must not be used (RFC 5480, 2.2), though OpenSSL reads them."""


@lru_cache(maxsize=_REMEMBERED)  # a chain asks again and again for the keys of a few issuers
def _read(spki: bytes) -> PublicKey:
    try:
        element = read_element(spki)
        if element.encoded != spki or len(spki) > MAX_KEY_BYTES:
            raise UnreadableKeyError("not a SubjectPublicKeyInfo alone")
        if is_sm2(element):
            return PublicKey.from_point(public_bits(element))
        key = load_der_public_key(spki)
        if isinstance(key, ec.EllipticCurvePublicKey) and public_bits(element)[:1] in _HYBRID:
            raise UnreadableKeyError("a point in the hybrid form")
    except (DerError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnreadableKeyError(str(error)) from error
    if not isinstance(key, _Native):
        raise UnreadableKeyError("neither an RSA, an EC nor an SM2 key")
    if (
        isinstance(key, rsa.RSAPublicKey)
        and key.public_numbers().e.bit_length() > MAX_EXPONENT_BITS
    ):
        raise UnreadableKeyError("an RSA exponent larger than any")
    return PublicKey.from_cryptography(key)
