"""One login: where its PIN comes in, how it is tried, and how that is told to who typed it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pkcs11
from pkcs11 import TokenFlag
from pkcs11 import exceptions as p11

from agent.errors import OdcError
from agent.tokens import protocol
from agent.tokens.errors import PinFormError, PinIncorrectError, PinLockedError
from agent.tokens.model import PinState
from agent.tokens.pin import PinConnection, PinListener, open_listener, wipe
from agent.tokens.worker.reading import pin_state_of


class Login:
    """From the offer to enter a PIN to a session that is logged in."""

    def __init__(
        self,
        find_token: Callable[[], Any],
        tell: Callable[[p11.PKCS11Error, Any], OdcError],
    ) -> None:
        """Prepare to take a PIN.

        Args:
            find_token: returns the token with flags as they are now.
            tell: makes an error of the module's about a token one that a person can be told.
        """
        self._find_token = find_token
        self._tell = tell
        self._entry: PinConnection | None = None
        self._pin = bytearray()
        token = find_token()
        self._pin_state = pin_state_of(token.flags)
        has_pin_pad = bool(token.flags & TokenFlag.PROTECTED_AUTHENTICATION_PATH)
        self._listener: PinListener | None = None if has_pin_pad else open_listener()

    def offer(self) -> protocol.SessionOffer:
        """Say where the PIN is to be sent and what the token says of it."""
        return protocol.SessionOffer(
            endpoint=self._listener.endpoint if self._listener else None,
            pin_state=self._pin_state,
        )

    def receive_pin(self) -> None:
        """Take the PIN from the one-time endpoint; a token with a PIN pad has none to wait for."""
        if self._listener is None:
            return
        self._entry = self._listener.accept()
        try:
            self._pin = self._entry.receive_pin()
        except OdcError as error:
            self._answer(error)
            raise

    def log_in(self) -> Any:  # noqa: ANN401 - python-pkcs11 is untyped
        """Log in, once, tell who typed the PIN how it went, and return the session."""
        try:
            session = self._session()
        except OdcError as error:
            self._answer(error)
            raise
        self._answer(None)
        return session

    def _session(self) -> Any:  # noqa: ANN401
        token = self._find_token()
        try:
            return token.open(rw=True, user_pin=self._typed_pin())
        except p11.PinIncorrect as error:
            raise self._refused() from error
        except p11.PinLocked as error:
            raise PinLockedError from error
        except (p11.PinLenRange, p11.PinInvalid) as error:
            raise PinFormError from error
        except p11.PKCS11Error as error:
            raise self._tell(error, token) from error

    def _refused(self) -> OdcError:
        """Return what to tell of a wrong PIN, by what the token says of it now: flags are snapshots."""
        try:
            state = pin_state_of(self._find_token().flags)
        except (OdcError, p11.PKCS11Error):
            state = PinState.COUNT_LOW  # the try is gone, whatever the token says of it
        return PinLockedError() if state is PinState.LOCKED else PinIncorrectError(pin_state=state)

    def _answer(self, error: OdcError | None) -> None:
        if self._entry is not None:
            self._entry.answer(msgspec.json.encode(error.report()) if error else b"")

    def _typed_pin(self) -> Any:  # noqa: ANN401 - str, or python-pkcs11's constant for a PIN pad
        if self._listener is None:
            return pkcs11.PROTECTED_AUTH
        try:
            # python-pkcs11 takes a str only, which cannot be wiped: hence a process that ends.
            return self._pin.decode("utf-8")
        except UnicodeDecodeError:
            # Without its cause: a traceback would show what was typed.
            raise PinFormError from None
        finally:
            wipe(self._pin)
