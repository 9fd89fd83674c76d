"""The functions of a library that is loaded into this process, by ctypes.

Hardly anything is imported here: the process that waits for devices does nothing else for as long as the
agent runs, and a 32-bit Python calls a 32-bit library through here for another process.
"""

from __future__ import annotations

import ctypes
import sys

from agent.tokens.worker.skf.codes import Sar

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MARGIN = 16
"""Bytes more than a library is told there are: some write without looking."""
_SLOT_BYTES = 8
_WORD_BYTES = 4

Argument = int | bytes | bytearray | None
"""A number or handle; what is read; what is read and written, by its own address; NULL."""


class ByValue:
    """A structure that goes in itself, not by its address."""

    def __init__(self, content: bytes) -> None:
        self.content = content


class LoadedFunctions:
    """Those of a library in this process. It stays: not every library survives being unloaded."""

    def __init__(self, path: str) -> None:
        """Load the library; OSError where that fails."""
        if sys.platform == "win32":
            self._library: ctypes.CDLL = ctypes.WinDLL(path)  # DEVAPI is __stdcall
        else:
            self._library = ctypes.CDLL(path)
        self._found: dict[str, Callable[..., int] | None] = {}

    @property
    def are_skf(self) -> bool:
        """Whether they are SKF's at all: the one that every such library has is there."""
        return hasattr(self._library, "SKF_EnumDev")

    def call(self, name: str, *arguments: Argument | ByValue) -> int:
        """Call SKF_``name``, and return its code; one that the library lacks is not supported.

        A bytearray has afterwards what was written to it.
        """
        if name not in self._found:
            self._found[name] = self._find(name)
        function = self._found[name]
        if function is None:
            return Sar.NOT_SUPPORTED_YET
        return function(*map(_passed, arguments))

    def _find(self, name: str) -> Callable[..., int] | None:
        try:
            function = self._library[f"SKF_{name}"]
        except AttributeError:
            return None
        function.restype = ctypes.c_uint32  # of a longer ULONG the low half
        return function


# As wide as a register. Where that is 8 bytes, one who takes 4 looks at the lower half; where it is 4, the
# callee removes what it takes from the stack, by __stdcall, and must find no more there.
_NUMBER = ctypes.c_uint64 if ctypes.sizeof(ctypes.c_void_p) == _SLOT_BYTES else ctypes.c_uint32
_structures: dict[int, type[ctypes.Structure]] = {}


def _passed(argument: Argument | ByValue) -> object:
    if isinstance(argument, int):
        return _NUMBER(argument)
    if isinstance(argument, bytearray):
        return (ctypes.c_char * len(argument)).from_buffer(argument)
    if isinstance(argument, ByValue):
        return _structure(len(argument.content)).from_buffer_copy(argument.content)
    return argument


def _structure(size: int) -> type[ctypes.Structure]:
    if size not in _structures:
        words = ctypes.c_uint32 * (size // _WORD_BYTES)
        _structures[size] = type("Structure", (ctypes.Structure,), {"_fields_": [("words", words)]})
    return _structures[size]


def slot_of(number: int) -> bytearray:
    """Return a place for a number that goes in and comes out, wide enough for every ULONG."""
    return bytearray(number.to_bytes(_SLOT_BYTES, sys.byteorder))


def number_in(slot: bytearray) -> int:
    """Return the number a function has put into a place of zeros."""
    return int.from_bytes(slot, sys.byteorder)
