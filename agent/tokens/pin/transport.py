"""The small interface a platform's one-time PIN endpoint has."""

from __future__ import annotations

from typing import Protocol

MAX_PIN_BYTES = 255


def wipe(secret: bytearray) -> None:
    """Overwrite ``secret`` in place."""
    secret[:] = bytes(len(secret))


class PinConnection(Protocol):
    """The other end of a PIN entry, as the worker sees it."""

    def receive_pin(self) -> bytearray:
        """Return the PIN that was sent.

        Raises:
            PinFormError: nothing, or more than a PIN can be.
            PinNotGivenError: the other side went away.
        """

    def answer(self, report: bytes) -> None:
        """Send the outcome of the login, empty for success, and close."""


class PinListener(Protocol):
    """The worker's end: exists for one connection."""

    @property
    def endpoint(self) -> str:
        """The address to give to whoever asks for the PIN."""

    def accept(self) -> PinConnection:
        """Wait for the one connection; the endpoint is gone afterwards.

        There is no time limit here: the agent ends a worker whose PIN does not come.

        Raises:
            PinNotGivenError: what connected is not the same user.
        """


class PinClient(Protocol):
    """The end where the PIN is typed."""

    def exchange(self, pin: bytearray, seconds: float) -> bytes:
        """Send ``pin`` and return the answer.

        Raises:
            OSError: the worker is gone, and has not had the whole PIN.
            EOFError: the same.
            PinUnansweredError: it is gone, or silent for ``seconds``, after it has had the PIN.
        """
