"""The standard extensions that are understood here, each from its value (RFC 5280, 4.2.1)."""

from __future__ import annotations

from enum import IntEnum, unique

import msgspec

from agent.keys.der import DerError, Tag, elements, read_element

SUBJECT_KEY_ID = "2.5.29.14"
KEY_USAGE = "2.5.29.15"
BASIC_CONSTRAINTS = "2.5.29.19"
AUTHORITY_KEY_ID = "2.5.29.35"

_KEY_IDENTIFIER = 0x80


@unique
class UsageBit(IntEnum):
    """Bits of KeyUsage (RFC 5280, 4.2.1.3)."""

    DIGITAL_SIGNATURE = 0
    CONTENT_COMMITMENT = 1
    KEY_ENCIPHERMENT = 2
    DATA_ENCIPHERMENT = 3
    KEY_AGREEMENT = 4
    KEY_CERT_SIGN = 5


class BasicConstraints(msgspec.Struct, frozen=True):
    """Whether the subject is a CA, and how many CAs may stand between it and a certificate."""

    is_ca: bool
    path_length: int | None


def read_key_usage(value: bytes) -> frozenset[int]:
    """Return the numbers of the bits that are set (X.680, 22.7); DerError where it is no KeyUsage."""
    content = read_element(value).need(Tag.BIT_STRING)
    if not content:
        raise DerError("no bit string")
    octets = content[1:3]
    return frozenset(i for i in range(len(octets) * 8) if octets[i // 8] >> (7 - i % 8) & 1)


def read_basic_constraints(value: bytes) -> BasicConstraints:
    """Return the constraints; DerError where it is no BasicConstraints."""
    is_ca, path_length = False, None
    for part in elements(read_element(value).need(Tag.SEQUENCE)):
        if part.tag == Tag.BOOLEAN:
            is_ca = any(part.content)
        else:
            path_length = int.from_bytes(part.need(Tag.INTEGER), "big")
    return BasicConstraints(is_ca, path_length)


def read_subject_key_id(value: bytes) -> bytes:
    """Return the key identifier; DerError where there is none."""
    return read_element(value).need(Tag.OCTET_STRING)


def read_authority_key_id(value: bytes) -> bytes | None:
    """Return the issuer's key identifier, where it is given; DerError where it is something else."""
    parts = elements(read_element(value).need(Tag.SEQUENCE))
    return next((part.content for part in parts if part.tag == _KEY_IDENTIFIER), None)
