"""A program that speaks to the library by ctypes, with structures declared from the standard's text.

It shares nothing with the driver of the agent, which is tested against the same library.
"""

from __future__ import annotations

import ctypes
import functools
import os
from dataclasses import dataclass
from pathlib import Path

from sandbox.skf_token.building import Shape

SM2_1, SM4_ECB, SM4_CBC = 0x20100, 0x401, 0x402
USER, ADMINISTRATOR = 1, 0
GUARD = b"\xee" * 64


@dataclass(frozen=True)
class Told:
    """What a call returned and wrote."""

    code: int
    values: tuple[int, ...] = ()
    content: bytes = b""


class SkfClient:
    """The library in one shape; a method for each kind of call."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self._library = ctypes.CDLL(os.fspath(path))
        self.ulong = ctypes.c_uint64 if shape.ulong_bytes == 8 else ctypes.c_uint32
        self._packing = {"_pack_": 1} if shape.is_packed else {}

    def call(self, name: str, *arguments: object) -> int:
        function = self._library[f"SKF_{name}"]
        function.restype = ctypes.c_uint32
        return function(
            *(ctypes.c_uint64(one) if isinstance(one, int) else one for one in arguments)
        )

    def numbers(self, name: str, *arguments: object, count: int = 1) -> Told:
        """Call a function that gives numbers at its end; one it leaves alone is -1."""
        slots = [self.ulong(-1) for _ in range(count)]
        code = self.call(name, *arguments, *map(ctypes.byref, slots))
        untouched = self.ulong(-1).value
        return Told(code, tuple(-1 if one.value == untouched else one.value for one in slots))

    def handle(self, name: str, *arguments: object) -> int:
        """Call a function that gives a handle; it has to succeed."""
        slot = ctypes.c_void_p()
        code = self.call(name, *arguments, ctypes.byref(slot))
        assert code == 0, f"{name}: {code:#x}"
        return slot.value

    def sized(self, name: str, *arguments: object, room: int | None = 4096) -> Told:
        """Call a function that fills a buffer; ``room`` None asks for the size."""
        size = self.ulong(room or 0)
        buffer = None if room is None else ctypes.create_string_buffer(GUARD + bytes(room) + GUARD)
        at = None if buffer is None else ctypes.byref(buffer, len(GUARD))
        code = self.call(name, *arguments, at, ctypes.byref(size))
        if buffer is None:
            return Told(code, (size.value,))
        assert buffer.raw[: len(GUARD)] == GUARD
        assert buffer.raw[len(GUARD) + room : len(GUARD) + room + len(GUARD)] == GUARD
        written = buffer.raw[len(GUARD) : len(GUARD) + min(size.value, room)]
        return Told(code, (size.value,), written)

    def names(self, name: str, *arguments: object) -> list[str]:
        told = self.sized(name, *arguments)
        assert told.code == 0
        assert told.content.endswith(b"\0")
        return [one.decode() for one in told.content.split(b"\0") if one]

    def structure(self, name: str, *members: tuple[str, object]) -> type[ctypes.Structure]:
        return type(name, (ctypes.Structure,), {**self._packing, "_fields_": list(members)})

    @functools.cached_property
    def device_information(self) -> type[ctypes.Structure]:
        version = ctypes.c_ubyte * 2
        texts = [
            (name, ctypes.c_char * size)
            for name, size in (("maker", 64), ("issuer", 64), ("label", 32), ("serial", 32))
        ]
        numbers = ["symmetric", "asymmetric", "hash", "auth", "total", "free", "most_ecc", "most"]
        return self.structure(
            "DEVINFO",
            ("version", version), *texts, ("hardware", version), ("firmware", version),
            *((name, self.ulong) for name in numbers), ("reserved", ctypes.c_ubyte * 64),
        )  # fmt: skip

    @functools.cached_property
    def public_key(self) -> type[ctypes.Structure]:
        return self.structure(
            "ECCPUBLICKEYBLOB",
            ("bits", self.ulong), ("x", ctypes.c_ubyte * 64), ("y", ctypes.c_ubyte * 64),
        )  # fmt: skip

    @functools.cached_property
    def rsa_public_key(self) -> type[ctypes.Structure]:
        return self.structure(
            "RSAPUBLICKEYBLOB",
            ("algorithm", self.ulong), ("bits", self.ulong),
            ("modulus", ctypes.c_ubyte * 256), ("exponent", ctypes.c_ubyte * 4),
        )  # fmt: skip

    @functools.lru_cache  # noqa: B019 - one client for each test
    def cipher(self, size: int) -> type[ctypes.Structure]:
        return self.structure(
            "ECCCIPHERBLOB",
            ("x", ctypes.c_ubyte * 64), ("y", ctypes.c_ubyte * 64), ("hash", ctypes.c_ubyte * 32),
            ("size", self.ulong), ("cipher", ctypes.c_ubyte * size),
        )  # fmt: skip

    @functools.cached_property
    def enveloped(self) -> type[ctypes.Structure]:
        return self.structure(
            "ENVELOPEDKEYBLOB",
            ("version", self.ulong), ("algorithm", self.ulong), ("bits", self.ulong),
            ("private", ctypes.c_ubyte * 64), ("public", self.public_key), ("cipher", self.cipher(16)),
        )  # fmt: skip

    @functools.cached_property
    def parameters(self) -> type[ctypes.Structure]:
        return self.structure(
            "BLOCKCIPHERPARAM",
            ("iv", ctypes.c_ubyte * 32), ("iv_size", self.ulong),
            ("padding", self.ulong), ("feedback", self.ulong),
        )  # fmt: skip


def right(number: bytes, size: int = 64) -> tuple[int, ...]:
    """Return a number at the end of its field."""
    return tuple(number.rjust(size, b"\0"))
