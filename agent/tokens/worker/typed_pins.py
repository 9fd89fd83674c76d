"""What is typed for one session: taken from the one-time endpoint, held as long as it is needed."""

from __future__ import annotations

import msgspec

from agent.ground.errors import OdcError
from agent.tokens.errors import PinFormError
from agent.tokens.pin import PinConnection, open_listener, wipe


class TypedPins:
    """The secrets of a session, and the connection over which their outcome is told."""

    def __init__(self) -> None:
        self._listener = open_listener()
        self._entry: PinConnection | None = None
        self._secrets: list[bytearray] = []

    @property
    def endpoint(self) -> str:
        """Where they are to be sent."""
        return self._listener.endpoint

    def receive(self) -> None:
        """Take them; PinFormError, PinNotGivenError."""
        self._entry = self._listener.accept()
        try:
            self._secrets = self._entry.receive_secrets()
        except OdcError as error:
            self.answer(error)
            raise

    def take(self, count: int) -> tuple[bytearray, ...]:
        """Return what was typed, which must be ``count`` secrets; PinFormError."""
        if len(self._secrets) != count:
            raise PinFormError
        return tuple(self._secrets)

    def wipe(self) -> None:
        """Overwrite what was typed."""
        for secret in self._secrets:
            wipe(secret)

    def answer(self, error: OdcError | None) -> None:
        """Tell who typed how it went."""
        if self._entry is not None:
            self._entry.answer(msgspec.json.encode(error.report()) if error else b"")
            self._entry = None
