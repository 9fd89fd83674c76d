"""One try of a PIN: where it comes in, how it is used, and how that is told to who typed it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import msgspec

from agent.ground.errors import OdcError
from agent.tokens import protocol
from agent.tokens.errors import PinNotGivenError
from agent.tokens.model import TokenReference
from agent.tokens.pin_rules import check_new_pin
from agent.tokens.worker.driver import LoggedIn, OpenToken
from agent.tokens.worker.failures import told_error
from agent.tokens.worker.typed_pins import TypedPins


class Login:
    """From the offer to enter a PIN to a token that is logged in, or has another PIN."""

    def __init__(self, token: OpenToken, reference: TokenReference, module: str) -> None:
        """Prepare to take a PIN.

        Args:
            token: whose PIN it is.
            reference: what it is called.
            module: what errors call its driver.
        """
        self._token = token
        self._printed = (reference.label, reference.serial)
        self._module = module
        self._typed = TypedPins()
        self._has_typed = False

    def offer(self) -> protocol.SessionOffer:
        """Say where the PIN is to be sent and what the token says of it."""
        return protocol.SessionOffer(
            **msgspec.structs.asdict(self._token.pin_facts()),
            endpoint=self._typed.endpoint,
            has_pin_pad=self._token.has_pad,
            pin_limits=self._token.limits,
        )

    def receive_pin(self) -> None:
        """Take what was typed from the one-time endpoint."""
        self._typed.receive()
        self._has_typed = True

    def log_in(self, *, accepts_final_try: bool) -> LoggedIn:
        """Log in, once, and tell who typed the PIN how it went."""
        with self._trying():
            [pin] = [None] if self._token.has_pad else self._typed.take(1)
            return self._token.log_in(pin, accepts_final_try=accepts_final_try)

    def change_pin(self, *, accepts_final_try: bool) -> None:
        """Replace the PIN, once, and tell who typed it how it went."""
        with self._trying():
            if self._token.has_pad:
                self._token.change_pin(None, None, accepts_final_try=accepts_final_try)
                return
            old, new = self._typed.take(2)
            check_new_pin(old, new, self._token.limits, self._printed)
            self._token.change_pin(old, new, accepts_final_try=accepts_final_try)
            self._typed.wipe()

    @contextlib.contextmanager
    def _trying(self) -> Iterator[None]:
        """Tell who typed how the block went, in which there is one try."""
        if not self._has_typed:
            raise PinNotGivenError
        self._has_typed = False
        try:
            yield
        except Exception as error:
            self._typed.wipe()
            told = told_error(error, module=self._module)
            self._typed.answer(told)
            if isinstance(error, OdcError):
                raise
            # Without its cause, which may show what was typed.
            raise told from None
        self._typed.answer(None)
