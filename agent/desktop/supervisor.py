"""Keeping the tray alive: a child process, since a toolkit ends its process with the display."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Protocol

from agent.desktop.children import child
from agent.desktop.display import ELSEWHERE, has_display
from agent.desktop.link import SAY
from agent.desktop.notices.model import NotShownError
from agent.ground.language import Language
from agent.system.runtime import ensure_runtime_folder

log = logging.getLogger(__name__)

_ICONS = "tray-"

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 300.0
STEADY_SECONDS = 60.0
"""A child that lived this long had no trouble at its start: the delay begins anew."""
MOVE_SECONDS = 2.0
"""A desktop that changes its mind more often gets another kind of icon this often."""


def next_delay(delay: float, lifetime: float) -> float:
    """Return how long to wait before starting a child again, in seconds.

    Args:
        delay: the wait before the child that has just ended; 0 for the first.
        lifetime: how long that child lived.
    """
    if delay == 0 or lifetime > STEADY_SECONDS:
        return FIRST_DELAY_SECONDS
    return min(delay * 2, LONGEST_DELAY_SECONDS)


class Speaker(Protocol):
    """A tray's connection, as the agent holds it."""

    def notify(self, method: str, params: object) -> None:
        """Send a notification."""


class TraySupervisor:
    """Starts the tray child and starts it again, with growing pauses, when it ends."""

    def __init__(
        self,
        adopt: Callable[[socket.socket], Awaitable[Speaker]],
        *,
        language: Language | None = None,
    ) -> None:
        """Hand the agent's end of each child's connection to ``adopt``.

        ``language`` is the configured one; without it the child goes by the desktop's.
        """
        self._adopt = adopt
        self._language = language
        self._task: asyncio.Task[None] | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._connection: Speaker | None = None

    @property
    def pid(self) -> int | None:
        """The child's process id while one runs."""
        process = self._child
        return process.pid if process is not None and process.returncode is None else None

    def start(self) -> None:
        """Show a tray from now on, where there is a display."""
        if not has_display():
            log.info("no display, no tray")
            return
        self._task = asyncio.create_task(self._keep_alive())

    def speak(self, language: Language | None) -> None:
        """Show the tray in another language: the child that runs is replaced."""
        self._language = language
        if self._child is not None and self._child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._child.terminate()

    def say(self, title: str, text: str) -> None:
        """Have the icon say something in a balloon; NotShownError where there is no icon now."""
        if self._connection is None:
            raise NotShownError("there is no tray icon now")
        self._connection.notify(SAY, {"title": title, "text": text})

    async def close(self) -> None:
        """End the child."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _keep_alive(self) -> None:
        delay = 0.0
        while True:
            started = time.monotonic()
            try:
                status = await self._run_child()
            except Exception:  # whatever it is, the agent has work to do besides its tray
                log.exception("tray not started")
                status = None
            lifetime = time.monotonic() - started
            if status == ELSEWHERE:
                log.info("the desktop takes another kind of icon")
                await asyncio.sleep(max(0.0, MOVE_SECONDS - lifetime))
                continue
            delay = next_delay(delay, lifetime)
            log.warning("tray ended exit=%s again_in=%s", status, delay)
            await asyncio.sleep(delay)

    async def _run_child(self) -> int:
        """Run one child to its end; its API connection is the socket pair it inherits."""
        ours, theirs = socket.socketpair()
        with contextlib.ExitStack() as until_adopted:
            until_adopted.callback(ours.close)
            async with _tray(theirs, self._language) as process:
                self._child = process
                self._connection = await self._adopt(ours)
                until_adopted.pop_all()  # the API closes it from here on
                try:
                    return await process.wait()
                finally:
                    self._connection = None


@contextlib.asynccontextmanager
async def _tray(
    theirs: socket.socket, language: Language | None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a tray while the block runs."""
    # The toolkit hands icons over as temporary files, and is often killed before it removes them.
    with _icons_folder() as folder:
        environment = _environment(folder, language)
        arguments = ("agent.desktop.tray", "FD")
        async with child("tray", theirs, *arguments, environment=environment) as process:
            yield process


def _icons_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder for one tray's icons, in our own: there the next one finds what a killed agent left."""
    ours = ensure_runtime_folder()
    for left in ours.glob(f"{_ICONS}*"):
        shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=_ICONS, dir=ours, ignore_cleanup_errors=True)


def _environment(folder: str, language: Language | None) -> dict[str, str]:
    environment = {**os.environ, "TMPDIR": folder, "TEMP": folder, "TMP": folder}
    if language is not None:
        environment["ODC_LANGUAGE"] = language.value
    return environment
