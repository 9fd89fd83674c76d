"""Loading many modules at once, as at the start of a program with much in it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Look for no garbage in the block, nor ever in what it made: modules stay.

    The collector goes through everything there is again and again while modules are loaded, which takes a
    tenth of the agent's start; what is frozen (:func:`gc.freeze`) it leaves out for good.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
