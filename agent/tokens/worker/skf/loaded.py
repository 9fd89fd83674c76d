"""The functions of a library that is loaded into this process, by ctypes.

Hardly anything is imported here: the process that waits for devices does nothing else for as long as the
agent runs, and a 32-bit Python calls a 32-bit library through here for another process.
"""

from __future__ import annotations

import ctypes
import operator
import sys

from agent.system.ending import CRASHED, end_at_once
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


class Slot(Buffer):
    """Room for a number that goes in and comes out, wide enough for every ULONG and handle."""

    __slots__ = ("number",)

    def __init__(self, number: int = 0) -> None:
        """Have functions see ``number`` until they, or somebody here, put in another value."""
        super().__init__(bytearray(_SLOT_BYTES))
        self.number = ctypes.c_uint64.from_buffer(self.content)
        self.number.value = number


Argument = int | bytes | Buffer | None
"""A number or handle; what is read; what is read and written; NULL."""


class ByValue:
    """A structure that goes in itself, not by its address."""

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        self.content = content


class LoadedFunctions(dict[str, "Callable[..., int]"]):
    """Those of a library in this process, each by its name without ``SKF_``.

    The library stays: not every one survives being unloaded.
    """

    def __init__(self, path: str) -> None:
        """Load the library; OSError where that fails."""
        if sys.platform == "win32":
            self._library: ctypes.CDLL = ctypes.WinDLL(path)  # DEVAPI is __stdcall
        else:
            self._library = ctypes.CDLL(path)

    @property
    def are_skf(self) -> bool:
        """Whether they are SKF's at all: the one that every such library has is there."""
        return hasattr(self._library, "SKF_EnumDev")

    def __missing__(self, name: str) -> Callable[..., int]:
        """Return SKF_``name``, which its first call prepares; one the library lacks is not supported.

        It returns its code, and a buffer has afterwards what was written to it.
        """

        def first(*arguments: Argument | ByValue) -> int:
            function = self[name] = self._prepared(name, arguments)
            return function(*arguments)

        return first

    def _prepared(self, name: str, arguments: tuple[Argument | ByValue, ...]) -> Callable[..., int]:
        """Return a function for such arguments: what each is differs from no call to the next."""
        try:
            function = self._library[f"SKF_{name}"]
        except AttributeError:
            return _lacking
        function.restype = ctypes.c_uint32  # of a longer ULONG the low half
        function.argtypes = [_kind_of(argument) for argument in arguments]
        return _ending_by_crashes(function) if sys.platform == "win32" else function


def _ending_by_crashes(function: Callable[..., int]) -> Callable[..., int]:
    """Return a function that ends this process where it crashes, as it does on other systems.

    ctypes makes an exception of that on Windows; what the library holds and means then, nobody knows.
    """

    def call(*arguments: Argument | ByValue) -> int:
        try:
            return function(*arguments)
        except OSError as error:
            sys.stderr.write(f"{error}\n")
            sys.stderr.flush()
            end_at_once(CRASHED)

    return call


def _lacking(*_arguments: object) -> int:
    return Sar.NOT_SUPPORTED_YET


def _kind_of(argument: Argument | ByValue) -> type:
    """Return how an argument goes in: as wide as a register, or as a structure.

    Where a register is 8 bytes, one who takes 4 looks at the lower half; where it is 4, the callee removes
    what it takes from the stack, by __stdcall, and must find no more there.
    """
    if isinstance(argument, ByValue):
        return _structure(len(argument.content))
    return _Address if isinstance(argument, Buffer) else ctypes.c_void_p


class _Address:
    """How a buffer goes in: ctypes need not find out that it is none of the other things it takes."""

    from_param = operator.attrgetter("_as_parameter_")


def _structure(size: int) -> type:
    class Structure(ctypes.Structure):
        _fields_ = (("words", ctypes.c_uint32 * (size // _WORD_BYTES)),)

        @classmethod
        def from_param(cls, value: ByValue) -> Structure:
            return cls.from_buffer_copy(value.content)

    return Structure
