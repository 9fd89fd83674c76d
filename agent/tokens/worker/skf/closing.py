"""Letting go of what was opened; that this fails takes nothing from what was done."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from agent.tokens.worker.skf.codes import SkfError
from agent.tokens.worker.skf.library import Library


@contextmanager
def closed_after(library: Library, name: str, handle: int) -> Iterator[None]:
    """Call SKF_``name`` with a handle when the block is left."""
    try:
        yield
    finally:
        try:
            library.call(name, handle)
        except SkfError as error:
            sys.stderr.write(f"{error}\n")
