"""PINs of SKF tokens: exact tries, each used once; nothing stays open."""

from __future__ import annotations

import contextlib

import pytest
from skf_bench import PIN, application
from skf_desk import LABEL, SkfDesk, both_pairs

from agent.tokens import protocol
from agent.tokens.errors import (
    OldPinIncorrectError,
    PinFinalTryError,
    PinFormError,
    PinIncorrectError,
    PinLockedError,
    SessionEndedError,
    TokenError,
    TokenMissingError,
)
from agent.tokens.model import PinLimits, PinState, Quirks
from agent.tokens.pin_rules import NewPinRefusedError, PinRule
from agent.tokens.worker.skf.device import Application

WRONG, NEW = "999999", "246801"


def with_tries(bench, tries: int) -> SkfDesk:
    return SkfDesk(bench, (application(both_pairs(), tries=tries),))


def log_in(desk: SkfDesk, pin: str, *, consents: bool = False) -> None:
    desk.found().log_in(bytearray(pin.encode()), accepts_final_try=consents).log_out()


def change(desk: SkfDesk, old: str, new: str = NEW, *, consents: bool = False) -> None:
    typed = bytearray(old.encode()), bytearray(new.encode())
    desk.found().change_pin(*typed, accepts_final_try=consents)


@pytest.mark.parametrize("use", [log_in, change])
def test_a_wrong_pin_costs_one_try_and_tells_how_many_are_left(bench, use):
    desk = with_tries(bench, 3)
    with pytest.raises(PinIncorrectError) as caught:
        use(desk, WRONG)
    assert isinstance(caught.value, OldPinIncorrectError) is (use is change)
    assert "剩余密码重试次数: 2" in caught.value.report().message_zh
    assert (desk.tries_left(), desk.token.facts.tries_left) == (2, 2)
    assert desk.token.facts.pin_state is PinState.COUNT_LOW
    assert not desk.is_open()
    use(desk, PIN)
    assert desk.tries_left() == 3, "a right one gives all tries back"


@pytest.mark.parametrize("use", [log_in, change])
def test_the_last_try_is_used_with_consent_alone(bench, use):
    desk = with_tries(bench, 1)
    with pytest.raises(PinFinalTryError):
        use(desk, WRONG)
    assert desk.tries_left() == 1
    with pytest.raises(PinLockedError):
        use(desk, WRONG, consents=True)
    with pytest.raises(PinLockedError):
        use(desk, PIN, consents=True)
    calls = desk.bench.report().calls
    assert calls.get("SKF_VerifyPIN", 0) + calls.get("SKF_ChangePIN", 0) == 1


def test_the_last_try_is_asked_for_right_before_it_is_used(bench):
    """Another program may have used up the others since the token was found."""
    desk = with_tries(bench, 2)
    found = desk.found()
    with pytest.raises(PinIncorrectError):
        log_in(desk, WRONG)
    with pytest.raises(PinFinalTryError):
        found.log_in(bytearray(PIN.encode()), accepts_final_try=False)


def test_a_locked_pin_is_known_whatever_the_library_says_of_the_try(bench):
    desk = with_tries(bench, 1)
    bench.misbehave("locked_says_invalid_handle")
    with pytest.raises(PinLockedError):
        log_in(desk, WRONG, consents=True)


@pytest.mark.parametrize("pin", ["12345", "1" * 17, "密码密码密码", "135790\0x", "", "1357\n90"])
def test_what_can_be_no_pin_costs_no_try(desk, pin):
    with pytest.raises((PinFormError, PinIncorrectError)) as caught:
        log_in(desk, pin)
    if isinstance(caught.value, PinFormError):
        assert desk.tries_left() == 10


@pytest.mark.parametrize("pin", ["135790\0x", "密码密码密码"])
def test_what_would_end_in_the_middle_is_not_even_sent(desk, pin):
    with pytest.raises(PinFormError):
        log_in(desk, pin)
    assert "SKF_VerifyPIN" not in desk.bench.report().calls


def test_a_pin_that_is_said_to_be_right_and_cost_a_try_was_wrong(desk):
    """The library says SAR_OK; the token has counted."""
    found = desk.found()
    [held] = desk.bench.bus.plugged["key"].state.applications
    desk.bench.misbehave("SKF_VerifyPIN=lies")
    counted = iter([10, 9])

    def tries(self):  # what GetPINInfo says before and after
        held.user_pin.tries_left = next(counted)
        return original(self)

    original = Application.tries
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Application, "tries", tries)
        with pytest.raises(PinIncorrectError):
            found.log_in(bytearray(WRONG.encode()), accepts_final_try=False)


def test_where_no_number_is_told_none_is_made_up(desk):
    desk.bench.misbehave("SKF_GetPINInfo=0x0A000003")
    facts = desk.token.facts
    assert (facts.tries_left, facts.tries_most, facts.pin_state) == (None, None, PinState.OK)
    with pytest.raises(PinIncorrectError) as caught:
        log_in(desk, WRONG)
    assert "不提示" in caught.value.report().message_zh or caught.value.values["tries_left"] is None
    desk.bench.misbehave("SKF_GetPINInfo=garbage")
    assert desk.token.facts.tries_left is None


