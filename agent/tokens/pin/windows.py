"""PIN entry over a named pipe. Written and typed, not yet run: see docs/architecture.md."""

from __future__ import annotations

import secrets
import sys
from multiprocessing.connection import Client, Listener

from agent.tokens.errors import PinFormError, PinNotGivenError, PinUnansweredError
from agent.tokens.pin.transport import MAX_PIN_BYTES

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

        def receive_pin(self) -> bytearray:
            pin = bytearray(MAX_PIN_BYTES)
            try:
                size = self._connection.recv_bytes_into(pin)
            except (OSError, EOFError) as error:
                raise PinNotGivenError from error
            if not size:
                raise PinFormError
            del pin[size:]
            return pin

        def answer(self, report: bytes) -> None:
            with self._connection:
                self._connection.send_bytes(report)

    class PipeClient:
        """Where the PIN is typed."""

        def __init__(self, endpoint: str) -> None:
            self._endpoint = endpoint

        def exchange(self, pin: bytearray, seconds: float) -> bytes:
            with Client(self._endpoint, family="AF_PIPE") as connection:
                connection.send_bytes(pin)
                try:
                    if connection.poll(seconds):
                        return connection.recv_bytes()
                except (OSError, EOFError) as error:
                    raise PinUnansweredError from error
                raise PinUnansweredError
