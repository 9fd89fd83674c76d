"""Certificates as no library writes them: every part can be replaced by bytes of one's own.

Nothing is signed; who reads dates and names does not look at signatures.
"""

from __future__ import annotations

from certificate_maker import ORGANISATION, ec_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

UTF8, NUMERIC, PRINTABLE, TELETEX, IA5, UNIVERSAL, BMP = 0x0C, 0x12, 0x13, 0x14, 0x16, 0x1C, 0x1E
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
KEY_USAGE, BASIC_CONSTRAINTS, ALTERNATIVE_NAME = "2.5.29.15", "2.5.29.19", "2.5.29.17"
ORGANISATION_NAME, COMMON_NAME = "2.5.4.10", "2.5.4.3"
SIGNS = bytes.fromhex("030206c0")  # BIT STRING: digitalSignature, contentCommitment
ECDSA = bytes.fromhex("300a06082a8648ce3d040302")


def tlv(tag: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def sequence(*parts: bytes) -> bytes:
    return tlv(0x30, *parts)


def oid(dotted: str) -> bytes:
    first, second, *arcs = map(int, dotted.split("."))
    content = b""
    for arc in (first * 40 + second, *arcs):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(0x80 | arc & 0x7F)
        content += bytes(reversed(groups))
    return tlv(0x06, content)


def attribute(kind: str, value: bytes, tag: int = UTF8) -> bytes:
    return sequence(oid(kind), tlv(tag, value))


def name_of(*attributes: bytes) -> bytes:
    return sequence(*(tlv(0x31, attribute) for attribute in attributes))


def named(value: bytes, tag: int = UTF8) -> bytes:
    """Return a subject whose organisation is the given bytes in a string of the given type."""
    return name_of(attribute(ORGANISATION_NAME, value, tag))


def extension(kind: str, value: bytes, *, critical: bytes = b"") -> bytes:
    return sequence(oid(kind), critical, tlv(0x04, value))


def validity(end: bytes, end_tag: int, begin: bytes = b"210701000000Z") -> bytes:
    return sequence(tlv(UTC_TIME, begin), tlv(end_tag, end))


def public_key(key=None) -> bytes:
    return (
        (key or ec_key()).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )


USUAL_EXTENSIONS = (extension(KEY_USAGE, SIGNS, critical=b"\x01\x01\xff"),)


def make(
    *,
    version: bytes = bytes.fromhex("a003020102"),
    serial: bytes = b"\x02\x01\x07",
    algorithm: bytes = ECDSA,
    issuer: bytes | None = None,
    dates: bytes | None = None,
    subject: bytes | None = None,
    key: bytes | None = None,
    extensions: tuple[bytes, ...] | None = USUAL_EXTENSIONS,
    signature: bytes = b"\x03\x09\x00\x30\x06\x02\x01\x01\x02\x01\x01",
) -> bytes:
    """Return a certificate of the given parts."""
    if issuer is None:
        issuer = named(b"Authority")
    signed = sequence(
        version,
        serial,
        algorithm,
        issuer,
        dates if dates is not None else validity(b"300101000000Z", UTC_TIME),
        subject if subject is not None else named(ORGANISATION.encode()),
        key if key is not None else public_key(),
        *([tlv(0xA3, sequence(*extensions))] if extensions is not None else []),
    )
    return sequence(signed, algorithm, signature)
