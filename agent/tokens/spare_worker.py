"""A worker made ready before a PIN is asked for.

Python and what speaks to tokens take most of the time from the wish for a PIN to the offer to enter it.
Whoever has a renewal go on is asked for one in a moment, so a process that has loaded both waits for that for
half a minute, asleep; it has loaded no library of a vendor's, knows no token and no PIN.
"""

from __future__ import annotations

import asyncio
import contextlib

from agent.ground.errors import OdcError
from agent.tokens.model import ModuleSettings
from agent.tokens.worker_process import WorkerProcess

KEPT_SECONDS = 30.0
"""How long a process waits to be of use; it takes some 30 MB meanwhile."""


class SpareWorker:
    """At most one process that waits to be the worker of a session."""

    def __init__(self) -> None:
        self._module: ModuleSettings | None = None
        self._starting: asyncio.Task[WorkerProcess] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def prepare(self, module: ModuleSettings) -> None:
        """Have one wait for a session on ``module``, for a while from now on."""
        if self._starting is None or self._module != module:
            self.discard()
            self._module = module
            self._starting = asyncio.create_task(WorkerProcess.start(module, for_session=True))
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(KEPT_SECONDS, self.discard)

    async def take(self, module: ModuleSettings) -> WorkerProcess:
        """Return a process for a session on ``module``: the waiting one, else one that is started.

        Raises:
            ModuleLoadError: none can be started.
        """
        if self._module == module and (starting := self._withdrawn()) is not None:
            try:
                process = await asyncio.shield(starting)
                if not process.has_ended:
                    return process
            except asyncio.CancelledError:
                self._end(starting)
                raise
            except OdcError:
                pass  # the next one says what is wrong
        return await WorkerProcess.start(module, for_session=True)

    def discard(self) -> None:
        """End the one that waits, if one does."""
        if (starting := self._withdrawn()) is not None:
            self._end(starting)

    async def close(self) -> None:
        """End the one that waits, and wait for its end."""
        self.discard()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _end(self, starting: asyncio.Task[WorkerProcess]) -> None:
        task = asyncio.create_task(_end(starting))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    def _withdrawn(self) -> asyncio.Task[WorkerProcess] | None:
        """Return what starts or has started the one that waits, which is the caller's from then on."""
        starting, self._starting = self._starting, None
        if self._timer is not None:
            self._timer.cancel()
        return starting


async def _end(starting: asyncio.Task[WorkerProcess]) -> None:
    with contextlib.suppress(OdcError):
        process = await starting
        await process.end()
