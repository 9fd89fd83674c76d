"""Keeping what a process has in its memory to itself: the agent, and those through which a PIN goes."""

from __future__ import annotations

import ctypes
import sys

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def hide_memory() -> None:
    """Have no process of the same user read or write this one's memory or trace it (Linux).

    A program that is executed has that forbidden to itself, or not, by itself.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def forbid_dumps() -> None:
    """Make this process not dumpable: no core file, no ptrace by processes of the same user."""
    if sys.platform == "win32":
        return  # Windows writes no core files unless a debugger is attached on purpose.
    import resource  # noqa: PLC0415 - exists on Unix only

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hide_memory()
