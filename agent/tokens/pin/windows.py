"""PIN entry over a named pipe.

Each secret is a message, an empty one ends the list.
"""

from __future__ import annotations

import contextlib
import secrets
import sys
from collections.abc import Sequence
from multiprocessing import BufferTooShort
from multiprocessing.connection import Client, Listener

from agent.tokens.errors import PinFormError, PinNotGivenError
from agent.tokens.pin.transport import MAX_PIN_BYTES, MAX_SECRETS, wipe

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection

    class PipeListener:
        """The worker's one-time pipe, under a name nobody can guess."""

        def __init__(self) -> None:
            self._endpoint = rf"\\.\pipe\odc-agent-pin-{secrets.token_hex(16)}"
            self._listener = Listener(self._endpoint, family="AF_PIPE")

        @property
        def endpoint(self) -> str:
            return self._endpoint

        def accept(self) -> PipePinConnection:
            with self._listener:
                connection = self._listener.accept()
            assert isinstance(connection, PipeConnection)
            return PipePinConnection(connection)

    class PipePinConnection:
        """One PIN entry, seen from the worker."""

        def __init__(self, connection: PipeConnection) -> None:
            self._connection = connection

        def receive_secrets(self) -> list[bytearray]:
            received: list[bytearray] = []
            message = bytearray(MAX_PIN_BYTES)
            try:
                while size := self._connection.recv_bytes_into(message):
                    if len(received) == MAX_SECRETS:
                        raise PinFormError
                    received.append(bytearray(memoryview(message)[:size]))
                    wipe(message)
            except BufferTooShort:
                raise PinFormError from None  # it carries what was typed
            except (OSError, EOFError) as error:
                raise PinNotGivenError from error
            return received

        def answer(self, report: bytes) -> None:
            # Who typed may have gone; nothing is to be told then.
            with contextlib.suppress(OSError), self._connection:
                self._connection.send_bytes(report)

    class PipeClient:
        """Where the PIN is typed."""

        def __init__(self, endpoint: str, seconds: float) -> None:
            self._endpoint = endpoint
            self._seconds = seconds
            self._connection: PipeConnection | None = None

        def connect(self) -> None:
            connection = Client(self._endpoint, family="AF_PIPE")
            assert isinstance(connection, PipeConnection)
            self._connection = connection

        def send(self, secrets: Sequence[bytearray]) -> bool:
            assert self._connection is not None
            try:
                for secret in (*secrets, bytearray()):
                    self._connection.send_bytes(secret)
            except BrokenPipeError:
                return False
            return True

        def outcome(self) -> bytes:
            assert self._connection is not None
            if not self._connection.poll(self._seconds):
                raise TimeoutError
            return self._connection.recv_bytes()

        def close(self) -> None:
            if self._connection is not None:
                self._connection.close()
