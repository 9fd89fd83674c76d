"""RSAES-OAEP's encoding (RFC 8017, 7.1.2) for tokens that decrypt a bare block only. Pure.

SoftHSM knows OAEP with SHA-1 alone, and cards often no more than raw RSA.
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec


class OaepError(Exception):
    """A block is not encoded so; why is not told, as the RFC has it."""


class Oaep(msgspec.Struct, frozen=True):
    """The parameters of RSAES-OAEP; hashes are named as hashlib names them."""

    hash: str = "sha256"
    mask_hash: str = "sha256"
    """That of MGF1."""
    label: bytes = b""

    def decoded(self, block: bytes, size: int) -> bytearray:
        """Return the message in a decrypted ``block`` of a key of ``size`` bytes; OaepError."""
        block = block.rjust(size, b"\0")
        length = hashlib.new(self.hash).digest_size
        if len(block) != size or size < 2 * length + 2:
            raise OaepError
        masked_seed, masked = block[1 : 1 + length], block[1 + length :]
        seed = _xor(masked_seed, self._mask(masked, length))
        data = bytearray(_xor(masked, self._mask(seed, len(masked))))
        expected = hashlib.new(self.hash, self.label).digest()
        start = data.find(b"\1", length)
        is_sound = (
            (not block[0])
            & hmac.compare_digest(data[:length], expected)
            & (start >= 0)
            & (not any(data[length : max(start, length)]))
        )
        if not is_sound:
            raise OaepError
        return data[start + 1 :]

    def _mask(self, seed: bytes, length: int) -> bytes:
        """MGF1 (RFC 8017, B.2.1)."""
        size = hashlib.new(self.mask_hash).digest_size
        blocks = (
            hashlib.new(self.mask_hash, seed + counter.to_bytes(4, "big")).digest()
            for counter in range(-(-length // size))
        )
        return b"".join(blocks)[:length]


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
