"""An SM2 private key in software, as no part of the program has one: gmalg signs and decrypts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from certificate_maker import openssl
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from gmalg import SM2
from gmssl_pyx import sm2_decrypt

from agent.keys.der_writing import (
    bit_string,
    integer,
    object_identifier,
    octet_string,
    sequence,
    tagged,
)
from agent.keys.public_key import PublicKey
from agent.keys.sm2 import DEFAULT_ID
from agent.keys.sm2_cipher import Sm2Cipher
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey

DISTID = "distid:1234567812345678"
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
EC_PUBLIC_KEY, SM2_CURVE = "1.2.840.10045.2.1", "1.2.156.10197.1.301"


@dataclass(frozen=True)
class Sm2Key:
    private: bytes
    """32 bytes."""
    point: bytes

    @classmethod
    def new(cls) -> Sm2Key:
        private, point = SM2().generate_keypair()
        return cls(private.rjust(32, b"\0"), point)

    @property
    def public(self) -> PublicKey:
        return PublicKey.from_point(self.point)

    @property
    def pkcs8(self) -> bytes:
        """PrivateKeyInfo (RFC 5208) with ECPrivateKey (RFC 5915)."""
        key = sequence(integer(1), octet_string(self.private), tagged(1, bit_string(self.point)))
        algorithm = sequence(object_identifier(EC_PUBLIC_KEY), object_identifier(SM2_CURVE))
        return sequence(integer(0), algorithm, octet_string(key))

    def sign(self, data: bytes) -> bytes:
        r, s = SM2(self.private, DEFAULT_ID, self.point).sign(data)
        return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))

    def opened(self, sealed: bytes) -> bytes:
        cipher = Sm2Cipher.read(sealed)
        return SM2(self.private).decrypt(cipher.point + cipher.digest + cipher.text)


def opened(envelope: Sm2EnvelopedKey, recipient: Sm2Key) -> bytes:
    """Open it as a token does, with GmSSL's decryption."""
    key = sm2_decrypt(recipient.private, envelope.sealed_key.der)
    decryptor = Cipher(algorithms.SM4(key), modes.ECB()).decryptor()
    return decryptor.update(envelope.encrypted) + decryptor.finalize()


@dataclass(frozen=True)
class Signer:
    """Whoever signs: a certificate, and how its key signs what is given."""

    certificate: bytes
    sign: Callable[[bytes], bytes]


def sm2_signer(key: Sm2Key, folder: Path) -> Signer:
    (folder / "key.der").write_bytes(key.pkcs8)
    certificate = openssl(
        "req", "-x509", "-key", "key.der", "-keyform", "DER", "-sm3", "-sigopt", DISTID,
        "-days", "30", "-outform", "DER", "-subj", "/C=CN/O=SM2/CN=签名", "-utf8", folder=folder,
    )  # fmt: skip
    return Signer(certificate, key.sign)