def test_a_pin_that_was_never_set_is_told_of(desk):
    desk.bench.misbehave("SKF_GetPINInfo=0x0A000029")
    assert desk.token.facts.pin_state is PinState.NOT_SET


def test_the_factory_pin_is_told_of_until_it_is_changed(bench):
    desk = SkfDesk(bench, (application(both_pairs(), is_factory=True),))
    assert desk.token.facts.is_factory_pin
    change(desk, PIN)
    assert not desk.token.facts.is_factory_pin
    log_in(desk, NEW)


@pytest.mark.parametrize(("new", "rule"), [("12345", PinRule.LENGTH), ("1" * 17, PinRule.LENGTH)])
def test_a_new_pin_the_token_does_not_take_costs_no_try(desk, new, rule):
    with pytest.raises(NewPinRefusedError) as caught:
        change(desk, PIN, new)
    assert caught.value.rule is rule
    log_in(desk, PIN)


def test_limits_are_the_standards_or_what_is_said(bench):
    assert SkfDesk(bench).found().limits == PinLimits(shortest=6, longest=16)
    quirks = Quirks(shortest_pin=8, longest_pin=8)
    assert SkfDesk(bench, quirks=quirks).found().limits == PinLimits(shortest=8, longest=8)


def test_a_pin_is_wiped_when_it_has_logged_in(desk):
    typed = bytearray(PIN.encode())
    desk.found().log_in(typed, accepts_final_try=False).log_out()
    assert not any(typed)


@pytest.mark.parametrize(
    "fault",
    [
        *(
            f"{function}={fault}"
            for function in ("OpenContainer", "ExportPublicKey", "ECCSignData")
            for fault in ("0x0A000001", "0x0A000005", "garbage", "lies")
        ),
        *("CloseContainer=0x0A000001", "CloseApplication=0x0A000005", "DisConnectDev=0x0A000001"),
    ],
)
def test_nothing_stays_open_after_an_order_whatever_went_wrong(desk, fault):
    signing, _ = desk.pair
    with desk.logged_in() as token:
        assert desk.is_open()
        desk.bench.misbehave(f"SKF_{fault}")
        with contextlib.suppress(TokenError):
            token.sign_data(protocol.SignData(key=signing.key, data=b"x"))
    assert not desk.is_open()


def test_a_login_that_another_program_ended_is_told_of_and_not_given_again(desk):
    signing, _ = desk.pair
    with desk.logged_in() as token:
        desk.bench.bus.plugged["key"].logins.clear()
        with pytest.raises(SessionEndedError):
            token.sign_data(protocol.SignData(key=signing.key, data=b"x"))
    assert desk.bench.report().calls["SKF_VerifyPIN"] == 1


def test_a_token_that_is_pulled_out_meanwhile_is_missing(desk):
    signing, _ = desk.pair
    with desk.logged_in() as token:
        desk.bench.pull()
        with pytest.raises(TokenMissingError):
            token.sign_data(protocol.SignData(key=signing.key, data=b"x"))


def put_in_its_place(desk: SkfDesk, name: str = "key", **facts: object) -> None:
    """Pull the token out and plug another one in, while a person types."""
    desk.bench.pull()
    desk.bench.make(name, application(both_pairs()), **({"label": LABEL} | facts))
    desk.bench.plug(name)


@pytest.mark.parametrize("use", ["log_in", "change_pin"])
@pytest.mark.parametrize("facts", [{}, {"label": "另一把"}], ids=["same label", "other label"])
def test_another_token_in_its_place_costs_no_try(desk, use, facts):
    """Libraries name devices by their kind or by where they are put in."""
    found = desk.found()
    put_in_its_place(desk, **facts)
    pins = [bytearray(WRONG.encode()), bytearray(NEW.encode())][: 1 + (use == "change_pin")]
    with pytest.raises(TokenMissingError):
        getattr(found, use)(*pins, accepts_final_try=False)
    assert desk.tries_left() == 10
    calls = desk.bench.report().calls
    assert "SKF_VerifyPIN" not in calls
    assert "SKF_ChangePIN" not in calls


@pytest.mark.parametrize("use", ["log_in", "change_pin"])
def test_a_token_that_was_put_in_elsewhere_meanwhile_is_found_again(desk, use):
    serial = desk.token.facts.serial
    found = desk.found()
    put_in_its_place(desk, "elsewhere", serial=serial)
    pins = [bytearray(PIN.encode()), bytearray(NEW.encode())][: 1 + (use == "change_pin")]
    done = getattr(found, use)(*pins, accepts_final_try=False)
    if done is not None:
        done.log_out()
    assert not desk.is_open()


def test_where_it_was_found_first_does_not_count(desk):
    """Another token is where it was, and itself elsewhere."""
    serial = desk.token.facts.serial
    found = desk.found()
    put_in_its_place(desk, "elsewhere", serial=serial)
    desk.bench.make("key", application(both_pairs(), pin=NEW), label=LABEL)
    desk.bench.plug()
    found.log_in(bytearray(PIN.encode()), accepts_final_try=False).log_out()
    assert desk.bench.report().calls["SKF_VerifyPIN"] == 1
