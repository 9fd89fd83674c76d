"""Keeping the tray alive: a child process, since a toolkit ends its process with the display."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable

from agent.desktop.processes import inheriting, kill_all
from agent.language import Language

log = logging.getLogger(__name__)

FIRST_DELAY_SECONDS = 1.0
LONGEST_DELAY_SECONDS = 300.0
STEADY_SECONDS = 60.0
"""A child that lived this long had no trouble at its start: the delay begins anew."""
END_SECONDS = 2.0
"""How long the child may take to end when asked to."""
LOGGED_CHARACTERS = 300
"""Of one line the child writes; toolkits can be chatty."""


def has_display() -> bool:
    """Return whether there is a screen a tray could be on."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def next_delay(delay: float, lifetime: float) -> float:
    """Return how long to wait before starting a child again, in seconds.

    Args:
        delay: the wait before the child that has just ended; 0 for the first.
        lifetime: how long that child lived.
    """
    if delay == 0 or lifetime > STEADY_SECONDS:
        return FIRST_DELAY_SECONDS
    return min(delay * 2, LONGEST_DELAY_SECONDS)


class TraySupervisor:
    """Starts the tray child and starts it again, with growing pauses, when it ends."""

    def __init__(
        self,
        adopt: Callable[[socket.socket], Awaitable[None]],
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
        delay = 0.0
        while True:
            started = time.monotonic()
            try:
                status = await self._run_child()
            except Exception:  # whatever it is, the agent has work to do besides its tray
                log.exception("tray not started")
                status = None
            delay = next_delay(delay, time.monotonic() - started)
            log.warning("tray ended exit=%s again_in=%s", status, delay)
            await asyncio.sleep(delay)

    async def _run_child(self) -> int:
        """Run one child to its end; its API connection is the socket pair it inherits."""
        ours, theirs = socket.socketpair()
        with contextlib.ExitStack() as until_adopted:
            until_adopted.callback(ours.close)
            async with _child(theirs, self._language) as child:
                self._child = child
                await self._adopt(ours)
                until_adopted.pop_all()  # the API closes it from here on
                return await child.wait()


@contextlib.asynccontextmanager
async def _child(
    theirs: socket.socket, language: Language | None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a tray while the block runs; it alone holds ``theirs`` then, and sees when we go."""
    with contextlib.ExitStack() as stack, theirs:
        # The toolkit hands icons over as temporary files, and is often killed before it removes them.
        folder = stack.enter_context(
            tempfile.TemporaryDirectory(prefix="odc-tray-", ignore_cleanup_errors=True)
        )
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "agent.desktop.tray", str(theirs.fileno()),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(folder, language),
            start_new_session=True,  # Ctrl-C in the agent's terminal is for the agent to answer
            **inheriting(theirs),
        )  # fmt: skip
        theirs.close()
        async with _logged(child):
            try:
                yield child
            finally:
                await _end(child)


def _environment(folder: str, language: Language | None) -> dict[str, str]:
    environment = {**os.environ, "TMPDIR": folder, "TEMP": folder, "TMP": folder}
    if language is not None:
        environment["ODC_LANGUAGE"] = language.value
    return environment


@contextlib.asynccontextmanager
async def _logged(child: asyncio.subprocess.Process) -> AsyncIterator[None]:
    """Write what the child complains of to the agent's log while the block runs."""
    lines = asyncio.create_task(_log_lines(child))
    try:
        yield
    finally:
        await asyncio.wait({lines}, timeout=END_SECONDS)
        lines.cancel()


async def _log_lines(child: asyncio.subprocess.Process) -> None:
    assert child.stderr is not None
    while data := await child.stderr.read(4096):
        for line in data.decode(errors="replace").splitlines():
            if line:
                log.warning("tray: %s", line[:LOGGED_CHARACTERS])


async def _end(child: asyncio.subprocess.Process) -> None:
    """Ask the child to end, and make it end when it does not."""
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(child.wait(), END_SECONDS)
    except TimeoutError:
        await kill_all(child)
