"""Keep the memory of a process that sees a PIN out of core files and other processes' reach."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_PR_SET_DUMPABLE = 4


def end_with_agent() -> None:
    """Have the system end this process when the agent's ends, even in mid-call or while it waits.

    A worker that outlived its agent would still take a PIN, for nobody. Elsewhere than on Linux a
    worker ends at its next read from the agent.
    """
    if sys.platform == "linux":
        agent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != agent:
            sys.exit(0)  # it ended just before


def forbid_dumps() -> None:
    """Make this process not dumpable: no core file, no ptrace by processes of the same user."""
    if sys.platform == "win32":
        return  # Windows writes no core files unless a debugger is attached on purpose.
    import resource  # noqa: PLC0415 - exists on Unix only

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
