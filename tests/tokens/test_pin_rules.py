"""What a new PIN must be like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ground.language import Language
from agent.tokens.model import PinLimits
from agent.tokens.pin_rules import SENTENCES, NewPinRefusedError, PinRule, check_new_pin

LIMITS = PinLimits(shortest=6, longest=8)
OLD = b"135790"


def broken_by(new: bytes, *, old: bytes = OLD, limits: PinLimits = LIMITS) -> PinRule | None:
    try:
        check_new_pin(bytearray(old), bytearray(new), limits, ("ODC-USBKEY", "4411558822"))
    except NewPinRefusedError as error:
        return error.rule
    return None


@pytest.mark.parametrize("new", [b"246801", b"Blau7!", b"13579a", b"123455", b"12345678"[::2] * 2])
def test_a_good_pin_breaks_no_rule(new):
    assert broken_by(new) is None


@pytest.mark.parametrize(
    ("new", "rule"),
    [
        (b"", PinRule.TOO_SHORT),
        (b"24680", PinRule.TOO_SHORT),
        (b"246801246", PinRule.TOO_LONG),
        (OLD, PinRule.UNCHANGED),
        (b"111111", PinRule.REPEATED),
        (b"aaaaaaaa", PinRule.REPEATED),
        (b"123456", PinRule.SEQUENCE),
        (b"654321", PinRule.SEQUENCE),
        (b"abcdef", PinRule.SEQUENCE),
        (b"FeDcBa", PinRule.SEQUENCE),
        (b"USBKEY", PinRule.PRINTED),
        (b"115588", PinRule.PRINTED),
        (b"24 801", PinRule.CHARACTERS),
        ("２４６８０１".encode(), PinRule.CHARACTERS),
        (b"24680\xff", PinRule.CHARACTERS),
    ],
)
def test_a_bad_pin_breaks_its_rule(new, rule):
    assert broken_by(new) is rule


@pytest.mark.parametrize("rule", PinRule)
def test_every_rule_has_a_sentence_in_both_languages(rule):
    error = NewPinRefusedError(rule, LIMITS)
    assert error.text(Language.EN) != error.text(Language.ZH)
    assert error.values["rule"] == rule.value
    assert SENTENCES[rule]


def test_a_length_is_told_with_the_tokens_limits():
    error = NewPinRefusedError(PinRule.TOO_SHORT, LIMITS)
    assert error.text(Language.ZH) == "新密码太短:至少 6 个字符。"


@given(st.binary(max_size=300))
def test_whatever_is_typed_is_left_as_it_is_and_not_repeated(new):
    typed = bytearray(new)
    told = ""
    try:
        check_new_pin(bytearray(OLD), typed, PinLimits())
    except NewPinRefusedError as error:
        told = f"{error} {error.values}"
    assert typed == new
    assert len(new) < 6 or new.decode("latin-1") not in told
