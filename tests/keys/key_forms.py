"""How authorities send an SM2 encryption key: each form made from its parts as its standard has them."""

from __future__ import annotations

import struct

from agent.keys import sm2
from agent.keys.der import elements, read_element
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
from agent.keys.sm2_enveloped_key import SM4_ECB, Sm2EnvelopedKey

SIGNED_AND_ENVELOPED = "1.2.156.10197.6.1.4.2.4"
GM_DATA = "1.2.156.10197.6.1.4.2.1"
SM2_SEALED, SM3 = "1.2.156.10197.1.301.3", "1.2.156.10197.1.401"


def csr_response(key: Sm2EnvelopedKey, certificate: bytes, *, explicit: bool = True) -> bytes:
    """CSRResponse (GM/T 0092, 8)."""
    inner = key.der if explicit else b"".join(_parts(key.der))
    return sequence(set_of(certificate), tagged(0, inner), tagged(1, set_of(certificate)))


def signed_and_enveloped(
    key: Sm2EnvelopedKey,
    content_type: str = SIGNED_AND_ENVELOPED,
    *,
    recipients: int = 1,
    algorithm: str = SM4_ECB,
) -> bytes:
    """SignedAndEnvelopedData (GM/T 0010) around the private key, with a signature nobody can check."""
    who = sequence(sequence(), integer(7))
    recipient = sequence(integer(1), who, _algorithm(SM2_SEALED), octet_string(key.sealed_key.der))
    content = sequence(
        object_identifier(GM_DATA), _algorithm(algorithm), encoded(0x80, key.encrypted)
    )
    signer = sequence(
        integer(1),
        who,
        _algorithm(SM3),
        _algorithm("1.2.156.10197.1.301.1"),
        octet_string(b"?" * 70),
    )
    message = sequence(
        integer(1),
        encoded(0x31, *(recipient,) * recipients),
        set_of(_algorithm(SM3)),
        content,
        set_of(signer),
    )
    return sequence(object_identifier(content_type), tagged(0, message))


def key_blob(key: Sm2EnvelopedKey, number: str = "<I") -> bytes:
    """ENVELOPEDKEYBLOB (GM/T 0016, 6.4.10); ``number`` is how the library has its ULONG."""

    def ulong(value: int) -> bytes:
        return struct.pack(number, value)

    x, y = sm2.coordinates(key.public.bits[-65:])
    cx, cy = sm2.coordinates(key.sealed_key.point)
    return b"".join(
        (
            ulong(1), ulong(0x401), ulong(256),
            key.encrypted.rjust(64, b"\0"),
            ulong(256), x.to_bytes(64, "big"), y.to_bytes(64, "big"),
            cx.to_bytes(64, "big"), cy.to_bytes(64, "big"), key.sealed_key.digest,
            ulong(16), key.sealed_key.text,
        )
    )  # fmt: skip


def _algorithm(oid: str) -> bytes:
    return sequence(object_identifier(oid), NULL)


def _parts(der: bytes) -> list[bytes]:
    return [part.encoded for part in elements(read_element(der).content)]
