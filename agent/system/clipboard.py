"""What was copied, for a console of Windows that leaves pasting to its program (Clipboard, Win32 API)."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable

LONGEST = 1024
"""Units of UTF-16 that are pasted; what is copied may be a whole book."""


def typed_keys(units: Iterable[str]) -> list[str]:
    """Return what pasting them types: characters, and the end of the first line; nothing else is a key."""
    keys: list[str] = []
    for unit in itertools.islice(units, LONGEST):
        if unit == "\0":
            break
        if unit in "\r\n":
            return [*keys, "\r"]
        if unit >= " " and unit != "\x7f":
            keys.append(unit)
    return keys


if sys.platform == "win32":
    import ctypes
    import time
    from collections.abc import Iterator
    from ctypes import wintypes

    _UNICODE_TEXT = 13
    _TRIES, _PAUSE_SECONDS = 20, 0.02
    """Another program may have it open at this very moment."""
    _user32 = ctypes.WinDLL("user32")
    _kernel32 = ctypes.WinDLL("kernel32")
    _user32.OpenClipboard.argtypes = (wintypes.HWND,)
    _user32.GetClipboardData.restype = wintypes.HANDLE
    _kernel32.GlobalLock.argtypes = _kernel32.GlobalUnlock.argtypes = (wintypes.HANDLE,)
    _kernel32.GlobalLock.restype = ctypes.POINTER(ctypes.c_wchar)

    def copied_keys() -> list[str]:
        """Return what pasting types now; nothing where no text was copied."""
        if not _is_opened():
            return []
        try:
            handle = _user32.GetClipboardData(_UNICODE_TEXT)
            text = _kernel32.GlobalLock(handle) if handle else None
            if not text:
                return []
            try:
                return typed_keys(_units(text))
            finally:
                _kernel32.GlobalUnlock(handle)
        finally:
            _user32.CloseClipboard()

    def _units(text: ctypes._Pointer[ctypes.c_wchar]) -> Iterator[str]:
        # One by one: a string of all would be a copy of a PIN that cannot be wiped.
        yield from (text[place] for place in itertools.count())

    def _is_opened() -> bool:
        for _ in range(_TRIES):
            if _user32.OpenClipboard(None):
                return True
            time.sleep(_PAUSE_SECONDS)
        return False
