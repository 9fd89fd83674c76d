"""Taking all files, sockets and other processes from a process, by Landlock (Linux 5.13 and later).

It stands behind the filter of system calls, and holds by itself on processors that have no filter here. See
the kernel's Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # the same number on every processor
_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION
# linux/landlock.h: how many rights each version of the interface knows; a bit stands for each.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_NETWORK_RIGHTS = {4: 2}
_SCOPES = {6: 2}


def _all(known: dict[int, int], version: int) -> int:
    """Return the bits of everything that ``version`` knows of."""
    count = max((count for since, count in known.items() if since <= version), default=0)
    return (1 << count) - 1


def forbid_files() -> None:
    """Take every right that the kernel knows from this thread; where there is no Landlock, none.

    The process must have forbidden itself new privileges.

    Raises:
        OSError: the kernel has Landlock and refuses it.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return
    # struct landlock_ruleset_attr; what is handled and given by no rule is forbidden.
    handled = (_all(known, version) for known in (_FILE_RIGHTS, _NETWORK_RIGHTS, _SCOPES))
    attributes = struct.pack("QQQ", *handled)
    rules = libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), 0)
    refused = rules < 0 or libc.syscall(_RESTRICT_SELF, rules, 0)
    if refused:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    os.close(rules)
