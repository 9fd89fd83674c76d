"""How long each turn of an event loop takes, in processor time of its thread."""

from __future__ import annotations

import asyncio.events
import gc
import time
from typing import NamedTuple, Self


class Turn(NamedTuple):
    """One callback the loop ran."""

    seconds: float
    what: str


class Turns:
    """Measures all that loops of this thread run while the block runs.

    Processor time, since a busy machine makes others wait longer and costs none; and without the collection
    of garbage, which comes when it likes and looks at everything all other tests have left behind.
    """

    def __enter__(self) -> Self:
        self.turns: list[Turn] = []
        self._run = run = asyncio.events.Handle._run
        turns = self.turns

        def measured(handle: asyncio.Handle) -> None:
            before = time.thread_time()
            callback = handle._callback
            run(handle)
            turns.append(Turn(time.thread_time() - before, _name(callback)))

        asyncio.events.Handle._run = measured
        gc.disable()
        return self

    def __exit__(self, *_exc: object) -> None:
        asyncio.events.Handle._run = self._run
        gc.enable()

    @property
    def longest(self) -> Turn:
        return max(self.turns)


def _name(callback: object) -> str:
    owner = getattr(callback, "__self__", None)
    if isinstance(owner, asyncio.Task):
        return owner.get_coro().__qualname__
    return getattr(callback, "__qualname__", repr(callback))


def seconds_of(work) -> float:
    """Return the processor time some work takes in this thread."""
    before = time.thread_time()
    work()
    return time.thread_time() - before
