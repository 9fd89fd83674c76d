"""Private keys in software, of every kind an authority and its test organisations have. Pure.

The agent has none: its keys are on tokens. `cryptography` holds RSA and the NIST curves, gmalg does the
arithmetic of SM2.
"""

from __future__ import annotations

import base64
import re
import textwrap
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from gmalg import SM2
from gmalg.errors import GMError

from agent.keys import sm2
from agent.keys.algorithms import EC
from agent.keys.algorithms import SM2 as SM2_CURVE
from agent.keys.der import Tag, elements, read_element
from agent.keys.der_writing import (
    bit_string,
    integer,
    object_identifier,
    octet_string,
    sequence,
    tagged,
)
from agent.keys.public_key import PublicKey
from agent.keys.sm2_cipher import Sm2Cipher

_PEM = re.compile(rb"-----BEGIN PRIVATE KEY-----(.*?)-----END PRIVATE KEY-----", re.DOTALL)
_SM2_ALGORITHM = sequence(object_identifier(EC), object_identifier(SM2_CURVE))
_PUBLIC_EXPONENT = 65537
NativeKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
_CURVES: dict[str, type[ec.EllipticCurve]] = {
    "secp256r1": ec.SECP256R1,
    "secp384r1": ec.SECP384R1,
}


class PrivateKey(Protocol):
    """A key pair with its private half."""

    @property
    def public(self) -> PublicKey:
        """The public half."""

    def sign(self, data: bytes) -> bytes:
        """Return a signature over ``data`` as :meth:`PublicKey.verify` checks it without a scheme."""

    @property
    def pkcs8(self) -> bytes:
        """PrivateKeyInfo (RFC 5208, DER), not encrypted."""


@dataclass(frozen=True)
class Native:
    """An RSA or EC key."""

    key: NativeKey = field(repr=False)

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey.from_cryptography(self.key.public_key())

    def sign(self, data: bytes) -> bytes:
        """With SHA-256; RSA in PKCS#1 v1.5."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        return self.key.sign(data, ec.ECDSA(hashes.SHA256()))

    @property
    def pkcs8(self) -> bytes:
        """PrivateKeyInfo."""
        return self.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True)
class Sm2PrivateKey:
    """An SM2 key."""

    number: int = field(repr=False)
    """d, from 1 to n - 2 (GB/T 32918.1, 6.1)."""
    point: bytes
    """The public half, uncompressed."""

    @classmethod
    def new(cls) -> Sm2PrivateKey:
        """Generate one."""
        number, point = sm2.arithmetic(b"").generate_keypair()
        return cls(number, sm2.point_of(*point))

    @classmethod
    def of(cls, number: int) -> Sm2PrivateKey:
        """Return the key with the private number ``number``; ValueError where that is out of range."""
        if not 0 < number < sm2.ORDER - 1:
            raise ValueError("no private key of SM2")
        return cls(number, sm2.point_of(*sm2.arithmetic(b"").generate_pk(number)))

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey.from_point(self.point)

    @property
    def private(self) -> bytes:
        """The number as 32 bytes."""
        return self.number.to_bytes(sm2.NUMBER_BYTES, "big")

    def sign(self, data: bytes) -> bytes:
        """With SM3 and the identity everybody uses; DER of SEQUENCE { r, s }."""
        return encode_dss_signature(*self.sign_digest(sm2.signed_digest(self.point, data)))

    def sign_digest(self, digest: bytes) -> tuple[int, int]:
        """Return r and s over e = ``digest``, as a token's SKF_ECCSignData makes them (GM/T 0009, 8.2)."""
        point = sm2.coordinates(self.point)
        r, s = sm2.arithmetic(digest).sign(b"", self.number, sm2.DEFAULT_ID, point)
        return r, s

    def opened(self, cipher: Sm2Cipher) -> bytes:
        """Return what was sealed for this key; ValueError where it was for another."""
        try:
            return bytes(SM2(self.private).decrypt(cipher.point + cipher.digest + cipher.text))
        except GMError as error:
            raise ValueError("it was not sealed for this key") from error

    @property
    def pkcs8(self) -> bytes:
        """PrivateKeyInfo with an ECPrivateKey (RFC 5915)."""
        key = sequence(integer(1), octet_string(self.private), tagged(1, bit_string(self.point)))
        return sequence(integer(0), _SM2_ALGORITHM, octet_string(key))


def new_key(kind: str) -> PrivateKey:
    """Generate a key of a kind as policies name them: ``rsa:2048``, ``ec:secp256r1``, ``sm2``."""
    family, _, size = kind.partition(":")
    if family == "sm2":
        return Sm2PrivateKey.new()
    if family == "ec":
        return Native(ec.generate_private_key(_CURVES[size]()))
    return Native(rsa.generate_private_key(public_exponent=_PUBLIC_EXPONENT, key_size=int(size)))


def private_pem(key: PrivateKey) -> bytes:
    """Return a key as PEM of PKCS#8, not encrypted: for 0600 files."""
    lines = textwrap.wrap(base64.b64encode(key.pkcs8).decode(), 64)
    return "\n".join(
        ("-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----", "")
    ).encode()


def read_private_pem(pem: bytes) -> PrivateKey:
    """Return the first key in ``pem``, not encrypted, an SM2 key as PKCS#8; ValueError, TypeError."""
    found = _PEM.search(pem)
    if found is not None and _SM2_ALGORITHM in (der := base64.b64decode(found[1])):
        return _read_sm2(der)
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, NativeKey):
        raise ValueError("neither an RSA, an EC nor an SM2 key")  # noqa: TRY004 - of the file
    return Native(key)


def _read_sm2(der: bytes) -> Sm2PrivateKey:
    _, _, key, *_ = elements(read_element(der).need(Tag.SEQUENCE))
    _, private, *_ = elements(read_element(key.need(Tag.OCTET_STRING)).need(Tag.SEQUENCE))
    return Sm2PrivateKey.of(int.from_bytes(private.need(Tag.OCTET_STRING), "big"))
