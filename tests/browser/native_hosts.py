"""The native hosts a browser has started."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path


def kill_hosts(desk):
    """Kill the native hosts of the desk's browser, and nobody else's; return how many there were."""
    found = hosts(desk)
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(found)


def hosts(desk):
    launcher = os.fsencode(desk.launcher)
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if launcher in (process / "cmdline").read_bytes().split(b"\0"):
                found.append(int(process.name))
    return found
