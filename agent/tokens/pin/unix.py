"""PIN entry over a Unix socket in the 0700 runtime folder, under a name nobody can guess.

Each secret has its length before it, a length of 0 ends the list. Raw sockets, because a secret then
stays in one buffer that can be wiped.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys
from collections.abc import Sequence

from agent.ground.framing import HEADER
from agent.system.peers import is_same_user
from agent.system.runtime import ensure_runtime_folder
from agent.tokens.errors import PinFormError, PinNotGivenError
from agent.tokens.pin.transport import MAX_PIN_BYTES, MAX_SECRETS

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

        def receive_secrets(self) -> list[bytearray]:
            received: list[bytearray] = []
            try:
                while size := _receive_size(self._connection):
                    if size > MAX_PIN_BYTES or len(received) == MAX_SECRETS:
                        raise PinFormError
                    received.append(_receive(self._connection, size))
            except (OSError, EOFError) as error:
                raise PinNotGivenError from error
            return received

        def answer(self, report: bytes) -> None:
            with contextlib.suppress(OSError), self._connection:
                self._connection.sendall(HEADER.pack(len(report)) + report)

    class SocketClient:
        """Where the PIN is typed."""

        def __init__(self, endpoint: str, seconds: float) -> None:
            self._endpoint = endpoint
            self._connection = socket.socket(socket.AF_UNIX)
            self._connection.settimeout(seconds)

        def connect(self) -> None:
            self._connection.connect(self._endpoint)

        def send(self, secrets: Sequence[bytearray]) -> bool:
            try:
                for secret in secrets:
                    self._connection.sendall(HEADER.pack(len(secret)))
                    self._connection.sendall(secret)
                self._connection.sendall(HEADER.pack(0))
            except (BrokenPipeError, ConnectionResetError):
                return False
            return True

        def outcome(self) -> bytes:
            return bytes(_receive(self._connection, _receive_size(self._connection)))

        def close(self) -> None:
            self._connection.close()


def _receive_size(connection: socket.socket) -> int:
    (size,) = HEADER.unpack(_receive(connection, HEADER.size))
    return int(size)


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
