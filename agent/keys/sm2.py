"""SM2 (GB/T 32918): points, the digest that is signed, signatures, encryption. Pure.

`cryptography` knows no SM2, so gmalg does the arithmetic. Its SM3 takes two seconds for a megabyte:
everything is digested by `cryptography`, and gmalg's core is handed the ready digest in place of a hash.

gmalg is imported where it is needed: most tokens have no SM2 certificate, and an agent at rest should
be small.
"""

from __future__ import annotations

from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_P = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFF_00000000_FFFFFFFF_FFFFFFFF
_A = _P - 3
_B = 0x28E9FA9E_9D9F5E34_4D5A9E4B_CF6509A7_F39789F5_15AB8F92_DDBCBD41_4D940E93
ORDER = 0xFFFFFFFE_FFFFFFFF_FFFFFFFF_FFFFFFFF_7203DF6B_21C6052B_53BBF409_39D54123
_G = (
    0x32C4AE2C_1F198119_5F990446_6A39C994_8FE30BBF_F2660BE1_715A4589_334C74C7,
    0xBC3736A2_F4F6779C_59BDCEE3_6B692153_D0A9877C_C62A4740_02DF32E5_2139F0A0,
)
"""The curve (GB/T 32918.5, 2); ORDER is n, that of its base point."""

DEFAULT_ID = b"1234567812345678"
"""The signer's identity where none was agreed on (GB/T 35276, 10). Certificates, requests and messages
use it. OpenSSL signs with an empty one unless it is told: such signatures are not right."""
POINT_BYTES = 65
NUMBER_BYTES = 32
DIGEST_BYTES = 32


class Encrypted(msgspec.Struct, frozen=True):
    """What encryption makes (GB/T 32918.4, 6.1): C1 as two numbers, C3, C2."""

    x: int
    y: int
    digest: bytes
    text: bytes


def sm3(*parts: bytes) -> bytes:
    """Return the SM3 digest (GB/T 32905) of ``parts``, one after the other."""
    digest = hashes.Hash(hashes.SM3())
    for part in parts:
        digest.update(part)
    return digest.finalize()


def is_point(point: bytes) -> bool:
    """Return whether ``point`` is an uncompressed point of the curve: 04, x, y (GB/T 32918.1, 4.2.9).

    The curve's cofactor is 1: every point of it but infinity, which is not written so, is a public key.
    """
    if len(point) != POINT_BYTES or point[0] != 0x04:
        return False
    x, y = coordinates(point)
    return x < _P and y < _P and (y * y - (x * x * x + _A * x + _B)) % _P == 0


def coordinates(point: bytes) -> tuple[int, int]:
    """Return x and y of an uncompressed point."""
    half = 1 + NUMBER_BYTES
    return int.from_bytes(point[1:half], "big"), int.from_bytes(point[half:], "big")


def point_of(x: int, y: int) -> bytes:
    """Return two numbers of 32 bytes at most as an uncompressed point."""
    return b"\x04" + x.to_bytes(NUMBER_BYTES, "big") + y.to_bytes(NUMBER_BYTES, "big")


def signed_digest(point: bytes, data: bytes) -> bytes:
    """Return e = SM3(Z ‖ data), which the key ``point`` signs (GB/T 32918.2, 5.5 and 6.1).

    This is what a token's SKF_ECCSignData takes (GM/T 0009, 8.1 and 8.2).
    """
    curve = (number.to_bytes(NUMBER_BYTES, "big") for number in (_A, _B, *_G))
    identity_bits = (8 * len(DEFAULT_ID)).to_bytes(2, "big")
    return sm3(sm3(identity_bits, DEFAULT_ID, *curve, point[1:]), data)


def is_signed(point: bytes, digest: bytes, signature: bytes) -> bool:
    """Return whether ``signature``, DER of SEQUENCE { r, s }, over e = ``digest`` is by ``point``.

    ``point`` is on the curve. False for whatever is not such a signature.
    """
    from gmalg.errors import GMError  # noqa: PLC0415

    try:
        r, s = decode_dss_signature(signature)
        return bool(arithmetic(digest).verify(b"", r, s, DEFAULT_ID, coordinates(point)))
    except (GMError, ArithmeticError, ValueError):
        return False


def encrypt(point: bytes, data: bytes) -> Encrypted:
    """Encrypt one byte or more to the key ``point``, which is on the curve (GB/T 32918.4, 6)."""
    (x, y), text, digest = _core(_Sm3()).encrypt(data, coordinates(point))
    return Encrypted(x, y, bytes(digest), bytes(text))


def arithmetic(digest: bytes) -> Any:  # noqa: ANN401 - gmalg has no types
    """Return gmalg's SM2Core, whose hash of whatever it signs or verifies is ``digest``."""
    return _core(_ReadyDigest(digest))


def _core(digest: _ReadyDigest | _Sm3) -> Any:  # noqa: ANN401 - gmalg has no types
    from gmalg.ellipticcurve import ECDLP  # noqa: PLC0415
    from gmalg.sm2 import SM2Core  # noqa: PLC0415

    return SM2Core(ECDLP(_P, _A, _B, _G, ORDER), digest)


class _ReadyDigest:
    """A hash, as gmalg asks for one, that has its value before anything is hashed."""

    def __init__(self, digest: bytes) -> None:
        self._digest = digest

    def reset(self) -> None:
        """Nothing was hashed."""

    def update(self, data: bytes) -> None:
        """Nothing is hashed."""

    def value(self) -> bytes:
        """Return the digest there was from the start."""
        return self._digest


class _Sm3:
    """SM3 by `cryptography`, as gmalg asks for a hash."""

    def __init__(self) -> None:
        self.reset()

    @staticmethod
    def hash_length() -> int:
        """Return the digest's size in bytes."""
        return DIGEST_BYTES

    def reset(self) -> None:
        """Begin anew."""
        self._hash = hashes.Hash(hashes.SM3())

    def update(self, data: bytes) -> None:
        """Take more to be hashed."""
        self._hash.update(bytes(data))

    def value(self) -> bytes:
        """Return the digest, once."""
        return self._hash.finalize()
