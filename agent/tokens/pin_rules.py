"""What a new PIN must be like; applied where it is typed and again in the worker. Pure.

PINs are buffers that can be wiped, so nothing here makes a copy of one.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum, unique

from agent.ground.language import Language, mark, translate
from agent.tokens.errors import TokenError
from agent.tokens.model import PinLimits

_CASE = 0x20
"""The bit by which ASCII's small letters differ from its capitals; digits have it set anyway."""


@unique
class PinRule(StrEnum):
    """What can be wrong with a new PIN."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    CHARACTERS = "characters"
    UNCHANGED = "unchanged"
    REPEATED = "repeated"
    SEQUENCE = "sequence"
    PRINTED = "printed"
    LENGTH = "length"
    """The token refused the length without having told its limits (CKR_PIN_LEN_RANGE)."""
    WEAK = "weak"
    """The token has rules of its own (CKR_PIN_TOO_WEAK)."""
    MISTYPED = "mistyped"
    """It was not the same when it was repeated."""


SENTENCES = {
    PinRule.TOO_SHORT: mark("The new PIN is too short: at least {shortest} characters."),
    PinRule.TOO_LONG: mark("The new PIN is too long: at most {longest} characters."),
    PinRule.CHARACTERS: mark(
        "The new PIN has characters the token does not take: use digits, Latin letters and the"
        " signs of the keyboard, without spaces. Is an input method switched on?"
    ),
    PinRule.UNCHANGED: mark("The new PIN is the old one."),
    PinRule.REPEATED: mark("The new PIN is one character repeated."),
    PinRule.SEQUENCE: mark("The new PIN is a plain sequence such as 123456 or fedcba."),
    PinRule.PRINTED: mark("The new PIN is part of the token's name or number."),
    PinRule.LENGTH: mark("The token does not take a new PIN of this length."),
    PinRule.WEAK: mark("The token finds the new PIN too easy to guess."),
    PinRule.MISTYPED: mark("The new PIN was not repeated correctly."),
}


class NewPinRefusedError(TokenError):
    """A new PIN breaks a rule; the old one is in force and no try was lost."""

    code = "new_pin_refused"
    advice = mark("Choose another new PIN. The old one still holds, and no try was lost.")

    def __init__(self, rule: PinRule, limits: PinLimits) -> None:
        super().__init__(rule=rule.value, shortest=limits.shortest, longest=limits.longest)
        self.rule = rule

    def text(self, language: Language) -> str:
        """Return which rule is broken."""
        return translate(SENTENCES[self.rule], language, **self.values)


def check_new_pin(
    old: bytearray, new: bytearray, limits: PinLimits, printed: Iterable[str] = ()
) -> None:
    """Raise NewPinRefusedError for the first rule that ``new`` breaks.

    Args:
        old: the PIN it is to replace.
        new: the PIN wanted.
        limits: bytes the token takes (PKCS#11 v2.40, 3.2: ulMinPinLen, ulMaxPinLen).
        printed: what stands on the token or is shown of it, such as its serial number.
    """
    broken = _broken_rule(old, new, limits, printed)
    if broken is not None:
        raise NewPinRefusedError(broken, limits)


def _broken_rule(
    old: bytearray, new: bytearray, limits: PinLimits, printed: Iterable[str]
) -> PinRule | None:
    rules = (
        (PinRule.CHARACTERS, not all(0x21 <= byte <= 0x7E for byte in new)),
        (PinRule.TOO_SHORT, len(new) < limits.shortest),
        (PinRule.TOO_LONG, len(new) > limits.longest),
        (PinRule.UNCHANGED, new == old),
        (PinRule.REPEATED, _steps(new) <= {0}),
        (PinRule.SEQUENCE, _steps(new) in ({1}, {-1})),
        (PinRule.PRINTED, any(new in text.encode() for text in printed)),
    )
    return next((rule for rule, is_broken in rules if is_broken), None)


def _steps(pin: bytearray) -> set[int]:
    """Return by how much each character differs from the one before, letters taken as small."""
    return {(pin[n + 1] | _CASE) - (pin[n] | _CASE) for n in range(len(pin) - 1)}
