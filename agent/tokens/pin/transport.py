"""The small interface a platform's one-time PIN endpoint has.

What is sent is a list of secrets: one PIN to log in, the old and the new one to change it, none where
the token has a PIN pad and only its outcome is waited for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

MAX_PIN_BYTES = 255
MAX_SECRETS = 2


def wipe(secret: bytearray) -> None:
    """Overwrite ``secret`` in place."""
    secret[:] = bytes(len(secret))


class PinConnection(Protocol):
    """The other end of a PIN entry, as the worker sees it."""

    def receive_secrets(self) -> list[bytearray]:
        """Return what was sent.

        Raises:
            PinFormError: more, or longer ones, than PINs can be.
            PinNotGivenError: the other side went away.
        """

    def answer(self, report: bytes) -> None:
        """Send the outcome of the try, empty for success, and close."""


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

    def connect(self) -> None:
        """Reach the worker; OSError when it is gone."""

    def send(self, secrets: Sequence[bytearray]) -> bool:
        """Send ``secrets``, and return whether the worker may have all of them.

        One that refuses by the length hangs up before the rest, and says why. OSError when it is gone.
        """

    def outcome(self) -> bytes:
        """Return the answer; OSError or EOFError when the worker went away."""

    def close(self) -> None:
        """Hang up."""
