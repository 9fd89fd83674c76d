"""DER as far as the messages made here need it (X.690): the counterpart of :mod:`agent.keys.der`."""

from __future__ import annotations

from agent.keys.der import Tag

NULL = b"\x05\x00"


def encoded(tag: int, *parts: bytes) -> bytes:
    """Return an element of ``parts``, its length in the shortest form (X.690, 10.1)."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of elements."""
    return encoded(Tag.SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """Return a SET OF, its members in the order of their bytes (X.690, 11.6)."""
    return encoded(Tag.SET, *sorted(parts))


def tagged(number: int, *parts: bytes) -> bytes:
    """Return a constructed element with the context tag ``number``: ``[number]``."""
    return encoded(0xA0 | number, *parts)


def integer(number: int) -> bytes:
    """Return an INTEGER that is not negative, in the fewest bytes (X.690, 8.3.2)."""
    return encoded(Tag.INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def octet_string(content: bytes) -> bytes:
    """Return an OCTET STRING."""
    return encoded(Tag.OCTET_STRING, content)


def bit_string(content: bytes) -> bytes:
    """Return a BIT STRING of whole bytes."""
    return encoded(Tag.BIT_STRING, b"\0", content)


def object_identifier(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER written with dots (X.690, 8.19)."""
    first, second, *further = (int(arc) for arc in dotted.split("."))
    return encoded(Tag.OID, *(_arc(arc) for arc in (40 * first + second, *further)))


def _arc(number: int) -> bytes:
    digits = [number & 0x7F]
    while number := number >> 7:
        digits.append(0x80 | number & 0x7F)
    return bytes(reversed(digits))
