"""ENVELOPEDKEYBLOB: an SM2 key pair in the form a token imports it (GM/T 0016, 6.4.10), read. Pure.

A structure of C: its numbers are in the machine's order and, by the standard, 4 bytes wide; libraries that
have them of 8 bytes write it so.
"""

from __future__ import annotations

from agent.keys import sm2
from agent.keys.public_key import PublicKey
from agent.keys.sm2_cipher import Sm2Cipher
from agent.keys.sm2_enveloped_key import SM4_KEY_BYTES, EnvelopedKeyError, Sm2EnvelopedKey

_PLACE = 64
"""Bytes of a number's place; those of SM2 are the last 32 of it."""
_HEAD_NUMBERS, _DIGEST = 3, 32
_VERSION, _SM4_ECB, _BITS = 1, 0x401, 256
_WIDTHS = {
    width: _HEAD_NUMBERS * width + 5 * _PLACE + _DIGEST + 2 * width + SM4_KEY_BYTES
    for width in (4, 8)
}
"""Size of the whole, with a key of SM4 inside, by the width of its numbers."""


def is_key_blob(content: bytes) -> bool:
    """Return whether ``content`` is such a structure by its size and its version."""
    width = _width(content)
    return width is not None and int.from_bytes(content[:width], "little") == _VERSION


def read_key_blob(content: bytes) -> Sm2EnvelopedKey:
    """Return the key in a structure (:func:`is_key_blob`); EnvelopedKeyError."""
    width = _width(content)
    assert width is not None, "it was asked for"
    fields = _Fields(content, width)
    version, algorithm, bits = fields.number(), fields.number(), fields.number()
    private = fields.take(_PLACE)
    public_bits, public = fields.number(), fields.point()
    point, digest, length = fields.point(), fields.take(_DIGEST), fields.number()
    if (version, algorithm, bits, public_bits) != (_VERSION, _SM4_ECB, _BITS, _BITS):
        raise EnvelopedKeyError("not a key of 256 bits under SM4 in ECB mode")
    if length != SM4_KEY_BYTES:
        raise EnvelopedKeyError("no key of SM4 in it")
    try:
        cipher = Sm2Cipher.checked(point, digest, fields.take(length))
        found = PublicKey.from_point(public)
    except ValueError as error:
        raise EnvelopedKeyError(str(error)) from error
    half = _PLACE // 2
    return Sm2EnvelopedKey.checked(
        found, cipher, private if any(private[:half]) else private[half:]
    )


def _width(content: bytes) -> int | None:
    return next((width for width, size in _WIDTHS.items() if len(content) == size), None)


class _Fields:
    """What follows, field after field."""

    def __init__(self, content: bytes, width: int) -> None:
        self._content = content
        self._width = width
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next bytes."""
        self._at += size
        return self._content[self._at - size : self._at]

    def number(self) -> int:
        """Return the next number."""
        return int.from_bytes(self.take(self._width), "little")

    def point(self) -> bytes:
        """Return the next two places as a point; EnvelopedKeyError where one is not to the right."""
        x, y = (int.from_bytes(self.take(_PLACE), "big") for _ in range(2))
        if max(x, y).bit_length() > 8 * sm2.NUMBER_BYTES:
            raise EnvelopedKeyError("a number is not at the right end of its place")
        return sm2.point_of(x, y)
