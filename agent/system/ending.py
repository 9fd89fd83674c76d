"""The end of a process that has loaded somebody's library: at once, and nothing of that is run for it."""

from __future__ import annotations

import os
import sys

if sys.platform == "win32":
    import _winapi

TYPE_CHECKING = False
if TYPE_CHECKING:  # a process that waits imports next to nothing
    from typing import NoReturn


CRASHED = 70
"""How a process ends whose library has crashed, where that does not end it (sysexits.h: EX_SOFTWARE)."""


def end_at_once(code: int = 0) -> NoReturn:
    """End this process.

    On Windows ``os._exit`` is ExitProcess, which calls each DLL once more and waits for one that is being
    loaded: some vendors' never come back from that, and the process would keep their token for ever
    (DllMain entry point, Win32 API).
    """
    if sys.platform == "win32":
        _winapi.TerminateProcess(_winapi.GetCurrentProcess(), code)
    os._exit(code)
