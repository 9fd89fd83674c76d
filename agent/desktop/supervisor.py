"""Keeping the tray alive: a child process, since a toolkit ends its process with the display."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable

log = logging.getLogger(__name__)

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 300.0
STEADY_SECONDS = 60.0
"""A child that lived this long had no trouble at its start: the delay begins anew."""


def has_display() -> bool:
    """Return whether there is a screen a tray could be on."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


class TraySupervisor:
    """Starts the tray child and starts it again, with growing pauses, when it ends."""

    def __init__(self, adopt: Callable[[socket.socket], Awaitable[None]]) -> None:
        self._adopt = adopt
        self._task: asyncio.Task[None] | None = None
        self._child: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id while one runs."""
        child = self._child
        return child.pid if child is not None and child.returncode is None else None

    def start(self) -> None:
        """Show a tray from now on, where there is a display."""
        if not has_display():
            log.info("no display, no tray")
            return
        self._task = asyncio.create_task(self._keep_alive())

    async def close(self) -> None:
        """End the child."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _keep_alive(self) -> None:
        delay = FIRST_DELAY_SECONDS
        while True:
            started = time.monotonic()
            status = await self._run_child()
            if time.monotonic() - started > STEADY_SECONDS:
                delay = FIRST_DELAY_SECONDS
            log.warning("tray ended exit=%s again_in=%s", status, delay)
            await asyncio.sleep(delay)
            delay = min(delay * 2, LONGEST_DELAY_SECONDS)

    async def _run_child(self) -> int:
        """Run one child to its end; its API connection is the socket pair it inherits."""
        ours, theirs = socket.socketpair()
        with theirs:
            theirs.set_inheritable(True)
            self._child = child = await asyncio.create_subprocess_exec(
                sys.executable, "-P", "-m", "agent.desktop.tray", str(theirs.fileno()),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )  # fmt: skip
        try:
            await self._adopt(ours)
            return await child.wait()
        finally:
            if child.returncode is None:
                child.terminate()
                await child.wait()
