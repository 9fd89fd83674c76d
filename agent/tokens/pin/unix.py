"""PIN entry over a Unix socket in the 0700 runtime folder, under a name nobody can guess.

Raw sockets, because the PIN then stays in one buffer that can be wiped.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys

from agent.framing import HEADER
from agent.peers import is_same_user
from agent.runtime import ensure_runtime_folder
from agent.tokens.errors import PinFormError, PinNotGivenError, PinUnansweredError
from agent.tokens.pin.transport import MAX_PIN_BYTES

if sys.platform != "win32":

    class SocketListener:
        """The worker's one-time socket."""

        def __init__(self) -> None:
            self._path = ensure_runtime_folder() / f"pin-{secrets.token_hex(8)}.sock"
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(os.fspath(self._path))
            self._listener.listen(1)

        @property
        def endpoint(self) -> str:
            return os.fspath(self._path)

        def accept(self) -> SocketConnection:
            connection, _ = self._listener.accept()
            self._listener.close()
            self._path.unlink(missing_ok=True)
            if not is_same_user(connection):
                connection.close()
                raise PinNotGivenError
            return SocketConnection(connection)

    class SocketConnection:
        """One PIN entry, seen from the worker."""

        def __init__(self, connection: socket.socket) -> None:
            self._connection = connection

        def receive_pin(self) -> bytearray:
            try:
                (size,) = HEADER.unpack(_receive(self._connection, HEADER.size))
                if not 0 < size <= MAX_PIN_BYTES:
                    raise PinFormError
                return _receive(self._connection, size)
            except (OSError, EOFError) as error:
                raise PinNotGivenError from error

        def answer(self, report: bytes) -> None:
            with contextlib.suppress(OSError), self._connection:
                self._connection.sendall(HEADER.pack(len(report)) + report)

    class SocketClient:
        """Where the PIN is typed."""

        def __init__(self, endpoint: str) -> None:
            self._endpoint = endpoint

        def exchange(self, pin: bytearray, seconds: float) -> bytes:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(seconds)
                connection.connect(self._endpoint)
                is_sent = _send(connection, pin)
                try:
                    (size,) = HEADER.unpack(_receive(connection, HEADER.size))
                    return bytes(_receive(connection, size))
                except (OSError, EOFError) as error:
                    if is_sent:
                        raise PinUnansweredError from error
                    raise


def _send(connection: socket.socket, pin: bytearray) -> bool:
    """Send ``pin`` and return whether the worker may have all of it."""
    try:
        connection.sendall(HEADER.pack(len(pin)))
        connection.sendall(pin)
    except (BrokenPipeError, ConnectionResetError):
        return False  # A worker that refuses by the length hangs up before the rest, and says why.
    return True


def _receive(connection: socket.socket, size: int) -> bytearray:
    data = bytearray(size)
    view = memoryview(data)
    done = 0
    while done < size:
        count = connection.recv_into(view[done:])
        if not count:
            raise EOFError
        done += count
    return data
