"""A secret as a person types it, key by key, where the terminal itself edits no line (Windows).

What is typed is kept in a buffer that never grows, and which can be wiped.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto, unique

from agent.system.key_events import KeyEvent

_HIGH_SURROGATES = range(0xD800, 0xDC00)
_LOW_SURROGATES = range(0xDC00, 0xE000)


@unique
class Key(Enum):
    """What is pressed to something else than to type a character."""

    ENTER = auto()
    BACKSPACE = auto()
    CLEAR = auto()
    """Escape, as in every line that Windows' console edits; Ctrl+Backspace, since no word is seen."""
    INTERRUPT = auto()
    """Ctrl+C."""
    END = auto()
    """Ctrl+Z: there is no input."""


_KEYS = {
    "\r": Key.ENTER,
    "\n": Key.ENTER,
    "\b": Key.BACKSPACE,
    "\x1b": Key.CLEAR,
    "\x7f": Key.CLEAR,
    "\x03": Key.INTERRUPT,
    "\x1a": Key.END,
}


def key_of(event: KeyEvent) -> Key | str | None:
    """Return what a person means by a key: a character, or what to do; None where it is neither.

    Arrows and function keys have no character. With Alt held a key is no character either, unless Control
    is held too (AltGr); a number typed with Alt held becomes a character when Alt is let go.
    """
    if not event.is_down:
        return event.character if event.is_alt and event.character >= " " else None
    if event.has_alt and not event.has_control:
        return None
    key = _KEYS.get(event.character)
    if key is not None:
        return key
    return event.character if event.character >= " " else None


class TypedLine:
    """One line of ``size`` bytes at most in UTF-8; what is beyond is counted, and not kept."""

    def __init__(self, size: int) -> None:
        self._bytes = bytearray(size)
        self._size = 0
        self._beyond = 0
        self._high = ""

    def type(self, unit: str) -> None:
        """Add a character, which may come as two halves (UTF-16)."""
        if ord(unit) in _HIGH_SURROGATES:
            self._high = unit
            return
        character = self._high + unit if ord(unit) in _LOW_SURROGATES else unit
        self._high = ""
        encoded = character.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()
        if self._beyond or self._size + len(encoded) > len(self._bytes):
            self._beyond += 1
            return
        self._bytes[self._size : self._size + len(encoded)] = encoded
        self._size += len(encoded)

    def rub_out(self) -> None:
        """Take the last character back; there need not be one."""
        if self._beyond:
            self._beyond -= 1
            return
        while self._size:
            self._size -= 1
            taken, self._bytes[self._size] = self._bytes[self._size], 0
            if taken & 0xC0 != 0x80:  # the first byte of a character (RFC 3629, 3)
                return

    def clear(self) -> None:
        """Take all of it back."""
        self._bytes[:] = bytes(len(self._bytes))
        self._size = self._beyond = 0
        self._high = ""

    def taken(self) -> bytearray:
        """Return what was typed, and forget it; of a line that is too long as many bytes as are kept."""
        # A full buffer says that the line was too long, as it does of a line that is read.
        size = len(self._bytes) if self._beyond else self._size
        secret = bytearray(memoryview(self._bytes)[:size])
        self.clear()
        return secret


def typed_line(next_event: Callable[[], KeyEvent], size: int) -> bytearray:
    """Return what is typed until Enter; nothing at the end of input.

    Raises:
        KeyboardInterrupt: Ctrl+C.
    """
    line = TypedLine(size)
    try:
        while (key := key_of(event := next_event())) not in {Key.ENTER, Key.END}:
            for _ in range(event.repeats):
                _take(line, key)
        return line.taken() if key is Key.ENTER else bytearray()
    finally:
        line.clear()


def _take(line: TypedLine, key: Key | str | None) -> None:
    if key is Key.INTERRUPT:
        raise KeyboardInterrupt
    if key is Key.CLEAR:
        line.clear()
    elif key is Key.BACKSPACE:
        line.rub_out()
    elif isinstance(key, str):
        line.type(key)
