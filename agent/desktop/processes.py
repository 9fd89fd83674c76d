"""Ending the desktop's child processes, on each system as it has to be."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys


async def kill_all(process: asyncio.subprocess.Process) -> None:
    """Kill a process that was started with ``start_new_session`` and all that it started, and wait.

    A grandchild left alive would hold the pipes, and asyncio waits for those too.
    """
    with contextlib.suppress(ProcessLookupError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
