"""The browser's side of the relay: native messaging frames on this process's stdin and stdout."""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock

from agent.ground.framing import (
    MAX_BROWSER_REPLY,
    MAX_REQUEST,
    FrameDecoder,
    FrameError,
    encode_frame,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

READ_SIZE = 65536


class TruncatedError(FrameError):
    """The browser's stream ended within a frame."""


class Channel:
    """Frames from and to the browser. ``send`` may be called from any thread."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._writing = allocate_lock()

    def frames(self) -> Iterator[bytes]:
        """Yield each payload the browser sends, until it closes the channel.

        Raises:
            FrameTooLargeError: a frame announces more than ``MAX_REQUEST`` bytes.
            TruncatedError: the stream ended within a frame.
        """
        decoder = FrameDecoder(limit=MAX_REQUEST)
        while data := os.read(self._read_fd, READ_SIZE):
            yield from decoder.feed(data)
        if not decoder.is_between_frames:
            raise TruncatedError("the stream ended within a frame")

    def send(self, payload: bytes) -> None:
        """Send one payload.

        Raises:
            OSError: the browser no longer reads.
        """
        rest = memoryview(encode_frame(payload, limit=MAX_BROWSER_REPLY))
        with self._writing:
            while rest:
                rest = rest[os.write(self._write_fd, rest) :]


def take_over_stdio() -> Channel:
    """Keep the real stdin and stdout to ourselves and give the rest of the process harmless ones.

    Whatever a library or a child prints then goes to stderr, and no child can read the browser's
    requests: one stray byte on stdout ends a native messaging channel.
    """
    # First of all: where a browser gives no stderr, this takes its number, not a copy of stdin.
    nothing = os.open(os.devnull, os.O_RDWR)
    read_fd, write_fd = os.dup(0), os.dup(1)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    if nothing != 2:
        os.close(nothing)
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - exists on Windows only

        for fd in (read_fd, write_fd):
            msvcrt.setmode(fd, os.O_BINARY)
    return Channel(read_fd, write_fd)
