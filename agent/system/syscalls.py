"""Which system calls a confined process may still make: a seccomp filter (Linux, x86-64 and aarch64).

What works on memory, on the pipes that are open and on the clock is allowed. What libraries try in ordinary
work and can do without, such as a look for a font, is refused with EPERM. Everything else ends the process.
The kernel runs the filter before each call; see its Documentation/userspace-api/seccomp_filter.rst. Numbers
are those of arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys
from collections.abc import Iterator
from typing import ClassVar, NamedTuple

ALLOWED = {
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "lseek": (8, 62),
    "fstat": (5, 80),
    "close": (3, 57),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "futex": (202, 98),
    "sched_yield": (24, 124),
    "getrandom": (318, 278),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "gettimeofday": (96, 169),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "uname": (63, 160),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
"""Name: number on x86-64, number on aarch64."""

REFUSED = {
    "open": (2, None),
    "openat": (257, 56),
    "stat": (4, None),
    "lstat": (6, None),
    "newfstatat": (262, 79),
    "statx": (332, 291),
    "access": (21, None),
    "faccessat": (269, 48),
    "faccessat2": (439, 439),
    "readlink": (89, None),
    "readlinkat": (267, 78),
    "getcwd": (79, 17),
    "memfd_create": (319, 279),  # Qt's JavaScript takes memory by it, or else by mmap
    "ioctl": (16, 29),
    "fcntl": (72, 25),  # with F_SETOWN and F_SETSIG it would send any signal to any process of the user
    "clone": (56, 220),
    "clone3": (435, 435),
    "prctl": (157, 167),
    "sysinfo": (99, 179),
    "sched_getaffinity": (204, 123),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
}  # fmt: skip
"""Name: number on x86-64, number on aarch64 where there is such a call."""

_PROT_EXEC = 0x4
LIMITED = {
    "mmap": (9, 222, 2, _PROT_EXEC),
    "mprotect": (10, 226, 2, _PROT_EXEC),
    "prlimit64": (302, 261, 0, 0xFFFF_FFFF),  # of process 0, which is itself
}
"""Name: both numbers, and an argument with bits that must not be set in it. Else the call is refused."""

KILL, REFUSE, ALLOW = 0x8000_0000, 0x0005_0000 | errno.EPERM, 0x7FFF_0000  # linux/seccomp.h
# linux/bpf_common.h: LD W ABS, JEQ K, JSET K, RET K
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # struct seccomp_data; both systems are little-endian


class Architecture(NamedTuple):
    """What differs between processors."""

    column: int
    """Of the tables above."""
    audit: int
    """The kernel's name for it (linux/audit.h)."""
    seccomp: int
    """The number of seccomp(2)."""


ARCHITECTURES = {
    "x86_64": Architecture(0, 0xC000_003E, 317),
    "aarch64": Architecture(1, 0xC000_00B7, 277),
}


def program(architecture: Architecture) -> bytes:
    """Return the filter for a processor, as the kernel reads it.

    A call by the numbers of another architecture (32-bit) ends the process; so does one of x32, whose numbers
    have a bit that none here has.
    """
    return b"".join(struct.pack("HBBI", *step) for step in _steps(architecture))


def _steps(architecture: Architecture) -> Iterator[tuple[int, int, int, int]]:
    yield _LOAD, 0, 0, _ARCHITECTURE
    yield _EQUAL, 1, 0, architecture.audit
    yield _RETURN, 0, 0, KILL
    yield _LOAD, 0, 0, _NUMBER
    for table, verdict in ((ALLOWED, ALLOW), (REFUSED, REFUSE)):
        for numbers in table.values():
            if (number := numbers[architecture.column]) is not None:
                yield _EQUAL, 0, 1, number
                yield _RETURN, 0, 0, verdict
    for *both, argument, bits in LIMITED.values():
        yield _EQUAL, 0, 4, both[architecture.column]
        yield _LOAD, 0, 0, _ARGUMENTS + 8 * argument
        yield _ANY_BIT, 0, 1, bits
        yield _RETURN, 0, 0, REFUSE
        yield _RETURN, 0, 0, ALLOW
    yield _RETURN, 0, 0, KILL


class _Program(ctypes.Structure):
    """struct sock_fprog (linux/filter.h)."""

    _fields_: ClassVar = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def forbid_calls() -> None:
    """Have the kernel filter the calls of all threads of this process, from now on and for good.

    On processors that are not in the table nothing is done. The process must have forbidden itself new
    privileges.

    Raises:
        OSError: the kernel takes no filter.
    """
    if sys.platform != "linux":
        return
    architecture = ARCHITECTURES.get(os.uname().machine)
    if architecture is None or sys.maxsize < 2**32:
        return
    steps = program(architecture)
    filtering = _Program(len(steps) // 8, steps)
    libc = ctypes.CDLL(None, use_errno=True)
    to_all_threads, set_filter = 1, 1  # SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_SET_MODE_FILTER
    if libc.syscall(architecture.seccomp, set_filter, to_all_threads, ctypes.byref(filtering)):
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
