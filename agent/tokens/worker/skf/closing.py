"""Letting go of what was opened; that this fails takes nothing from what was done."""

from __future__ import annotations

import sys
from typing import ClassVar, Self

from agent.tokens.worker.skf.codes import SkfError
from agent.tokens.worker.skf.library import Library


class Opened:
    """What is open by a handle, for one ``with`` block; a listing opens a hundred."""

    _close: ClassVar[str]
    """SKF_``_close`` lets go of the handle."""

    def __init__(self, library: Library, handle: int) -> None:
        self._library = library
        self._handle = handle

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let go of it."""
        try:
            self._library.call(self._close, self._handle)
        except SkfError as error:
            sys.stderr.write(f"{error}\n")
