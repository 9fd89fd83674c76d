"""Keeping what a process has in its memory to itself, for those through which a PIN goes."""

from __future__ import annotations

import ctypes
import sys

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def forbid_dumps() -> None:
    """Make this process not dumpable: no core file, no ptrace by processes of the same user."""
    if sys.platform == "win32":
        return  # Windows writes no core files unless a debugger is attached on purpose.
    import resource  # noqa: PLC0415 - exists on Unix only

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
