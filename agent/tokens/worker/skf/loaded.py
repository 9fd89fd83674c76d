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


class Buffer:
    """What a function may write to: goes in by its address, which ctypes is asked for once."""

    __slots__ = ("_as_parameter_", "content")

    def __init__(self, content: bytearray) -> None:
        """Have functions see ``content``, whose size stays as it is."""
        self.content = content
        self._as_parameter_ = (ctypes.c_char * len(content)).from_buffer(content)


Argument = int | bytes | Buffer | None
"""A number or handle; what is read; what is read and written; NULL."""


class ByValue:
    """A structure that goes in itself, not by its address."""

    __slots__ = ("content",)

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
        self._found: dict[str, Callable[..., int]] = {}

    @property
    def are_skf(self) -> bool:
        """Whether they are SKF's at all: the one that every such library has is there."""
        return hasattr(self._library, "SKF_EnumDev")

    def call(self, name: str, *arguments: Argument | ByValue) -> int:
        """Call SKF_``name``, and return its code; one that the library lacks is not supported.

        A buffer has afterwards what was written to it.
        """
        function = self._found.get(name)
        if function is None:
            function = self._found[name] = self._prepared(name, arguments)
        return function(*arguments)

    def _prepared(self, name: str, arguments: tuple[Argument | ByValue, ...]) -> Callable[..., int]:
        """Return a function for such arguments: what each is differs from no call to the next."""
        try:
            function = self._library[f"SKF_{name}"]
        except AttributeError:
            return _lacking
        function.restype = ctypes.c_uint32  # of a longer ULONG the low half
        function.argtypes = [_kind_of(argument) for argument in arguments]
        return function


def _lacking(*_arguments: object) -> int:
    return Sar.NOT_SUPPORTED_YET


def _kind_of(argument: Argument | ByValue) -> type:
    """Return how an argument goes in: as wide as a register, or as a structure.

    Where a register is 8 bytes, one who takes 4 looks at the lower half; where it is 4, the callee removes
    what it takes from the stack, by __stdcall, and must find no more there.
    """
    return _structure(len(argument.content)) if isinstance(argument, ByValue) else ctypes.c_void_p


def _structure(size: int) -> type:
    class Structure(ctypes.Structure):
        _fields_ = (("words", ctypes.c_uint32 * (size // _WORD_BYTES)),)

        @classmethod
        def from_param(cls, value: ByValue) -> Structure:
            return cls.from_buffer_copy(value.content)

    return Structure


def slot_of(number: int) -> Buffer:
    """Return room for a number that goes in and comes out, wide enough for every ULONG."""
    return Buffer(bytearray(number.to_bytes(_SLOT_BYTES, sys.byteorder)))


def number_in(slot: Buffer) -> int:
    """Return the number a function has put into room of zeros."""
    return int.from_bytes(slot.content, sys.byteorder)
