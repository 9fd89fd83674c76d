"""CMS EnvelopedData (RFC 5652, 6) in the making: content for the holders of certificates alone. Pure.

With AES-256-CBC (RFC 3565) and key transport to RSA keys (RFC 3370, 4.2.1): what portals, OpenSSL and
BouncyCastle read. What is read of such messages: :mod:`agent.tokens.worker.envelope`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
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
from agent.keys.public_key import NotSealableError
from agent.keys.schemes import RSA, Family
from agent.keys.signed_data import DATA
from agent.keys.signing import issuer_and_serial

ENVELOPED_DATA = "1.2.840.113549.1.7.3"
_AES256_CBC = "2.16.840.1.101.3.4.1.42"
_KEY_BYTES = 32
_BLOCK_BITS = 128
_IMPLICIT_CONTENT = 0x80


def enveloped(content: bytes, certificates: Sequence[bytes]) -> bytes:
    """Return ``content`` for the holders of certificates (DER): the ContentInfo as DER.

    Raises:
        NotSealableError: there is none, or one is for a key that no key is transported to.
        UnreadableKeyError: one is for a key that is not known here.
    """
    if not certificates:
        raise NotSealableError("nobody to seal it for")
    key, initial = secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_BLOCK_BITS // 8)
    enveloped_data = sequence(
        integer(0),  # 6.1: issuer and serial number alone name the recipients
        set_of(*(_recipient(certificate, key) for certificate in certificates)),
        sequence(
            object_identifier(DATA),
            sequence(object_identifier(_AES256_CBC), octet_string(initial)),
            encoded(_IMPLICIT_CONTENT, _encrypted(content, key, initial)),
        ),
    )
    return sequence(object_identifier(ENVELOPED_DATA), tagged(0, enveloped_data))


def _recipient(certificate: bytes, key: bytes) -> bytes:
    """KeyTransRecipientInfo (6.2.1)."""
    public = key_of(x509.load_der_x509_certificate(certificate))
    if public.family is not Family.RSA:
        raise NotSealableError(public.kind)
    return sequence(
        integer(0),
        issuer_and_serial(certificate),
        sequence(object_identifier(RSA), NULL),
        octet_string(public.seal(key)),
    )


def _encrypted(content: bytes, key: bytes, initial: bytes) -> bytes:
    padder = PKCS7(_BLOCK_BITS).padder()  # 6.3
    encryptor = Cipher(algorithms.AES(key), modes.CBC(initial)).encryptor()
    padded = padder.update(content) + padder.finalize()
    return encryptor.update(padded) + encryptor.finalize()
