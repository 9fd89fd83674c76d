"""Keys as Windows' console tells of them (INPUT_RECORD, KEY_EVENT_RECORD): each press and each release."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

ALT_PRESSED = 0x0001 | 0x0002
CONTROL_PRESSED = 0x0004 | 0x0008
SHIFT_PRESSED = 0x0010
ALT_KEY, INSERT_KEY, V_KEY = 0x12, 0x2D, 0x56
"""VK_MENU, VK_INSERT, and that of the letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEvent:
    """One key that went down or up."""

    character: str = field(repr=False)
    r"""What it types, one UTF-16 unit; ``"\0"`` where it types nothing."""
    is_down: bool = True
    key: int = 0
    """Which one it is (virtual-key code)."""
    state: int = 0
    """What is held along with it (dwControlKeyState)."""
    repeats: int = 1

    @property
    def is_alt(self) -> bool:
        """Whether it is the Alt key itself."""
        return self.key == ALT_KEY

    @property
    def has_alt(self) -> bool:
        """Whether Alt is held."""
        return bool(self.state & ALT_PRESSED)

    @property
    def has_control(self) -> bool:
        """Whether Control is held."""
        return bool(self.state & CONTROL_PRESSED)

    @property
    def is_paste(self) -> bool:
        """Whether it asks for what was copied: Ctrl+V, Ctrl+Shift+V, Shift+Insert.

        A console that leaves Ctrl+C to its program leaves these to it too.
        """
        if not self.is_down or self.has_alt:
            return False
        if self.has_control:
            return self.key == V_KEY
        return self.key == INSERT_KEY and bool(self.state & SHIFT_PRESSED)


if sys.platform == "win32":
    import ctypes
    import msvcrt
    import os
    from collections import deque
    from collections.abc import Iterator
    from contextlib import contextmanager
    from ctypes import wintypes

    from agent.system.clipboard import copied_keys

    _KEY_EVENT = 0x0001
    _PROCESSED_INPUT, _MOUSE_INPUT, _TERMINAL_INPUT = 0x0001, 0x0010, 0x0200
    """ENABLE_PROCESSED_INPUT, which takes Ctrl+C away, ENABLE_MOUSE_INPUT, which takes the console's own menu
    away, and ENABLE_VIRTUAL_TERMINAL_INPUT: keys as escapes."""

    class _KeyRecord(ctypes.Structure):
        """KEY_EVENT_RECORD (wincon.h)."""

        _fields_ = (
            ("is_down", wintypes.BOOL),
            ("repeats", wintypes.WORD),
            ("key", wintypes.WORD),
            ("scan_code", wintypes.WORD),
            ("character", wintypes.WCHAR),
            ("state", wintypes.DWORD),
        )

    class _Record(ctypes.Structure):
        """INPUT_RECORD (wincon.h); of its union, the keys' member is the largest."""

        _fields_ = (("type", wintypes.WORD), ("key", _KeyRecord))

    _kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
    _kernel32.ReadConsoleInputW.argtypes = (
        wintypes.HANDLE, ctypes.POINTER(_Record), wintypes.DWORD, ctypes.POINTER(wintypes.DWORD),
    )  # fmt: skip
    _kernel32.GetConsoleMode.argtypes = (wintypes.HANDLE, ctypes.POINTER(wintypes.DWORD))
    _kernel32.SetConsoleMode.argtypes = (wintypes.HANDLE, wintypes.DWORD)
    _kernel32.FlushConsoleInputBuffer.argtypes = (wintypes.HANDLE,)

    class Keys:
        """The keys of this process's console."""

        def __init__(self, handle: int) -> None:
            self._handle = handle
            self._pasted: deque[str] = deque()

        def next(self) -> KeyEvent:
            """Wait for a key and return it, what is pasted as if typed; OSError: the console is gone."""
            while not self._pasted:
                event = self._pressed()
                if not event.is_paste:
                    return event
                self._pasted.extend(copied_keys())
            return KeyEvent(character=self._pasted.popleft())

        def _pressed(self) -> KeyEvent:
            record, count = _Record(), wintypes.DWORD()
            while True:
                read = _kernel32.ReadConsoleInputW(
                    self._handle, ctypes.byref(record), 1, ctypes.byref(count)
                )
                _check(read)
                if record.type == _KEY_EVENT:
                    break
            key = record.key
            event = KeyEvent(
                character=key.character,
                is_down=bool(key.is_down),
                key=key.key,
                state=key.state,
                repeats=max(1, key.repeats),
            )
            ctypes.memset(ctypes.byref(record), 0, ctypes.sizeof(record))
            return event

    @contextmanager
    def console_keys() -> Iterator[Keys]:
        """Give this process's console key by key, without echo, and put it back as it was.

        What was typed before is dropped, and at the end what is left of a paste.

        Raises:
            OSError: there is no console.
        """
        # By its name: standard input may be a file.
        descriptor = os.open("CONIN$", os.O_RDWR | os.O_BINARY)
        try:
            handle = msvcrt.get_osfhandle(descriptor)
            mode = wintypes.DWORD()
            _check(_kernel32.GetConsoleMode(handle, ctypes.byref(mode)))
            bare = mode.value & ~(_PROCESSED_INPUT | _MOUSE_INPUT | _TERMINAL_INPUT)
            _check(_kernel32.SetConsoleMode(handle, bare))
            _kernel32.FlushConsoleInputBuffer(handle)
            try:
                yield Keys(handle)
            finally:
                _kernel32.FlushConsoleInputBuffer(handle)
                _kernel32.SetConsoleMode(handle, mode)
        finally:
            os.close(descriptor)

    def _check(succeeded: int) -> None:
        if not succeeded:
            raise ctypes.WinError(ctypes.get_last_error())
