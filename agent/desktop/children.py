"""Running a child of the desktop: it is handed its API connection, and what it says is logged."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Mapping

from agent.desktop.processes import kill_all
from agent.ground.streams import heard
from agent.system.consoles import NO_CONSOLE
from agent.system.handed_sockets import hand_over, handing, name_of
from agent.system.hardening import users_umask
from agent.system.runtime import module_command

log = logging.getLogger(__name__)

END_SECONDS = 2.0
"""How long a child may take to end when asked to."""
LOGGED_CHARACTERS = 300
"""Of one line the child writes; toolkits can be chatty."""


@contextlib.asynccontextmanager
async def child(
    name: str, theirs: socket.socket, *arguments: str, environment: Mapping[str, str]
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run ``python -m ARGUMENTS…`` while the block runs; ``FD`` among them becomes the socket's name.

    It alone holds ``theirs`` then, and sees when we go.
    """
    with theirs:
        named = [name_of(theirs) if part == "FD" else part for part in arguments]
        process = await asyncio.create_subprocess_exec(
            *module_command(*named),
            stderr=asyncio.subprocess.PIPE,
            env=environment,
            umask=users_umask(),
            start_new_session=True,  # Ctrl-C in the agent's terminal is for the agent to answer
            creationflags=NO_CONSOLE,
            **handing(theirs),
        )  # fmt: skip
        async with _logged(name, process):
            try:
                await hand_over(theirs, process)
                theirs.close()
                yield process
            finally:
                await _end(process)


@contextlib.asynccontextmanager
async def _logged(name: str, process: asyncio.subprocess.Process) -> AsyncIterator[None]:
    """Write what the child complains of to the agent's log while the block runs."""
    lines = asyncio.create_task(_log_lines(name, process))
    try:
        yield
    finally:
        await asyncio.wait({lines}, timeout=END_SECONDS)
        lines.cancel()


async def _log_lines(name: str, process: asyncio.subprocess.Process) -> None:
    assert process.stderr is not None
    while data := await process.stderr.read(4096):
        for line in heard(data).splitlines():
            if line:
                log.warning("%s: %s", name, line[:LOGGED_CHARACTERS])


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask the child to end, and make it end when it does not."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        await kill_all(process)
