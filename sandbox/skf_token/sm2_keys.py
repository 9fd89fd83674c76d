"""What a token does with private SM2 keys (GB/T 32918). Pure but for randomness."""

from __future__ import annotations

from typing import Any

from gmalg import SM2
from gmalg.errors import GMError
from gmalg.sm2 import SM2Core

from agent.keys import sm2


def generate() -> tuple[bytes, bytes]:
    """Return a new private key, 32 bytes, and its point."""
    private, public = SM2().generate_keypair()
    return bytes(private), bytes(public)


def point_of(private: bytes) -> bytes:
    """Return the public half of a private key."""
    number = int.from_bytes(private, "big")
    return sm2.point_of(*SM2()._core.generate_pk(number))  # noqa: SLF001


def sign(private: bytes, point: bytes, digest: bytes) -> tuple[int, int]:
    """Return r and s over e = ``digest`` (GM/T 0009, 8.2)."""
    core: Any = SM2Core(SM2()._core.ecdlp, _Ready(digest))  # noqa: SLF001
    number = int.from_bytes(private, "big")
    r, s = core.sign(b"", number, sm2.DEFAULT_ID, sm2.coordinates(point))
    return int(r), int(s)


def opened(private: bytes, point: bytes, digest: bytes, text: bytes) -> bytes:
    """Return what was sealed for a key; ValueError where it was for another."""
    try:
        return bytes(SM2(private).decrypt(point + digest + text))
    except GMError as error:
        raise ValueError("it was not sealed for this key") from error


class _Ready:
    def __init__(self, digest: bytes) -> None:
        self._digest = digest

    def reset(self) -> None:
        pass

    def update(self, data: bytes) -> None:
        pass

    def value(self) -> bytes:
        return self._digest
