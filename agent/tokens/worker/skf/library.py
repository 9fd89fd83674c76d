"""A library that speaks SKF, by what its functions take and give: the width of its ULONG, one call.

Only the standard library is imported here: the small process that clears logins starts through it too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from agent.tokens.worker.skf.blobs import Layout
from agent.tokens.worker.skf.codes import OK, Sar, SkfError
from agent.tokens.worker.skf.loaded import (
    MARGIN,
    Argument,
    Buffer,
    ByValue,
    LoadedFunctions,
    Slot,
)
from agent.tokens.worker.skf.names import EndlessListError, end_of, split

_LIST_BYTES = 16 << 10
"""As much as 256 names of the longest take."""
MAX_LIST_BYTES = 64 << 10
_PROBE = 0xAAAA_AAAA_AAAA_AAAA
_MOST_NUMBERS = 3


class Functions(Protocol):
    """The functions of a library, wherever it is loaded, by their names."""

    def __getitem__(self, name: str) -> Callable[..., int]:
        """Return SKF_``name``: it returns its code, and a buffer has afterwards what was written to it."""


class Library:
    """A library by what its functions take and give, checked; SkfError of whatever is wrong.

    Most of them are not safe with more than one thread, and keep one device and one application in
    globals of theirs: connect, open, work, close, one at a time.
    """

    def __init__(self, functions: Functions, ulong_bytes: int | None = None) -> None:
        """Speak to ``functions``, whose ULONG has ``ulong_bytes``; None asks the library itself."""
        self.functions = functions
        """Each method here calls them itself: to hand arguments on once more costs as much as a call."""
        self._slots = [Slot() for _ in range(_MOST_NUMBERS)]
        self.layout = Layout(ulong_bytes or self._probed())

    @classmethod
    def loaded(cls, path: str, ulong_bytes: int | None = None) -> Library:
        """Load the library at ``path``; OSError."""
        return cls(LoadedFunctions(path), ulong_bytes)

    def call(self, name: str, *arguments: Argument | ByValue) -> None:
        """Call SKF_``name``; SkfError of any code but SAR_OK."""
        if code := self.functions[name](*arguments):
            raise SkfError(name, code)

    def number(self, name: str, *arguments: Argument) -> int:
        """Call a function whose last argument is where it puts a number or a handle."""
        slot = self._slots[0]
        slot.number.value = 0
        if code := self.functions[name](*arguments, slot):
            raise SkfError(name, code)
        return slot.number.value

    def numbers(self, name: str, *arguments: Argument, count: int = 1) -> list[int]:
        """Call a function whose last arguments are where it puts up to three numbers."""
        slots = self._slots[:count]
        for slot in slots:
            slot.number.value = 0
        if code := self.functions[name](*arguments, *slots):
            raise SkfError(name, code)
        return [slot.number.value for slot in slots]

    def content(self, name: str, *arguments: Argument, size: int) -> bytes:
        """Call a function whose last arguments are a buffer and its size, and return what it wrote.

        Args:
            name: of the function.
            arguments: those before.
            size: how much there may be; asked for once more where the library wants more room.
        """
        for _ in range(2):
            room = _room(size)
            code = self.functions[name](*arguments, room.buffer, room.size)
            told = room.told()
            if code == OK and told <= size:
                return room.taken(told)
            room.clear()
            if code not in (OK, Sar.BUFFER_TOO_SMALL):
                raise SkfError(name, code)
            if code == OK or not size < told <= MAX_LIST_BYTES:
                break
            size = told
        raise SkfError(name, code, f"{told} bytes where there are {size}")

    def names(self, name: str, *arguments: Argument) -> list[bytes]:
        """Call a function that lists names, and return them.

        The size it tells may be none, one, or short of the NULs at the end: the buffer holds zeros.
        """
        for size in (_LIST_BYTES, MAX_LIST_BYTES):
            room = _room(size)
            code = self.functions[name](*arguments, room.buffer, room.size)
            told = room.told()
            if code == OK and told <= size:
                return _split(name, room.taken(end_of(room.buffer.content, told)))
            room.clear()
            if code != Sar.BUFFER_TOO_SMALL:
                break
        raise SkfError(name, code, "" if code else f"a list of {told} bytes")

    def _probed(self) -> int:
        """Return the size of ULONG: one of 4 bytes leaves the upper half of 8 as it was."""
        slot = Slot(_PROBE)
        self.functions["EnumDev"](1, None, slot)
        return 4 if slot.number.value >> 32 == _PROBE >> 32 else 8


def _split(name: str, listed: bytes) -> list[bytes]:
    try:
        return split(listed)
    except EndlessListError as error:
        raise SkfError(name, OK, "a list without end") from error


class _Room:
    """Room for what a function gives, zeros between two calls, and for how much that is."""

    def __init__(self, size: int) -> None:
        self.buffer = Buffer(bytearray(size + MARGIN))
        self.size = Slot(size)
        self._said = size

    def told(self) -> int:
        """Return how much there is, and say anew how much there may be."""
        number = self.size.number
        told, number.value = number.value, self._said
        return told

    def taken(self, size: int) -> bytes:
        """Take so much out."""
        written = self.buffer.content
        content = bytes(written[:size])
        written[:size] = bytes(size)
        return content

    def clear(self) -> None:
        """Throw away whatever there is."""
        self.buffer.content[:] = bytes(len(self.buffer.content))


@functools.lru_cache(maxsize=4)
def _room(size: int) -> _Room:
    """Return room for so much, the same each time: to make it takes longer than most calls."""
    return _Room(size)


def text(name: bytes) -> bytes:
    """Return a name as a C string, in bytes of its own."""
    return name + b"\0"


@contextmanager
def secret_text(secret: bytearray) -> Iterator[Buffer]:
    """Give a PIN as a C string in a buffer of its own, which is wiped afterwards."""
    buffer = bytearray(len(secret) + 1)
    buffer[: len(secret)] = secret
    try:
        yield Buffer(buffer)
    finally:
        buffer[:] = bytes(len(buffer))
