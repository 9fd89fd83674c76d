"""The two calls that use up a try when the PIN is wrong: SKF_VerifyPIN and SKF_ChangePIN. Each is made once.

What they answer is not believed alone: the token is asked for the tries before and after.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from agent.tokens.errors import (
    OldPinIncorrectError,
    PinFormError,
    PinIncorrectError,
    PinLockedError,
    PinNotSetError,
)
from agent.tokens.model import PinFacts, PinLimits, PinState
from agent.tokens.pin_rules import NewPinRefusedError, PinRule
from agent.tokens.pin_states import check_last_try
from agent.tokens.worker.skf.codes import Sar, SkfError
from agent.tokens.worker.skf.device import Application, Tries

_FORM = (Sar.PIN_INVALID, Sar.PIN_LENGTH_RANGE)
_NOT_TOLD = (Sar.NOT_SUPPORTED_YET, Sar.FAIL)
_NOTHING_KNOWN = PinFacts(pin_state=PinState.OK)


def pin_facts(application: Application) -> PinFacts:
    """Return what an application says of its user PIN; without numbers where it tells none that can be."""
    try:
        tries = application.tries()
    except SkfError as error:
        if error.code == Sar.USER_PIN_NOT_INITIALIZED:
            return PinFacts(pin_state=PinState.NOT_SET)
        if error.said or error.code in _NOT_TOLD:
            return _NOTHING_KNOWN
        raise
    return PinFacts(
        pin_state=_state(tries),
        tries_left=tries.left,
        tries_most=tries.most,
        is_factory_pin=tries.is_factory_pin,
    )


def log_in(application: Application, pin: bytearray, *, accepts_final_try: bool) -> None:
    """Log in, once.

    Raises:
        PinIncorrectError, PinLockedError, PinFinalTryError, PinNotSetError, PinFormError: as
            :meth:`agent.tokens.worker.driver.OpenToken.log_in` says.
        SkfError: whatever else the library says.
    """
    with _trying(application, PinIncorrectError, accepts_final_try=accepts_final_try):
        _check_form(pin)
        try:
            application.verify_pin(pin)
        except SkfError as error:
            if error.code in _FORM:
                raise PinFormError from error
            raise


def change_pin(
    application: Application,
    old: bytearray,
    new: bytearray,
    limits: PinLimits,
    *,
    accepts_final_try: bool,
) -> None:
    """Replace the user's PIN, once; NewPinRefusedError, and as :func:`log_in` raises."""
    with _trying(application, OldPinIncorrectError, accepts_final_try=accepts_final_try):
        _check_form(old)
        try:
            application.change_pin(old, new)
        except SkfError as error:
            if error.code in _FORM:
                rule = PinRule.LENGTH if error.code == Sar.PIN_LENGTH_RANGE else PinRule.CHARACTERS
                raise NewPinRefusedError(rule, limits) from error
            raise


def _check_form(pin: bytearray) -> None:
    """Refuse what is no PIN (7.4: ASCII), and what would end in its middle as a C string."""
    if not all(0x20 <= byte <= 0x7E for byte in pin):
        raise PinFormError


@contextlib.contextmanager
def _trying(
    application: Application, incorrect: type[PinIncorrectError], *, accepts_final_try: bool
) -> Iterator[None]:
    """Give the block one try where there may be one, and tell what the token says of it."""
    before = pin_facts(application)
    check_last_try(before.pin_state, accepts_final_try=accepts_final_try)
    if before.pin_state is PinState.NOT_SET:
        raise PinNotSetError
    try:
        yield
    except (SkfError, PinFormError, NewPinRefusedError) as error:
        _tell(application, before, error, incorrect)
        raise
    after = pin_facts(application)
    if _has_cost(before, after):
        # It said SAR_OK, and counted a wrong PIN.
        raise incorrect(pin_state=after.pin_state, tries_left=after.tries_left)


def _tell(
    application: Application,
    before: PinFacts,
    error: Exception,
    incorrect: type[PinIncorrectError],
) -> None:
    """Raise what a refused PIN means, by the tries that are left; nothing where it is something else."""
    code = error.code if isinstance(error, SkfError) else 0
    if code == Sar.DEVICE_REMOVED:
        return
    if code == Sar.USER_PIN_NOT_INITIALIZED:
        raise PinNotSetError from error
    try:
        after = pin_facts(application)
    except SkfError:
        after = PinFacts(pin_state=PinState.COUNT_LOW)
    if after.pin_state is PinState.LOCKED or code == Sar.PIN_LOCKED:
        raise PinLockedError from error
    if code == Sar.PIN_INCORRECT or _has_cost(before, after):
        state = PinState.COUNT_LOW if after.pin_state is PinState.OK else after.pin_state
        raise incorrect(pin_state=state, tries_left=after.tries_left) from error


def _has_cost(before: PinFacts, after: PinFacts) -> bool:
    """Return whether there is a try less than before, as the token counts."""
    if before.tries_left is None or after.tries_left is None:
        return False
    return after.tries_left < before.tries_left


def _state(tries: Tries) -> PinState:
    if not tries.left:
        return PinState.LOCKED
    if tries.left == 1:
        return PinState.FINAL_TRY
    return PinState.COUNT_LOW if tries.left < tries.most else PinState.OK
