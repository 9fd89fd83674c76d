"""What tries of PINs showed, on disk: states by token, nothing secret."""

from __future__ import annotations

import logging
from pathlib import Path

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.system.damage import DamagedError, Damages
from agent.system.kept_file import KeptFile
from agent.tokens.model import PinState, TokenReference
from agent.tokens.pin_states import RememberedPin, after_reading, after_try, combined

log = logging.getLogger(__name__)


class PinStatesDamagedError(DamagedError):
    """The file of what tries of PINs showed is laid aside."""

    code = "pin_states_damaged"
    what = mark("The list of how often a wrong PIN was entered")
    advice = mark("Take care with the PIN: it is no longer known here how many tries are left.")


class PinMemory:
    """Remembers by serial number, label and application: several modules may show the same token.

    A damaged file costs what the flags do not say, nothing more.
    """

    def __init__(self, file: Path, damages: Damages | None = None) -> None:
        self._file = KeptFile(file, dict[str, RememberedPin], PinStatesDamagedError, damages)
        self._remembered = self._file.read() or {}

    def state(
        self, token: TokenReference, flags: PinState, *, tries_left: int | None = None
    ) -> PinState:
        """Return what is known of the PIN where the token itself says ``flags``.

        Args:
            token: whose PIN it is.
            flags: what the token says.
            tries_left: how many tries it says are left; None where it tells no number.
        """
        return combined(flags, self._remembered.get(_key(token)), tries_left=tries_left)

    def has_read(
        self, token: TokenReference, flags: PinState, *, tries_left: int | None = None
    ) -> PinState:
        """Learn from what the token said when it was asked afresh, and return what is known then."""
        before = self._remembered.get(_key(token))
        self._keep(token, before, after_reading(flags, before, tries_left=tries_left))
        return self.state(token, flags, tries_left=tries_left)

    def has_tried(self, token: TokenReference, error: OdcError | None) -> None:
        """Learn from the outcome of a try."""
        before = self._remembered.get(_key(token))
        self._keep(token, before, after_try(before, error))

    def was_unlocked(self, token: TokenReference) -> None:
        """Forget a lock, and a lock only: a person says that the counter has opened it."""
        before = self._remembered.get(_key(token))
        if before is not None and before.state is PinState.LOCKED:
            self._keep(token, before, None)

    def _keep(
        self, token: TokenReference, before: RememberedPin | None, after: RememberedPin | None
    ) -> None:
        if after == before:
            return
        if after is None:
            del self._remembered[_key(token)]
        else:
            self._remembered[_key(token)] = after
        try:
            self._file.write(self._remembered)
        except OSError as error:
            # A full disk must not keep anybody from entering a PIN.
            log.warning("pin states not remembered reason=%s", error)


def _key(token: TokenReference) -> str:
    name = f"{token.serial} {token.label}"
    # No text of a token has a line break in it (worker/texts.py), so that no two names become one.
    return f"{name}\n{token.application}" if token.application else name
