"""The small interface every source of token events has."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

from agent.tokens.model import ModuleKind

Told = Callable[[], None]
"""What is called, in the event loop's thread, when something may have changed."""


class EventSource(Protocol):
    """Says when tokens may have come or gone."""

    name: str
    kinds: frozenset[ModuleKind]
    """Of which kinds the drivers are whose tokens it tells of."""
    settles_after: tuple[float, ...]
    """Seconds after an event at which to look again, since the token may need time to be ready."""

    @property
    def is_live(self) -> bool:
        """Whether an event would be noticed now; while no source is live, modules are polled."""

    async def run(self, changed: Told) -> None:
        """Call ``changed`` at each event, and when ``is_live`` changes, until cancelled.

        A service that is absent, ends or comes back is the source's own business: it goes on for ever.
        """


class ThreadBell:
    """Rings in an event loop from any thread; silent once the loop has ended."""

    def __init__(self, told: Told) -> None:
        self._loop = asyncio.get_running_loop()
        self._told = told

    def ring(self) -> None:
        """Have ``told`` called by the loop."""
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
            self._loop.call_soon_threadsafe(self._told)
