"""``python without_seccomp.py COMMAND …``: run a command under a kernel that takes no filter of calls."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
import sys

from agent.system.syscalls import ALLOW, ARCHITECTURES

LOAD, EQUAL, RETURN, NUMBER = 0x20, 0x15, 0x06, 0
REFUSE = 0x0005_0000 | errno.EINVAL


class Program(ctypes.Structure):
    """struct sock_fprog (linux/filter.h)."""

    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def refuse_filters() -> None:
    """Have seccomp(2) refused from now on, as an old kernel or a container's own filter does."""
    seccomp = ARCHITECTURES[os.uname().machine].seccomp
    steps = (
        (LOAD, 0, 0, NUMBER),
        (EQUAL, 0, 1, seccomp),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    )
    packed = b"".join(struct.pack("HBBI", *step) for step in steps)
    libc = ctypes.CDLL(None, use_errno=True)
    no_new_privileges, set_seccomp, filter_mode = 38, 22, 2  # linux/prctl.h, linux/seccomp.h
    assert libc.prctl(no_new_privileges, 1, 0, 0, 0) == 0
    filtering = Program(len(steps), packed)
    assert libc.prctl(set_seccomp, filter_mode, ctypes.byref(filtering), 0, 0) == 0


if __name__ == "__main__":
    refuse_filters()
    os.execv(sys.argv[1], sys.argv[1:])
