"""Limits of memory, time and reach for a process that decodes or runs what strangers made."""

from __future__ import annotations

import ctypes
import os
import sys
from typing import ClassVar

from agent.system.dumps import forbid_dumps
from agent.system.hardening import end_with_agent, forbid_privileges
from agent.system.landlock import forbid_files
from agent.system.syscalls import forbid_calls


class NotConfinedError(Exception):
    """The system refuses a limit: nothing a stranger made is opened here."""


NOT_CONFINED = b"not confined"
"""The whole answer of a worker that could not be."""


def confine_or_end(*, memory: int, cpu_seconds: int) -> None:
    """Limit this process as :func:`confine` does; say :data:`NOT_CONFINED` and end where that is refused."""
    try:
        confine(memory=memory, cpu_seconds=cpu_seconds)
    except OSError:
        os.write(sys.stdout.fileno(), NOT_CONFINED)
        os._exit(0)


def confine(*, memory: int, cpu_seconds: int) -> None:
    """Limit this process. Call it when everything is imported: no file can be opened afterwards.

    On Linux it reaches nothing but its memory, the clock and the pipes it has; elsewhere limits are all there
    is. macOS does not enforce RLIMIT_AS: what a scan takes is bounded by its pixels there, a program by time.

    Args:
        memory: bytes of address space.
        cpu_seconds: of processor time, from the process's start.

    Raises:
        OSError: the system refuses; the process is not to go on.
    """
    end_with_agent()
    forbid_dumps()
    if sys.platform == "win32":
        _limit_by_job(memory, cpu_seconds)
    else:
        forbid_privileges()
        forbid_files()
        _limit_by_rlimit(memory, cpu_seconds)
        forbid_calls()


if sys.platform == "win32":
    from ctypes import wintypes

    _PROCESS_TIME, _ACTIVE_PROCESS, _PROCESS_MEMORY = 0x2, 0x8, 0x100
    _EXTENDED_LIMIT_INFORMATION = 9

    class _BasicLimits(ctypes.Structure):
        """JOBOBJECT_BASIC_LIMIT_INFORMATION (winnt.h)."""

        _fields_: ClassVar = [
            ("per_process_user_time", ctypes.c_int64),
            ("per_job_user_time", ctypes.c_int64),
            ("flags", wintypes.DWORD),
            ("minimum_working_set", ctypes.c_size_t),
            ("maximum_working_set", ctypes.c_size_t),
            ("active_processes", wintypes.DWORD),
            ("affinity", ctypes.c_size_t),
            ("priority_class", wintypes.DWORD),
            ("scheduling_class", wintypes.DWORD),
        ]

    class _ExtendedLimits(ctypes.Structure):
        """JOBOBJECT_EXTENDED_LIMIT_INFORMATION (winnt.h)."""

        _fields_: ClassVar = [
            ("basic", _BasicLimits),
            ("io_counters", ctypes.c_uint64 * 6),
            ("process_memory", ctypes.c_size_t),
            ("job_memory", ctypes.c_size_t),
            ("peak_process_memory", ctypes.c_size_t),
            ("peak_job_memory", ctypes.c_size_t),
        ]

    def _limit_by_job(memory: int, cpu_seconds: int) -> None:
        """Put this process into a job of its own; Wine takes the limits and does not enforce them."""
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        limits = _ExtendedLimits()
        limits.basic.flags = _PROCESS_TIME | _ACTIVE_PROCESS | _PROCESS_MEMORY
        limits.basic.per_process_user_time = cpu_seconds * 10_000_000
        limits.basic.active_processes = 1
        limits.process_memory = memory
        job = wintypes.HANDLE(kernel.CreateJobObjectW(None, None))
        is_set = kernel.SetInformationJobObject(
            job, _EXTENDED_LIMIT_INFORMATION, ctypes.byref(limits), ctypes.sizeof(limits)
        )
        process = wintypes.HANDLE(kernel.GetCurrentProcess())
        if not (is_set and kernel.AssignProcessToJobObject(job, process)):
            raise ctypes.WinError(ctypes.get_last_error())

else:
    import resource

    def _limit_by_rlimit(memory: int, cpu_seconds: int) -> None:
        if sys.platform == "linux":
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
        # No file is opened or written any more, no process started.
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
