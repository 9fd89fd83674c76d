"""Keeping what a process has in its memory to itself: the agent, and those through which a PIN goes."""

from __future__ import annotations

import ctypes
import sys

if sys.platform == "win32":
    import msvcrt

_PR_SET_DUMPABLE = 4  # linux/prctl.h


def hide_memory() -> None:
    """Have no process of the same user read or write this one's memory or trace it (Linux).

    A program that is executed has that forbidden to itself, or not, by itself.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def crash_quietly() -> None:
    """Have a crash of this process end it at once, as it does on other systems.

    On Windows, Windows Error Reporting holds it until it has been looked at, and where that is set up until
    somebody has closed a box; some of its memory may go to Microsoft (SetErrorMode, Win32 API).
    """
    if sys.platform == "win32":
        quiet = (
            msvcrt.SEM_NOGPFAULTERRORBOX
            | msvcrt.SEM_FAILCRITICALERRORS
            | msvcrt.SEM_NOOPENFILEERRORBOX
        )
        msvcrt.SetErrorMode(msvcrt.GetErrorMode() | quiet)


def forbid_dumps() -> None:
    """Make this process not dumpable: no core file, no ptrace by processes of the same user."""
    if sys.platform == "win32":
        crash_quietly()
        return
    import resource  # noqa: PLC0415 - exists on Unix only

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hide_memory()
