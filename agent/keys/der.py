"""DER as far as a certificate needs it (X.690): tags, lengths, OIDs. Nothing is read twice or guessed.

The strict readers of the libraries refuse a whole certificate for one bad byte; a token's owner still
wants to know until when it is valid. So the frame is read here, part by part.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum, unique

MAX_OID_BYTES = 64


@unique
class Tag(IntEnum):
    """Identifier octets that occur in certificates."""

    BOOLEAN = 0x01
    INTEGER = 0x02
    BIT_STRING = 0x03
    OCTET_STRING = 0x04
    OID = 0x06
    UTF8_STRING = 0x0C
    NUMERIC_STRING = 0x12
    PRINTABLE_STRING = 0x13
    TELETEX_STRING = 0x14
    IA5_STRING = 0x16
    UTC_TIME = 0x17
    GENERALIZED_TIME = 0x18
    VISIBLE_STRING = 0x1A
    UNIVERSAL_STRING = 0x1C
    BMP_STRING = 0x1E
    SEQUENCE = 0x30
    SET = 0x31


class DerError(ValueError):
    """The bytes do not have the structure they must have."""


@dataclass(frozen=True, slots=True)
class Element:
    """One value with its tag; ``encoded`` is all of it, ``content`` what the length spans."""

    tag: int
    content: bytes
    encoded: bytes

    def need(self, tag: Tag) -> bytes:
        """Return the content of an element that must have ``tag``, or raise DerError."""
        if self.tag != tag:
            raise DerError(f"{tag.name} expected")
        return self.content


def read_element(data: bytes, offset: int = 0) -> Element:
    """Return the element that begins at ``offset``; DerError as :func:`span` has it."""
    start, end = span(data, offset)
    return Element(data[offset], data[start:end], data[offset:end])


def span(data: bytes, offset: int = 0) -> tuple[int, int]:
    """Return where the content of the element at ``offset`` begins, and where it ends.

    Raises:
        DerError: it is not whole, of indefinite length, or its tag has several bytes.
    """
    start = offset + 2
    if start > len(data) or data[offset] & 0x1F == 0x1F:
        raise DerError("no element")
    length = data[offset + 1]
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4 or start + size > len(data):
            raise DerError("no definite length")
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    if start + length > len(data):
        raise DerError("cut short")
    return start, start + length


def elements(content: bytes) -> Iterator[Element]:
    """Yield the elements that ``content`` consists of; DerError comes where one is broken."""
    offset = 0
    while offset < len(content):
        element = read_element(content, offset)
        yield element
        offset += len(element.encoded)


def first_of(content: bytes) -> Element:
    """Return the first of the elements that ``content`` consists of; DerError where there is none."""
    return read_element(content)


def dotted(content: bytes) -> str:
    """Return an OBJECT IDENTIFIER's content in dotted form (X.690, 8.19)."""
    if not content or len(content) > MAX_OID_BYTES or content[-1] & 0x80:
        raise DerError("no object identifier")
    arcs, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))
