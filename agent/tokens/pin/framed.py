"""PINs over a stream of bytes: each secret has its length before it, a length of 0 ends the list."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Protocol

from agent.ground.framing import HEADER
from agent.tokens.errors import PinFormError, PinNotGivenError
from agent.tokens.pin.transport import MAX_PIN_BYTES, MAX_SECRETS


class Stream(Protocol):
    """What a socket and a pipe have in common here; all of it but ``close`` raises OSError."""

    def recv_into(self, buffer: memoryview, /) -> int:
        """Read as much as ``buffer`` takes at most; 0 is the end."""

    def sendall(self, data: bytes | bytearray, /) -> None:
        """Send all of ``data``."""

    def close(self) -> None:
        """Hang up."""


class StreamConnection:
    """One PIN entry, seen from the worker."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def receive_secrets(self) -> list[bytearray]:
        """See PinConnection."""
        received: list[bytearray] = []
        try:
            while size := _receive_size(self._stream):
                if size > MAX_PIN_BYTES or len(received) == MAX_SECRETS:
                    raise PinFormError
                received.append(_receive(self._stream, size))
        except (OSError, EOFError) as error:
            raise PinNotGivenError from error
        return received

    def answer(self, report: bytes) -> None:
        """See PinConnection."""
        # Who typed may have gone; nothing is to be told then.
        with contextlib.suppress(OSError), contextlib.closing(self._stream):
            self._stream.sendall(HEADER.pack(len(report)) + report)


class StreamClient:
    """Where the PIN is typed."""

    def __init__(self, open_stream: Callable[[], Stream]) -> None:
        """Prepare to hang on to what ``open_stream`` returns; it raises OSError when the worker is gone."""
        self._open = open_stream
        self._stream: Stream | None = None

    def connect(self) -> None:
        """See PinClient."""
        self._stream = self._open()

    def send(self, secrets: Sequence[bytearray]) -> bool:
        """See PinClient."""
        assert self._stream is not None
        try:
            for secret in secrets:
                self._stream.sendall(HEADER.pack(len(secret)))
                self._stream.sendall(secret)
            self._stream.sendall(HEADER.pack(0))
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def outcome(self) -> bytes:
        """See PinClient."""
        assert self._stream is not None
        return bytes(_receive(self._stream, _receive_size(self._stream)))

    def close(self) -> None:
        """See PinClient."""
        if self._stream is not None:
            self._stream.close()


def _receive_size(stream: Stream) -> int:
    (size,) = HEADER.unpack(_receive(stream, HEADER.size))
    return int(size)


def _receive(stream: Stream, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    done = 0
    while done < size:
        count = stream.recv_into(view[done:])
        if not count:
            raise EOFError
        done += count
    return data
