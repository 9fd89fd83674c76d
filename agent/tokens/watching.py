"""Keeping the inventory fresh: every module is read at the start, and again when there is a reason to.

Reasons are events (see :mod:`agent.tokens.events`), a failure that may be over by now, and, for tokens
no event tells of, time. SoftHSM's are such: its slots lack CKF_REMOVABLE_DEVICE. Of SKF's devices their own
library tells where the system does not.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence

from agent.tokens.events.skf import SkfEvents
from agent.tokens.events.source import EventSource
from agent.tokens.inventory import Inventory
from agent.tokens.model import ModuleKind
from agent.tokens.reading import ModuleReader
from agent.tokens.worker.skf.quirks import quirks_of

log = logging.getLogger(__name__)

SLOT_PAUSES = (1.0, 3.0, 10.0, 30.0, 60.0)
"""Seconds until a token that could not be read is looked at again: another program may hold it."""
SOURCE_PAUSE = 60.0
"""Seconds until a source that ended is begun anew."""


class Watch:
    """Reads modules whenever something may have changed."""

    def __init__(
        self,
        inventory: Inventory,
        sources: Sequence[EventSource],
        *,
        poll_seconds: Callable[[], float],
    ) -> None:
        self._inventory = inventory
        self._sources = sources
        self._poll_seconds = poll_seconds
        self._waiters: dict[ModuleReader, EventSource] = {}
        """By which a library itself tells of its devices."""

    async def run(self) -> None:
        """Keep the inventory fresh until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for source in self._sources:
                tasks.create_task(self._listen(source, self._all))
            await self._follow(tasks)

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        """Keep each module fresh that is served, and no other."""
        kept: dict[ModuleReader, asyncio.Task[None]] = {}
        while True:
            self._inventory.served.clear()
            readers = self._inventory.readers
            for gone in kept.keys() - readers:
                kept.pop(gone).cancel()
            for reader in readers:
                if reader not in kept:
                    kept[reader] = tasks.create_task(self._keep_fresh(reader))
            await self._inventory.served.wait()

    def is_watched_by_events(self, reader: ModuleReader) -> bool:
        """Return whether an event tells of this module's tokens, so that it is not polled."""
        if reader.content is not None and reader.content.has_fixed_slots:
            return False
        waiter = self._waiters.get(reader)
        return self._system_tells_of(reader) or (waiter is not None and waiter.is_live)

    def _system_tells_of(self, reader: ModuleReader) -> bool:
        kind = reader.content.kind if reader.content is not None else None
        return any(s.is_live for s in self._sources if kind is None or kind in s.kinds)

    def _all(self) -> Sequence[ModuleReader]:
        return self._inventory.readers

    async def _listen(
        self, source: EventSource, readers: Callable[[], Sequence[ModuleReader]]
    ) -> None:
        """Have ``readers`` look again whenever ``source`` tells, until cancelled."""
        was_lost = False
        later: list[asyncio.TimerHandle] = []

        def changed() -> None:
            nonlocal was_lost
            if source.is_live and was_lost:
                _renew(readers())
            was_lost = not source.is_live
            _look_at(readers())
            while later:
                later.pop().cancel()
            loop = asyncio.get_running_loop()
            later.extend(
                loop.call_later(s, lambda: _look_at(readers())) for s in source.settles_after
            )

        while True:
            try:
                await source.run(changed)
            except Exception:  # an interface of the system's that fails must not end the agent
                log.exception("event source failed name=%s", source.name)
            await asyncio.sleep(SOURCE_PAUSE)

    def look_again(self) -> None:
        """Have every module looked at now."""
        _look_at(self._all())

    async def _keep_fresh(self, reader: ModuleReader) -> None:
        async with asyncio.TaskGroup() as tasks:
            try:
                await self._read_for_ever(reader, tasks)
            finally:
                self._waiters.pop(reader, None)

    async def _read_for_ever(self, reader: ModuleReader, tasks: asyncio.TaskGroup) -> None:
        failures = 0
        while True:
            # Before reading: what happens meanwhile is a reason to read again.
            reader.is_due.clear()
            try:
                await self._inventory.read(reader)
            except Exception:  # whatever went wrong this time, watching goes on
                log.exception("tokens could not be read module=%s", reader.settings.path)
            if reader not in self._waiters and self._needs_waiter(reader):
                waiter = self._waiters[reader] = SkfEvents(reader.settings)
                tasks.create_task(self._listen(waiter, lambda: (reader,)))
            failures = failures + 1 if reader.reading.problems else 0
            with contextlib.suppress(TimeoutError):
                pause = self._pause(reader, failures)
                async with asyncio.timeout(pause):
                    await reader.is_due.wait()

    def _needs_waiter(self, reader: ModuleReader) -> bool:
        """Return whether the library itself has to be asked for events: the system tells of none."""
        if reader.content is None or reader.content.kind is not ModuleKind.SKF:
            return False
        tells = quirks_of(reader.settings.path, reader.settings.quirks).tells_events
        return not self._system_tells_of(reader) if tells is None else tells

    def _pause(self, reader: ModuleReader, failures: int) -> float | None:
        """Return the seconds until the next look without an event; None waits for one."""
        pauses = [] if self.is_watched_by_events(reader) else [self._poll_seconds()]
        if reader.worker.retry_after is not None:
            pauses.append(reader.worker.retry_after)
        elif failures:
            pauses.append(SLOT_PAUSES[min(failures, len(SLOT_PAUSES)) - 1])
        return min(pauses, default=None)


def _look_at(readers: Iterable[ModuleReader]) -> None:
    """Have modules looked at now."""
    for reader in readers:
        reader.worker.hurry()
        reader.is_due.set()


def _renew(readers: Iterable[ModuleReader]) -> None:
    """Load modules anew: the service is another one than they began with.

    OpenSC takes a card that was put in meanwhile for the one before, as its reader counts from 1 again.
    """
    for reader in readers:
        reader.worker.renew()
