"""SM2Cipher: what is sealed for an SM2 key, as it travels (GM/T 0009, 7.2). Pure."""

from __future__ import annotations

import msgspec

from agent.keys import sm2
from agent.keys.der import DerError, Element, Tag, elements, read_element
from agent.keys.der_writing import integer, octet_string, sequence

MAX_SEALED_BYTES = 1 << 10
"""Keys and challenges are sealed, nothing longer."""


class CipherError(ValueError):
    """The bytes are no SM2Cipher."""


class Sm2Cipher(msgspec.Struct, frozen=True):
    """SEQUENCE { x INTEGER, y INTEGER, HASH OCTET STRING (32 bytes), CipherText OCTET STRING }."""

    point: bytes
    """C1, uncompressed: 65 bytes, on the curve."""
    digest: bytes
    """C3, 32 bytes."""
    text: bytes
    """C2, as long as what is sealed."""

    @classmethod
    def of(cls, encrypted: sm2.Encrypted) -> Sm2Cipher:
        """Return what encryption made."""
        point = sm2.point_of(encrypted.x, encrypted.y)
        return cls(point, encrypted.digest, encrypted.text)

    @classmethod
    def read(cls, der: bytes) -> Sm2Cipher:
        """Return what stands in ``der``; CipherError."""
        try:
            x, y, digest, text = elements(read_element(der).need(Tag.SEQUENCE))
            point = sm2.point_of(_number(x), _number(y))
            cipher = cls(point, digest.need(Tag.OCTET_STRING), text.need(Tag.OCTET_STRING))
        except (ValueError, OverflowError) as error:  # DerError, and another number of parts
            raise CipherError("no SM2Cipher") from error
        if cipher.der != der:
            raise CipherError("no SM2Cipher in DER")
        return cls.checked(point, cipher.digest, cipher.text)

    @classmethod
    def checked(cls, point: bytes, digest: bytes, text: bytes) -> Sm2Cipher:
        """Return what consists of these parts; CipherError."""
        if len(digest) != sm2.DIGEST_BYTES:
            raise CipherError("a digest of another size")
        if not sm2.is_point(point) or not 0 < len(text) <= MAX_SEALED_BYTES:
            raise CipherError("not a point of the SM2 curve, or nothing or too much is sealed")
        return cls(point, digest, text)

    @property
    def der(self) -> bytes:
        """It as DER."""
        x, y = sm2.coordinates(self.point)
        return sequence(integer(x), integer(y), octet_string(self.digest), octet_string(self.text))


def _number(element: Element) -> int:
    content = element.need(Tag.INTEGER)
    if not content or content[0] & 0x80:
        raise DerError("a number that is not negative expected")
    return int.from_bytes(content, "big")
