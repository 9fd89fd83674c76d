"""What is known of a PIN's tries, and whether one may be used up. Pure.

PKCS#11 has no number of tries, only flags (v2.40, 3.2), and not every module can set them in a
process that has tried no PIN itself. So what a try showed is kept beside what the flags say now.
Where a token tells a number (SKF does), it alone is believed.
"""

from __future__ import annotations

from enum import StrEnum, unique

import msgspec

from agent.ground.errors import OdcError
from agent.ground.language import Language, mark, translate
from agent.tokens.errors import (
    ModuleCrashedError,
    ModuleHangsError,
    OldPinIncorrectError,
    PinFinalTryError,
    PinIncorrectError,
    PinLockedError,
    PinNotSetError,
    PinToBeChangedError,
    PinUnansweredError,
    TokenError,
    tries_text,
)
from agent.tokens.model import PinFacts, PinState
from agent.tokens.wording import FACTORY_PIN

_MILD_TO_GRAVE = (
    PinState.OK,
    PinState.COUNT_LOW,
    PinState.TO_BE_CHANGED,
    PinState.FINAL_TRY,
    PinState.LOCKED,
    PinState.NOT_SET,
)
_OF_TRIES = frozenset({PinState.COUNT_LOW, PinState.FINAL_TRY, PinState.LOCKED})
_WRONG_PINS = {PinIncorrectError.code, OldPinIncorrectError.code}
_UNKNOWN_OUTCOMES = {
    error.code for error in (ModuleCrashedError, ModuleHangsError, PinUnansweredError, TokenError)
}


STATE_SENTENCES = {
    PinState.OK: mark("No wrong PIN is known of since the last right one."),
    PinState.COUNT_LOW: mark(
        "A wrong PIN was entered since the last right one. How many tries are left is not known."
    ),
    PinState.TO_BE_CHANGED: mark("The token wants its PIN changed: run `odc-agent pin change`."),
    PinState.FINAL_TRY: mark("One try is left before the PIN is locked."),
    PinState.LOCKED: mark(
        "The PIN is locked. Take the required papers to the authority's counter to have it unlocked."
    ),
    PinState.NOT_SET: mark("This token has no PIN yet."),
}
"""What is told of a PIN that is not being asked for, where the token tells no number of tries."""
_WRONG_ONE = mark("A wrong PIN was entered since the last right one.")


def state_text(facts: PinFacts, language: Language) -> str:
    """Return what is told of a PIN that is not being asked for."""
    sentences = [translate(STATE_SENTENCES[facts.pin_state], language)]
    if facts.tries_left is not None and facts.pin_state in {PinState.OK, PinState.COUNT_LOW}:
        wrong = translate(_WRONG_ONE, language) if facts.pin_state is PinState.COUNT_LOW else ""
        sentences = [wrong, tries_text(facts.pin_state, facts.tries_left, language)]
    if facts.is_factory_pin:
        sentences.insert(0, translate(FACTORY_PIN, language))
    return " ".join(filter(None, sentences))


@unique
class PinPurpose(StrEnum):
    """What a PIN is asked for."""

    SUBMIT = "submit"
    """To sign the application of a renewal."""
    ASK = "ask"
    """To sign another question to the authority of a renewal."""
    INSTALL = "install"
    """To write the new certificate."""
    CHANGE = "change"
    """To be replaced by another."""
    LICENCE = "licence"
    """To sign a request for the business licence."""
    LOGIN = "login"
    """To log in to a site."""
    SIGN = "sign"
    """To sign something."""
    DECRYPT = "decrypt"
    """To decrypt something."""


class RememberedPin(msgspec.Struct, frozen=True, kw_only=True):
    """What the last tries of one token's PIN showed."""

    state: PinState
    is_told: bool = False
    """Its flags have said the same to a process that tried nothing: when they improve, it has."""


def worse(one: PinState, other: PinState) -> PinState:
    """Return the graver of two states."""
    return max(one, other, key=_MILD_TO_GRAVE.index)


def combined(
    flags: PinState, remembered: RememberedPin | None, *, tries_left: int | None = None
) -> PinState:
    """Return what to tell a person: the graver of what the flags say and what is remembered.

    Where the token tells how many tries are left, what is remembered counts for nothing.
    """
    if remembered is None or tries_left is not None:
        return flags
    return worse(flags, remembered.state)


def after_reading(
    flags: PinState, remembered: RememberedPin | None, *, tries_left: int | None = None
) -> RememberedPin | None:
    """Return what is remembered once the token was asked by a process that tried nothing."""
    if remembered is None or tries_left is not None or flags is PinState.NOT_SET:
        return None
    if remembered.is_told:
        return msgspec.structs.replace(remembered, state=flags) if flags in _OF_TRIES else None
    is_told = flags in _OF_TRIES and worse(flags, remembered.state) is flags
    return RememberedPin(state=combined(flags, remembered), is_told=True) if is_told else remembered


def after_try(remembered: RememberedPin | None, error: OdcError | None) -> RememberedPin | None:
    """Return what is remembered after a try: nothing after the right PIN."""
    if error is None:
        return None
    before = remembered.state if remembered else PinState.OK
    if error.code == PinLockedError.code:
        return RememberedPin(state=PinState.LOCKED)
    if error.code in _WRONG_PINS:
        shown = PinState(str(error.values["pin_state"]))
        if shown in _OF_TRIES:
            return RememberedPin(state=shown)
        return RememberedPin(state=worse(before, PinState.COUNT_LOW))
    if error.code in _UNKNOWN_OUTCOMES:
        # Nobody knows whether the token has counted it.
        return RememberedPin(state=worse(before, PinState.COUNT_LOW))
    return remembered


def check_state(
    flags: PinState, state: PinState, purpose: PinPurpose, *, accepts_final_try: bool
) -> None:
    """Refuse what must not be tried, or not without consent, before anybody is asked for a PIN.

    Raises:
        PinLockedError, PinNotSetError, PinToBeChangedError, PinFinalTryError
    """
    if state is PinState.LOCKED:
        raise PinLockedError(is_remembered=flags is not PinState.LOCKED)
    if state is PinState.NOT_SET:
        raise PinNotSetError
    if state is PinState.TO_BE_CHANGED and purpose is not PinPurpose.CHANGE:
        raise PinToBeChangedError
    if state is PinState.FINAL_TRY and not accepts_final_try:
        raise PinFinalTryError


def check_last_try(state: PinState, *, accepts_final_try: bool) -> None:
    """Refuse, at the last moment, to use up a final try nobody consented to.

    Another program may have used up the others since the PIN was asked for.

    Raises:
        PinLockedError, PinFinalTryError
    """
    if state is PinState.LOCKED:
        raise PinLockedError
    if state is PinState.FINAL_TRY and not accepts_final_try:
        raise PinFinalTryError
