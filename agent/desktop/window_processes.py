"""The processes that windows are: started, then told which window to be.

Python and Qt take most of the time from a click to a window. Whoever has just plugged a token in, reads
a reminder, opened the tray's menu or a window is often about to open one, so a process that has loaded
both waits for that for a minute, asleep, and is gone after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
from typing import NamedTuple, Self

from agent.desktop.children import child
from agent.ground.language import Language

log = logging.getLogger(__name__)

KEPT_SECONDS = 60.0
"""How long a process waits for a window; it takes some 40 MB meanwhile."""
DELAY_SECONDS = 1.0
"""The window that has just been asked for has the processor for itself."""

_LOGGING = "qt.qpa.services.warning=false;qt.qpa.theme.gnome.warning=false"
"""Qt warns, at each start, of desktop portals that are not there."""


Place = tuple[int, int, int, int]
"""Left, top, width and height of a window, in device-independent pixels."""


class Order(NamedTuple):
    """Which window a process is to be, as it reads it."""

    name: str
    subject: str
    language: Language
    others: tuple[Place, ...] = ()
    """Where those are that are open already."""


class WindowProcess:
    """A process that becomes a window, or ends without having been one."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        ours: socket.socket,
        until_told: contextlib.ExitStack,
        held: contextlib.AsyncExitStack,
    ) -> None:
        self._process = process
        self._ours = ours
        self._until_told = until_told
        self._held = held

    @classmethod
    async def start(cls) -> Self:
        """Start a process that loads what windows need and waits."""
        async with contextlib.AsyncExitStack() as held:
            ours, theirs = socket.socketpair()
            until_told = contextlib.ExitStack()
            until_told.callback(ours.close)
            held.callback(until_told.close)
            environment = {"QT_LOGGING_RULES": _LOGGING, **os.environ}
            started = child("window", theirs, "agent.windows", "FD", environment=environment)
            process = await held.enter_async_context(started)
            return cls(process, ours, until_told, held.pop_all())

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def become(self, order: Order) -> socket.socket:
        """Have it show a window; return our end of its connection, which is the caller's from then on.

        Raises:
            OSError: the process has ended.
        """
        self._ours.sendall(f"{json.dumps(order._asdict())}\n".encode())
        self._until_told.pop_all()
        return self._ours

    async def wait(self) -> int:
        """Return its exit code once it has ended."""
        return await self._process.wait()

    async def end(self) -> None:
        """End it, in order where it still runs."""
        await self._held.aclose()


class SpareProcess:
    """At most one process that waits to be a window, while somebody is at it."""

    def __init__(self) -> None:
        self._waiting: WindowProcess | None = None
        self._task: asyncio.Task[None] | None = None
        self._until = 0.0
        self._is_urgent = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The process id of the one that waits."""
        return self._waiting.pid if self._waiting else None

    def prepare(self, *, at_once: bool = False) -> None:
        """Have one wait for a while from now on; ``at_once`` where the click is a second away."""
        self._until = asyncio.get_running_loop().time() + KEPT_SECONDS
        if self._task is None or self._task.done():
            self._is_urgent.clear()
            self._task = asyncio.create_task(self._keep())
        if at_once:
            self._is_urgent.set()

    async def take(self, order: Order) -> tuple[WindowProcess, socket.socket]:
        """Return a process that becomes a window, the waiting one where there is one, and our end of it."""
        waiting, self._waiting = self._waiting, None
        await self.close()
        if waiting is not None:
            try:
                return waiting, waiting.become(order)
            except OSError:  # it was killed just now
                await waiting.end()
        process = await WindowProcess.start()
        try:
            return process, process.become(order)
        except BaseException:
            await process.end()
            raise

    async def close(self) -> None:
        """End the one that waits, until :meth:`prepare` is called again."""
        # Another one may be wanted while this one ends: it is not to be lost sight of.
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _keep(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DELAY_SECONDS):
                await self._is_urgent.wait()
        try:
            process = self._waiting = await WindowProcess.start()
        except OSError:  # the next window says what is wrong
            log.warning("no process made ready for a window", exc_info=True)
            return
        try:
            await self._wait(process)
        finally:
            if self._waiting is process:
                self._waiting = None
                await process.end()

    async def _wait(self, process: WindowProcess) -> None:
        """Return when it has ended, or nobody has opened a window for long enough."""
        while self._until > asyncio.get_running_loop().time():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._until):
                    await process.wait()
                    return
