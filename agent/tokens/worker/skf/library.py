"""A library that speaks SKF, by ctypes: loading it, the width of its ULONG, one call.

Little is imported here: the small processes that wait for devices and clear logins start through it too.
"""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from agent.tokens.worker.skf.blobs import Layout
from agent.tokens.worker.skf.codes import OK, Sar, SkfError
from agent.tokens.worker.skf.names import EndlessListError, split

MARGIN = 16
"""Bytes more than a library is told there are: some write without looking."""
_LIST_BYTES = 16 << 10
"""As much as 256 names of the longest take."""
MAX_LIST_BYTES = 64 << 10
_SLOT_BYTES = 8
_PROBE = 0xAAAA_AAAA_AAAA_AAAA

Argument = int | bytes | bytearray | None
"""A number or handle; what is read; what is read and written, by its own address; NULL."""


class ByValue:
    """A structure that goes in itself, not by its address."""

    def __init__(self, content: bytes) -> None:
        self.content = content


class Functions(Protocol):
    """The functions of a library, wherever it is loaded."""

    def call(self, name: str, *arguments: Argument | ByValue) -> int:
        """Call SKF_``name``, and return its code; a bytearray has afterwards what was written to it."""


class LoadedFunctions:
    """Those of a library in this process. It stays: not every library survives being unloaded."""

    def __init__(self, path: str) -> None:
        """Load the library; OSError where that fails."""
        if sys.platform == "win32":
            self._library: ctypes.CDLL = ctypes.WinDLL(path)  # DEVAPI is __stdcall
        else:
            self._library = ctypes.CDLL(path)
        self._found = functools.cache(self._find)

    @property
    def are_skf(self) -> bool:
        """Whether they are SKF's at all: the one that every such library has is there."""
        return hasattr(self._library, "SKF_EnumDev")

    def call(self, name: str, *arguments: Argument | ByValue) -> int:
        """See :class:`Functions`; one that the library lacks is not supported."""
        function = self._found(name)
        if function is None:
            return Sar.NOT_SUPPORTED_YET
        return int(function(*map(_passed, arguments)))

    def _find(self, name: str) -> Callable[..., int] | None:
        try:
            function = self._library[f"SKF_{name}"]
        except AttributeError:
            return None
        function.restype = ctypes.c_uint32  # of a longer ULONG the low half
        return function


def _passed(argument: Argument | ByValue) -> object:
    if isinstance(argument, int):
        return ctypes.c_uint64(argument)
    if isinstance(argument, bytearray):
        return (ctypes.c_char * len(argument)).from_buffer(argument)
    if isinstance(argument, ByValue):
        return _structure(len(argument.content)).from_buffer_copy(argument.content)
    return argument


@functools.cache
def _structure(size: int) -> type[ctypes.Structure]:
    words = ctypes.c_uint32 * (size // ctypes.sizeof(ctypes.c_uint32))
    return type("Structure", (ctypes.Structure,), {"_fields_": [("words", words)]})


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
        slot = bytearray(_SLOT_BYTES)
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


def slot_of(number: int) -> bytearray:
    """Return a place for a number that goes in and comes out, wide enough for every ULONG."""
    return bytearray(number.to_bytes(_SLOT_BYTES, sys.byteorder))


def number_in(slot: bytearray) -> int:
    """Return the number a function has put into a place of zeros."""
    return int.from_bytes(slot, sys.byteorder)


@contextmanager
def terminated(text: bytes | bytearray) -> Iterator[bytearray]:
    """Give a text as a C string in a buffer of its own, which is wiped afterwards."""
    buffer = bytearray(len(text) + 1)
    buffer[: len(text)] = text
    try:
        yield buffer
    finally:
        buffer[:] = bytes(len(buffer))
