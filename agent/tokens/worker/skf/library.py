"""A library that speaks SKF, by what its functions take and give: the width of its ULONG, one call.

Only the standard library is imported here: the small process that clears logins starts through it too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from agent.tokens.worker.skf.blobs import Layout
from agent.tokens.worker.skf.codes import OK, Sar, SkfError
from agent.tokens.worker.skf.loaded import (
    MARGIN,
    Argument,
    ByValue,
    LoadedFunctions,
    number_in,
    slot_of,
)
from agent.tokens.worker.skf.names import EndlessListError, split

_LIST_BYTES = 16 << 10
"""As much as 256 names of the longest take."""
MAX_LIST_BYTES = 64 << 10
_PROBE = 0xAAAA_AAAA_AAAA_AAAA


class Functions(Protocol):
    """The functions of a library, wherever it is loaded."""

    def call(self, name: str, *arguments: Argument | ByValue) -> int:
        """Call SKF_``name``, and return its code; a bytearray has afterwards what was written to it."""


class Library:
    """A library by what its functions take and give, checked; SkfError of whatever is wrong.

    Most of them are not safe with more than one thread, and keep one device and one application in
    globals of theirs: connect, open, work, close, one at a time.
    """

    def __init__(self, functions: Functions, ulong_bytes: int | None = None) -> None:
        """Speak to ``functions``, whose ULONG has ``ulong_bytes``; None asks the library itself."""
        self._functions = functions
        self.layout = Layout(ulong_bytes or self._probed())

    @classmethod
    def loaded(cls, path: str, ulong_bytes: int | None = None) -> Library:
        """Load the library at ``path``; OSError."""
        return cls(LoadedFunctions(path), ulong_bytes)

    def answer(self, name: str, *arguments: Argument | ByValue) -> int:
        """Call SKF_``name``, and return its code."""
        return self._functions.call(name, *arguments)

    def call(self, name: str, *arguments: Argument | ByValue) -> None:
        """Call SKF_``name``; SkfError of any code but SAR_OK."""
        if code := self.answer(name, *arguments):
            raise SkfError(name, code)

    def number(self, name: str, *arguments: Argument) -> int:
        """Call a function whose last argument is where it puts a number or a handle."""
        slot = slot_of(0)
        self.call(name, *arguments, slot)
        return number_in(slot)

    def content(self, name: str, *arguments: Argument, size: int) -> bytes:
        """Call a function whose last arguments are a buffer and its size, and return what it wrote.

        Args:
            name: of the function.
            arguments: those before.
            size: how much there may be; asked for once more where the library wants more room.
        """
        for _ in range(2):
            buffer, slot = bytearray(size + MARGIN), slot_of(size)
            code = self.answer(name, *arguments, buffer, slot)
            told = number_in(slot)
            if code != Sar.BUFFER_TOO_SMALL or not size < told <= MAX_LIST_BYTES:
                break
            size = told
        if code != OK:
            raise SkfError(name, code)
        if told > size:
            raise SkfError(name, OK, f"{told} bytes where there are {size}")
        return bytes(buffer[:told])

    def names(self, name: str, *arguments: Argument) -> list[bytes]:
        """Call a function that lists names, and return them.

        The size it tells may be none, one, or short of the NULs at the end: the buffer holds zeros.
        """
        for size in (_LIST_BYTES, MAX_LIST_BYTES):
            buffer, slot = bytearray(size + MARGIN), slot_of(size)
            code = self.answer(name, *arguments, buffer, slot)
            if code != Sar.BUFFER_TOO_SMALL:
                break
        if code != OK:
            raise SkfError(name, code)
        if number_in(slot) > size:
            raise SkfError(name, OK, f"a list of {number_in(slot)} bytes")
        try:
            return split(bytes(buffer))
        except EndlessListError as error:
            raise SkfError(name, OK, "a list without end") from error

    def _probed(self) -> int:
        """Return the size of ULONG: one of 4 bytes leaves the upper half of 8 as it was."""
        slot = slot_of(_PROBE)
        self.answer("EnumDev", 1, None, slot)
        return 4 if number_in(slot) >> 32 == _PROBE >> 32 else 8


@contextmanager
def terminated(text: bytes | bytearray) -> Iterator[bytearray]:
    """Give a text as a C string in a buffer of its own, which is wiped afterwards."""
    buffer = bytearray(len(text) + 1)
    buffer[: len(text)] = text
    try:
        yield buffer
    finally:
        buffer[:] = bytes(len(buffer))
