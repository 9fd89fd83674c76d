"""The structures of GM/T 0016 (6.4) as bytes, for libraries whose ULONG is 4 or 8 bytes. Pure.

Numbers are in the machine's order, what belongs to keys is big-endian and stands at the right end of its
field. Packed or not makes a difference for DEVINFO alone.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from agent.tokens.worker.skf.codes import SM4_ECB

if TYPE_CHECKING:
    from agent.keys.sm2_cipher import Sm2Cipher
    from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey

UNTOUCHED = b"\xaa"
"""What a DEVINFO is filled with, to see what a library writes."""
_FIELD = 64
"""ECC_MAX_XCOORDINATE_BITS_LEN and the like are 512 bits."""
_NUMBER = 32
_SM2_BITS = 256
_RSA_MODULUS, _RSA_EXPONENT = 256, 4
_INITIAL_VECTOR = 32
_VERSION_AND_TEXTS = struct.Struct("=2B64s64s32s32s")
_TEXTS = 198
"""Where the texts and versions of DEVINFO end: three VERSIONs, and texts of 64, 64, 32 and 32 bytes."""
_ALIGNED_TEXTS = 200
_NUMBERS = 8
_RESERVED = 64


class BlobError(ValueError):
    """A library gave something that is not the structure it should be."""


class DeviceInfo(NamedTuple):
    """DEVINFO."""

    version: tuple[int, int]
    """Of the standard, as the device has it."""
    manufacturer: bytes
    issuer: bytes
    label: bytes
    serial: bytes
    total_space: int
    """Bytes; 0 where the device does not tell."""
    free_space: int


@dataclass(frozen=True)
class Layout:
    """How a library lays its structures out."""

    ulong_bytes: int
    """4, as the standard has it, or 8 where a library says ``unsigned long`` on Linux."""

    @cached_property
    def public_key_bytes(self) -> int:
        """The size of ECCPUBLICKEYBLOB."""
        return self.ulong_bytes + 2 * _FIELD

    @cached_property
    def rsa_public_key_bytes(self) -> int:
        """The size of RSAPUBLICKEYBLOB, which may be filled up at its end."""
        return 2 * self.ulong_bytes + _RSA_MODULUS + _RSA_EXPONENT

    def is_rsa(self, blob: bytes) -> bool:
        """Return whether a public key is RSAPUBLICKEYBLOB, by its size."""
        return len(blob) in self._rsa_sizes

    @cached_property
    def _rsa_sizes(self) -> tuple[int, int]:
        size = self.rsa_public_key_bytes
        return size, size + -size % self.ulong_bytes

    def point(self, blob: bytes) -> bytes:
        """Return the point of an ECCPUBLICKEYBLOB, uncompressed; BlobError."""
        if len(blob) != self.public_key_bytes:
            raise BlobError(f"a public key of {len(blob)} bytes")
        bits, *_ = self._numbers_in(blob, 0, 1)
        x, y = blob[-2 * _FIELD : -_FIELD], blob[-_FIELD:]
        padding = x[:-_NUMBER] + y[:-_NUMBER]
        if bits != _SM2_BITS or any(padding):
            raise BlobError("a public key that is none of SM2")
        return b"\x04" + x[-_NUMBER:] + y[-_NUMBER:]

    def rsa_numbers(self, blob: bytes) -> tuple[bytes, int]:
        """Return modulus, big-endian without zeros around it, and exponent of an RSAPUBLICKEYBLOB."""
        end = 2 * self.ulong_bytes + _RSA_MODULUS
        exponent = blob[end : end + _RSA_EXPONENT].strip(b"\0")
        return self.rsa_modulus(blob), int.from_bytes(exponent, "big")

    def rsa_modulus(self, blob: bytes) -> bytes:
        """Return the modulus alone."""
        start = 2 * self.ulong_bytes
        return blob[start : start + _RSA_MODULUS].strip(b"\0")

    def signature(self, blob: bytes) -> tuple[int, int]:
        """Return r and s of an ECCSIGNATUREBLOB."""
        return (
            int.from_bytes(blob[:_FIELD], "big"),
            int.from_bytes(blob[_FIELD : 2 * _FIELD], "big"),
        )

    def cipher(self, cipher: Sm2Cipher) -> bytes:
        """Return ECCCIPHERBLOB: C1 as two fields, C3, the length of C2, C2."""
        return b"".join(
            (
                *_coordinates(cipher.point),
                cipher.digest,
                self._numbers(len(cipher.text)),
                cipher.text,
            )
        )

    def enveloped_key(self, envelope: Sm2EnvelopedKey) -> bytes:
        """Return ENVELOPEDKEYBLOB, by which SKF_ImportECCKeyPair takes an encryption pair.

        The private half stands at the right end of its field, as it does in all others. ECB makes the last
        32 bytes of a longer ciphertext the same as a short one's.
        """
        return b"".join(
            (
                self._numbers(1, SM4_ECB, _SM2_BITS),
                envelope.encrypted.rjust(_FIELD, b"\0"),
                self._numbers(_SM2_BITS),
                *_coordinates(envelope.public.bits),
                self.cipher(envelope.sealed_key),
            )
        )

    def block_cipher_parameters(self, initial: bytes = b"") -> bytes:
        """Return BLOCKCIPHERPARAM for CBC, or without ``initial`` for ECB; without padding."""
        return initial.ljust(_INITIAL_VECTOR, b"\0") + self._numbers(len(initial), 0, 0)

    @cached_property
    def device_info_bytes(self) -> int:
        """The most a DEVINFO takes."""
        return _ALIGNED_TEXTS + _NUMBERS * self.ulong_bytes + _RESERVED

    def device_info(self, written: bytes) -> DeviceInfo:
        """Return what a library has written into bytes of ``UNTOUCHED``, packed or not.

        Not packed it leaves two bytes before the numbers alone, or writes two more at the end.
        """
        packed_end = self.device_info_bytes - 2
        gap = 2 * UNTOUCHED
        is_aligned = (
            written[_TEXTS:_ALIGNED_TEXTS] == gap
            or written[packed_end : self.device_info_bytes] != gap
        )
        numbers = self._numbers_in(written, _ALIGNED_TEXTS if is_aligned else _TEXTS, _NUMBERS)
        major, minor, *texts = _VERSION_AND_TEXTS.unpack_from(written)
        manufacturer, issuer, label, serial = map(_text, texts)
        return DeviceInfo(
            version=(major, minor),
            manufacturer=manufacturer,
            issuer=issuer,
            label=label,
            serial=serial,
            total_space=numbers[4],
            free_space=numbers[5],
        )

    def _numbers(self, *values: int) -> bytes:
        return struct.pack(f"={len(values)}{self._code}", *values)

    def _numbers_in(self, blob: bytes, offset: int, count: int) -> tuple[int, ...]:
        return struct.unpack_from(f"={count}{self._code}", blob, offset)

    @cached_property
    def _code(self) -> str:
        return "Q" if self.ulong_bytes == 8 else "I"


def _coordinates(point: bytes) -> tuple[bytes, bytes]:
    """Return x and y of an uncompressed point, each at the right end of its field."""
    x, y = point[1 : 1 + _NUMBER], point[1 + _NUMBER :]
    return x.rjust(_FIELD, b"\0"), y.rjust(_FIELD, b"\0")


def _text(field: bytes) -> bytes:
    """Return a text up to its NUL; nothing of a field that was left alone."""
    text = field.partition(b"\0")[0]
    return text if text.strip(UNTOUCHED) else b""
