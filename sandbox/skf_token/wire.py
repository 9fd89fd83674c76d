"""Messages between the library and this process: sizes, fields, numbers (``library/call.h``)."""

from __future__ import annotations

import socket
from collections.abc import Iterable

Value = int | bytes
_SIZE_BYTES = 4
_NUMBER_BYTES = 8
MOST_BYTES = 16 << 20


class WireError(Exception):
    """What came is no message."""


def encode(values: Iterable[Value]) -> bytes:
    """Return a message of these fields, its size before it."""
    body = b"".join(_field(value) for value in values)
    return len(body).to_bytes(_SIZE_BYTES, "little") + body


def _field(value: Value) -> bytes:
    content = value.to_bytes(_NUMBER_BYTES, "little") if isinstance(value, int) else value
    return len(content).to_bytes(_SIZE_BYTES, "little") + content


def receive(connection: socket.socket) -> Fields | None:
    """Return the next message; None where the other side is gone."""
    size = int.from_bytes(head, "little") if (head := _exactly(connection, _SIZE_BYTES)) else None
    if size is None or size > MOST_BYTES:
        return None
    body = _exactly(connection, size)
    return None if body is None else Fields(body)


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    received = bytearray()
    while len(received) < size:
        try:
            part = connection.recv(size - len(received))
        except OSError:
            return None
        if not part:
            return None
        received += part
    return bytes(received)


class Fields:
    """A message that is taken field by field."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._next = 0

    def __bool__(self) -> bool:
        """Whether there is more."""
        return self._next < len(self._body)

    def bytes(self) -> bytes:
        """Take the next field; WireError where there is none."""
        start = self._next + _SIZE_BYTES
        end = start + int.from_bytes(self._body[self._next : start], "little")
        if start > len(self._body) or end > len(self._body):
            raise WireError("a field is missing")
        self._next = end
        return self._body[start:end]

    def number(self) -> int:
        """Take the next field as a number."""
        return int.from_bytes(self.bytes(), "little")
