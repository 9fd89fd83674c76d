"""One try of a PIN: where it comes in, how it is used, and how that is told to who typed it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from pkcs11 import TokenFlag
from pkcs11 import exceptions as p11

from agent.ground.errors import OdcError
from agent.tokens import protocol
from agent.tokens.errors import PinNotGivenError
from agent.tokens.pin_rules import check_new_pin
from agent.tokens.worker.cryptoki import tries
from agent.tokens.worker.cryptoki.reading import pin_state_of
from agent.tokens.worker.cryptoki.token_info import read_token_info
from agent.tokens.worker.texts import printable
from agent.tokens.worker.typed_pins import TypedPins


class Login:
    """From the offer to enter a PIN to a session that is logged in, or to another PIN."""

    def __init__(
        self,
        path: str,
        find_token: Callable[[], Any],
        tell: Callable[[Exception, Any], OdcError],
    ) -> None:
        """Prepare to take a PIN.

        Args:
            path: the module's.
            find_token: returns the token with flags as they are now.
            tell: makes an error about a token one that a person can be told.
        """
        self._path = path
        self._find_token = find_token
        self._tell = tell
        token = find_token()
        self._pin_state = pin_state_of(token.flags)
        self._limits = read_token_info(path, token.slot.slot_id).pin_limits
        self._has_pin_pad = bool(token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH)
        self._typed = TypedPins()
        self._has_typed = False
        self.pin: bytearray | None = None
        """The PIN that was tried to log in; None where it was typed on the token's pad."""

    def offer(self) -> protocol.SessionOffer:
        """Say where the PIN is to be sent and what the token says of it."""
        return protocol.SessionOffer(
            endpoint=self._typed.endpoint,
            pin_state=self._pin_state,
            has_pin_pad=self._has_pin_pad,
            pin_limits=self._limits,
        )

    def receive_pin(self) -> None:
        """Take what was typed from the one-time endpoint."""
        self._typed.receive()
        self._has_typed = True

    def log_in(self, *, accepts_final_try: bool) -> Any:  # noqa: ANN401 - python-pkcs11 is untyped
        """Log in, once, tell who typed the PIN how it went, and return the session."""
        with self._trying(accepts_final_try=accepts_final_try) as token:
            if not self._has_pin_pad:
                [self.pin] = self._typed.take(1)
            return tries.log_in(token, self.pin, self._find_token)

    def change_pin(self, *, accepts_final_try: bool) -> None:
        """Replace the PIN, once, and tell who typed it how it went."""
        with self._trying(accepts_final_try=accepts_final_try) as token:
            if self._has_pin_pad:
                tries.change_pin_on_pad(token, self._path, self._limits, self._find_token)
                return
            old, new = self._typed.take(2)
            printed = printable(token.label), printable(token.serial)
            check_new_pin(old, new, self._limits, printed)
            tries.change_pin(token, old, new, self._limits, self._find_token)

    @contextlib.contextmanager
    def _trying(self, *, accepts_final_try: bool) -> Iterator[Any]:
        """Give the token for one try, and tell who typed how the block went."""
        if not self._has_typed:
            raise PinNotGivenError
        self._has_typed = False
        token = None
        try:
            token = self._find_token()
            tries.check_last_try(token, accepts_final_try=accepts_final_try)
            yield token
        except OdcError as error:
            self._typed.answer(error)
            raise
        except Exception as error:  # noqa: BLE001 - who typed must be told, whatever it is
            told = self._tell(error, token)
            self._typed.answer(told)
            # Only the module's own errors are sure to show nothing that was typed.
            raise told from (error if isinstance(error, p11.PKCS11Error) else None)
        self._typed.answer(None)
