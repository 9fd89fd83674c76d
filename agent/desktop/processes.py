"""Starting and ending the desktop's child processes, on each system as it has to be."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from typing import Any


def inheriting(end: socket.socket) -> dict[str, Any]:
    """Return the arguments for starting a process that inherits ``end`` under the same number."""
    if sys.platform == "win32":
        # Not tried on Windows yet. Only the listed handle is inherited, though it is inheritable.
        end.set_inheritable(True)
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [end.fileno()]})
        return {"startupinfo": startup, "creationflags": subprocess.CREATE_NO_WINDOW}
    return {"pass_fds": (end.fileno(),)}


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
