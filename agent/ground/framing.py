"""Frames of the local API: a 32-bit length in the machine's byte order, then UTF-8 JSON.

It is the framing of browsers' native messaging, so that the native host relays without understanding.
Standard library only: the native host starts through here.
"""

from __future__ import annotations

from _struct import Struct  # struct alone would be one more file to open

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

HEADER = Struct("=I")
MAX_REQUEST = 1024 * 1024
"""Bytes of the largest frame the agent takes from a client; Chrome's own limit to a page is 1 MB."""
MAX_REPLY = 16 * 1024 * 1024
"""Bytes of the largest frame a client takes from the agent."""
MAX_BROWSER_REPLY = 1024 * 1024
"""Bytes of the largest frame a browser takes from a native host (native messaging, 1 MB)."""


class FrameError(ValueError):
    """The stream does not hold what a frame must hold; it cannot be read on."""


class FrameTooLargeError(FrameError):
    """A frame announces more bytes than this side takes."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"frame of {size} bytes, at most {limit} are taken")
        self.size = size
        self.limit = limit


def encode_frame(payload: bytes, *, limit: int = MAX_REPLY) -> bytes:
    """Return ``payload`` with its length in front."""
    if len(payload) > limit:
        raise FrameTooLargeError(len(payload), limit)
    return HEADER.pack(len(payload)) + payload


class FrameDecoder:
    """Takes bytes as they come and gives the payloads that are whole."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Add ``data`` and yield each payload that is now complete.

        Raises:
            FrameTooLargeError: a header announces more than the limit; nothing after it can be read.
        """
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            (size,) = HEADER.unpack_from(self._buffer)
            if size > self._limit:
                raise FrameTooLargeError(size, self._limit)
            end = HEADER.size + size
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[HEADER.size : end])
            del self._buffer[:end]
            yield payload

    @property
    def is_between_frames(self) -> bool:
        """Whether no part of a frame is waiting for its rest."""
        return not self._buffer
