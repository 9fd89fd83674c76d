"""Letting go of what was opened; that this fails takes nothing from what was done."""

from __future__ import annotations

import sys
from typing import Generic, TypeVar

from agent.tokens.worker.skf.codes import SkfError
from agent.tokens.worker.skf.library import Library

T = TypeVar("T")


class Opened(Generic[T]):
    """Something that is open, for one ``with`` block; a class, since a listing opens a hundred."""

    __slots__ = ("_close", "_handle", "_library", "_opened")

    def __init__(self, opened: T, library: Library, close: str, handle: int) -> None:
        """Have SKF_``close`` called with a handle when the block is left."""
        self._opened = opened
        self._library = library
        self._close = close
        self._handle = handle

    def __enter__(self) -> T:
        """Return what is open."""
        return self._opened

    def __exit__(self, *_error: object) -> None:
        """Let go of it."""
        try:
            self._library.call(self._close, self._handle)
        except SkfError as error:
            sys.stderr.write(f"{error}\n")
