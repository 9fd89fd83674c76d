"""What is typed for one session: taken from the one-time endpoint, held until the process ends."""

from __future__ import annotations

import msgspec

from agent.ground.errors import OdcError
from agent.tokens.errors import PinFormError
from agent.tokens.pin import PinConnection, open_listener


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

    def answer(self, error: OdcError | None) -> None:
        """Tell who typed how it went."""
        if self._entry is not None:
            self._entry.answer(msgspec.json.encode(error.report()) if error else b"")
            self._entry = None


def as_text(pin: bytearray) -> str:
    """Return a PIN as python-pkcs11 takes it, which cannot be wiped: hence a process that ends."""
    try:
        return pin.decode("utf-8")
    except UnicodeDecodeError:
        # Without its cause: a traceback would show what was typed.
        raise PinFormError from None
