"""What a worker forbids itself: to outlive its agent, to eat the machine. See agent.system.dumps too."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

if sys.platform == "win32":
    import _winapi
    import threading

    from agent.system.ending import end_at_once

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38  # linux/prctl.h
_users_umask: list[int] = []
"""What it was before this process gave itself a mask of its own."""
MAX_ADDRESS_BYTES = 1 << 30
"""A worker with OpenSC and cryptography takes a sixth of it."""


def end_with_agent() -> None:
    """Have the system end this process when the agent's ends, even in mid-call or while it waits.

    A worker that outlived its agent would still take a PIN, for nobody, and one in which a library hangs keep
    the token. On macOS a worker ends at its next read from the agent.
    """
    if sys.platform == "linux":
        agent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != agent:
            sys.exit(0)  # it ended just before
    elif sys.platform == "win32":
        try:
            agent = _winapi.OpenProcess(_SYNCHRONIZE, False, os.getppid())
        except OSError:
            return  # it ended just before, or is none of this user's: a read finds that
        threading.Thread(target=_end_after, args=(agent,), daemon=True).start()


if sys.platform == "win32":
    _SYNCHRONIZE = 0x00100000

    def _end_after(process: int) -> None:
        _winapi.WaitForSingleObject(process, _winapi.INFINITE)
        end_at_once()


def leave_working_folder() -> None:
    """Have a library that loads another by its mere name not find it where the agent happened to be started.

    Windows looks there, after its own folders: everybody may write to the top of most drives, and commands
    are called where downloads lie (Dynamic-link library search order, Win32 API). The program's own folder
    is looked through anyway.
    """
    if sys.platform == "win32":
        folder, _ = os.path.split(sys.executable)
        os.chdir(folder)


def forbid_privileges() -> None:
    """Have no program that this process might run get more rights; filters of calls and files ask for it."""
    if sys.platform == "linux":
        zero = ctypes.c_ulong(0)
        ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), zero, zero, zero)


def write_privately() -> None:
    """Have every file and folder that this process makes be for this user alone."""
    _users_umask.append(os.umask(0o077))


def users_umask() -> int:
    """Return the mask for a child in which the user saves files of their own; -1 for this process's."""
    return _users_umask[0] if _users_umask else -1


def limit_memory() -> None:
    """Let a library that asks for absurd amounts fail, rather than the machine."""
    if sys.platform == "linux":
        import resource  # noqa: PLC0415 - exists on Unix only

        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        is_lower = hard != resource.RLIM_INFINITY and hard < MAX_ADDRESS_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (hard if is_lower else MAX_ADDRESS_BYTES, hard))
