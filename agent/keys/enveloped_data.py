"""CMS EnvelopedData (RFC 5652, 6) in the making: content for the holders of certificates alone. Pure.

With AES-256-CBC (RFC 3565) and key transport to RSA keys (RFC 3370, 4.2.1): what portals, OpenSSL and
BouncyCastle read. Where one of the holders has an SM2 key, as GM/T 0010 has it: with SM4-CBC and SM2Cipher,
which is what tokens by SKF open. What is read of such messages: :mod:`agent.tokens.worker.envelope`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES256, SM4
from cryptography.hazmat.primitives.padding import PKCS7

from agent.keys.certified import key_of
from agent.keys.der_writing import (
    NULL,
    encoded,
    integer,
    object_identifier,
    octet_string,
    sequence,
    set_of,
    tagged,
)
from agent.keys.public_key import NotSealableError, PublicKey
from agent.keys.schemes import RSA, Family
from agent.keys.signed_data import DATA
from agent.keys.signing import issuer_and_serial

ENVELOPED_DATA = "1.2.840.113549.1.7.3"
_GM_ENVELOPED_DATA, _GM_DATA = "1.2.156.10197.6.1.4.2.3", "1.2.156.10197.6.1.4.2.1"
_SM2_ENCRYPTION = "1.2.156.10197.1.301.3"
_CHUNK_BYTES = 256 << 10
"""Encrypted in one call: 2 ms with SM4."""
_BLOCK_BITS = 128
_IMPLICIT_CONTENT = 0x80


class _Kind(msgspec.Struct, frozen=True):
    """One of the two ways in which a message is put together."""

    message: str
    content: str
    """Types of content."""
    version: int
    """Of the message and of each recipient, who is named by issuer and serial number alone."""
    algorithm: str
    key_bytes: int
    cipher: Callable[[bytes], BlockCipherAlgorithm]


_AES = _Kind(ENVELOPED_DATA, DATA, 0, "2.16.840.1.101.3.4.1.42", 32, AES256)
_SM4 = _Kind(_GM_ENVELOPED_DATA, _GM_DATA, 1, "1.2.156.10197.1.104.2", 16, SM4)


def enveloped(content: bytes, certificates: Sequence[bytes]) -> bytes:
    """Return ``content`` for the holders of certificates (DER): the ContentInfo as DER.

    Raises:
        NotSealableError: there is none, or one is for a key that no key is transported to.
        UnreadableKeyError: one is for a key that is not known here.
    """
    if not certificates:
        raise NotSealableError("nobody to seal it for")
    keys = [key_of(x509.load_der_x509_certificate(certificate)) for certificate in certificates]
    kind = _SM4 if any(key.family is Family.SM2 for key in keys) else _AES
    key, initial = secrets.token_bytes(kind.key_bytes), secrets.token_bytes(_BLOCK_BITS // 8)
    recipients = (
        _recipient(certificate, public, key, kind)
        for certificate, public in zip(certificates, keys, strict=True)
    )
    enveloped_data = sequence(
        integer(kind.version),
        set_of(*recipients),
        sequence(
            object_identifier(kind.content),
            sequence(object_identifier(kind.algorithm), octet_string(initial)),
            encoded(_IMPLICIT_CONTENT, _encrypted(content, kind.cipher(key), initial)),
        ),
    )
    return sequence(object_identifier(kind.message), tagged(0, enveloped_data))


def _recipient(certificate: bytes, public: PublicKey, key: bytes, kind: _Kind) -> bytes:
    """KeyTransRecipientInfo (6.2.1)."""
    if public.family is Family.EC:
        raise NotSealableError(public.kind)
    is_rsa = public.family is Family.RSA
    algorithm = (object_identifier(RSA), NULL) if is_rsa else (object_identifier(_SM2_ENCRYPTION),)
    return sequence(
        integer(kind.version),
        issuer_and_serial(certificate),
        sequence(*algorithm),
        octet_string(public.seal(key)),
    )


def _encrypted(content: bytes, cipher: BlockCipherAlgorithm, initial: bytes) -> bytes:
    padder = PKCS7(_BLOCK_BITS).padder()  # 6.3
    encryptor = Cipher(cipher, modes.CBC(initial)).encryptor()
    whole, blocks = memoryview(content), bytearray()
    for at in range(0, len(whole), _CHUNK_BYTES):  # no other thread runs during a call
        blocks += encryptor.update(padder.update(whole[at : at + _CHUNK_BYTES]))
    blocks += encryptor.update(padder.finalize()) + encryptor.finalize()
    return bytes(blocks)
