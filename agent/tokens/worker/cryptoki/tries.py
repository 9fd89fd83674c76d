"""The two calls that use up a try when the PIN is wrong: C_Login and C_SetPIN. Each is made once."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pkcs11
from pkcs11 import exceptions as p11

from agent.ground.errors import OdcError
from agent.tokens.errors import (
    OldPinIncorrectError,
    PinFormError,
    PinIncorrectError,
    PinLockedError,
    PinNotGivenError,
    PinNotSetError,
    PinToBeChangedError,
)
from agent.tokens.model import PinLimits, PinState
from agent.tokens.pin_rules import NewPinRefusedError, PinRule
from agent.tokens.worker.cryptoki.functions import set_pin_on_pad
from agent.tokens.worker.cryptoki.pin_text import as_text
from agent.tokens.worker.cryptoki.reading import pin_state_of

CurrentToken = Callable[[], Any]
"""Returns the token with its flags as they are now: python-pkcs11's are a snapshot."""


def log_in(token: Any, pin: bytearray | None, current: CurrentToken) -> Any:  # noqa: ANN401
    """Return a session of the user; None for a PIN that is typed on the token's pad."""
    with _told(current, PinIncorrectError):
        try:
            return token.open(
                rw=True, user_pin=pkcs11.PROTECTED_AUTH if pin is None else as_text(pin)
            )
        except (p11.PinLenRange, p11.PinInvalid) as error:
            raise PinFormError from error


def change_pin(
    token: Any,  # noqa: ANN401
    old: bytearray,
    new: bytearray,
    limits: PinLimits,
    current: CurrentToken,
) -> None:
    """Replace the user's PIN without logging in first, so that a wrong old one costs one try."""
    # Public, read-write: the session in which C_SetPIN changes the user's PIN (v2.40, 5.5).
    session = token.open(rw=True)
    with _told(current, OldPinIncorrectError), _refusing_new_pin(limits):
        session.set_pin(as_text(old), as_text(new))


def change_pin_on_pad(
    token: Any,  # noqa: ANN401
    path: str,
    limits: PinLimits,
    current: CurrentToken,
) -> None:
    """Have both PINs typed on the pad of ``token``, which the module at ``path`` serves."""
    session = token.open(rw=True)
    with _told(current, OldPinIncorrectError), _refusing_new_pin(limits):
        set_pin_on_pad(path, session.handle)


@contextlib.contextmanager
def _refusing_new_pin(limits: PinLimits) -> Iterator[None]:
    rules = {
        p11.PinLenRange: PinRule.LENGTH,
        p11.PinInvalid: PinRule.CHARACTERS,
        p11.PinTooWeak: PinRule.WEAK,
    }
    try:
        yield
    except tuple(rules) as error:
        raise NewPinRefusedError(rules[type(error)], limits) from error


@contextlib.contextmanager
def _told(current: CurrentToken, incorrect: type[PinIncorrectError]) -> Iterator[None]:
    """Tell what the token says of a PIN, with what it says of the tries after this one."""
    try:
        yield
    except p11.PinIncorrect as error:
        state = _state_after(current)
        if state is PinState.LOCKED:
            raise PinLockedError from error
        raise incorrect(pin_state=state) from error
    except p11.PinLocked as error:
        raise PinLockedError from error
    except p11.UserPinNotInitialized as error:
        raise PinNotSetError from error
    except p11.FunctionCancelled as error:
        # Somebody pressed the pad's red key.
        raise PinNotGivenError from error
    except p11.PinExpired as error:
        raise PinToBeChangedError from error


def _state_after(current: CurrentToken) -> PinState:
    """Return the flags after a wrong PIN; that a wrong one was entered is known in any case."""
    try:
        state = pin_state_of(current().flags)
    except (p11.PKCS11Error, OdcError):
        return PinState.COUNT_LOW
    return state if state in {PinState.FINAL_TRY, PinState.LOCKED} else PinState.COUNT_LOW
