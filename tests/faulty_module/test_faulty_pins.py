"""A PIN is tried once, whatever the module does then, and who typed it is told the same as the agent."""

from __future__ import annotations

import pytest
from faulty_bench import ENDINGS, ERRORS, check_error, code_of, is_running
from soft_token import LABEL, PIN, Outcome, type_pin

from agent.ground.bus import EventBus
from agent.tokens import worker_process
from agent.tokens.inventory import Inventory
from agent.tokens.model import PinState
from agent.tokens.pin import send_pin
from agent.tokens.supervisor import PinSession, pin_session

WRONG = "000000"
FUNCTIONS = ("C_GetSlotList", "C_GetTokenInfo", "C_OpenSession", "C_Login")
CASES = [
    (function, fault, PIN) for function in FUNCTIONS[:-1] for fault in ("crash", "general_error")
]
CASES += [("C_Login", fault, pin) for fault in (*ENDINGS, *ERRORS) for pin in (PIN, WRONG)]
MODULE_SAYS = {
    "pin_incorrect": "pin_incorrect",
    "pin_locked": "pin_locked",
    "session_handle_invalid": "token_missing",
    "0xa1": "pin_form",  # CKR_PIN_INVALID
    "0xa2": "pin_form",  # CKR_PIN_LEN_RANGE
    "0xa3": "pin_to_be_changed",  # CKR_PIN_EXPIRED
    "0x100": "token_error",  # CKR_USER_ALREADY_LOGGED_IN
    "0x102": "pin_not_set",  # CKR_USER_PIN_NOT_INITIALIZED
}
FORWARDED = ("slow", "stdout", "leak")
CASE_COUNT = len(CASES) + len(MODULE_SAYS) + len(FORWARDED) + 2  # hangs


async def log_in(bench, reference, pin, fault) -> tuple[Outcome, PinSession]:
    """Switch the fault on when the PIN is about to be typed."""
    async with pin_session(bench.settings, reference) as session:
        bench.switch_on(fault)
        outcome = await type_pin(session, pin)
    assert not is_running(session._process.pid)
    return outcome, session


async def pin_state(bench) -> PinState:
    """Return the token's flags through SoftHSM itself, and that reading them tries no PIN."""
    bench.switch_off()
    tried = bench.calls()["C_Login"]
    inventory = Inventory((bench.settings,), EventBus())
    try:
        [token] = (await inventory.refresh()).tokens
    finally:
        await inventory.close()
    assert token.reference.label == LABEL
    assert bench.calls()["C_Login"] == tried
    return token.facts.pin_state


@pytest.mark.parametrize(("function", "fault", "pin"), CASES)
async def test_a_pin_meets_a_fault_once_and_is_not_tried_again(
    bench, reference, function, fault, pin
):
    outcome, _ = await log_in(bench, reference, pin, f"{function}={fault}")
    check_error(outcome.agent, code_of(fault))
    check_error(outcome.typist)
    assert bench.calls()["C_Login"] == (1 if function == "C_Login" else 0)
    # The fault came instead of the login: the token never saw the PIN.
    assert await pin_state(bench) is PinState.OK


@pytest.mark.parametrize(("value", "code"), MODULE_SAYS.items())
async def test_what_a_module_says_of_a_pin_is_told_and_not_tried_again(
    bench, reference, value, code
):
    outcome, _ = await log_in(bench, reference, PIN, f"C_Login={value}")
    check_error(outcome.agent, code)
    assert bench.calls()["C_Login"] == 1


@pytest.mark.parametrize("fault", FORWARDED)
async def test_a_wrong_pin_is_wrong_once_however_the_module_behaves(bench, reference, fault):
    outcome, _ = await log_in(bench, reference, WRONG, f"C_Login={fault}")
    check_error(outcome.agent, "pin_incorrect")
    check_error(outcome.typist, "pin_incorrect")
    assert bench.calls()["C_Login"] == 1
    assert await pin_state(bench) is PinState.COUNT_LOW


@pytest.mark.parametrize("pin", [PIN, WRONG])
async def test_a_hang_in_the_login_ends_in_time_and_costs_one_try_at_most(
    bench, reference, monkeypatch, pin
):
    with monkeypatch.context() as patch:
        patch.setattr(worker_process, "CALL_SECONDS", 2.0)
        outcome, _ = await log_in(bench, reference, pin, "C_Login=hang")
    check_error(outcome.agent, "module_hangs")
    check_error(outcome.typist, "pin_unanswered")
    assert bench.calls()["C_Login"] == 1
    assert await pin_state(bench) is PinState.OK


@pytest.mark.parametrize("fault", ERRORS)
async def test_who_typed_is_told_what_the_agent_is_told(bench, reference, fault):
    outcome, _ = await log_in(bench, reference, PIN, f"C_Login={fault}")
    assert outcome.typist.code == outcome.agent.code


@pytest.mark.parametrize("fault", ENDINGS)
async def test_who_typed_into_a_crash_is_not_told_that_nobody_typed(bench, reference, fault):
    outcome, _ = await log_in(bench, reference, PIN, f"C_Login={fault}")
    check_error(outcome.agent, "module_crashed")
    check_error(outcome.typist, "pin_unanswered")


@pytest.mark.parametrize("fault", ["general_error", "device_error", "token_not_present"])
async def test_a_wrong_pin_is_told_though_the_token_cannot_be_asked_again(bench, reference, fault):
    async with pin_session(bench.settings, reference) as session:
        # Each look at the token calls once; that for the offer also asks for the PIN's limits.
        looks = bench.calls()["C_GetTokenInfo"] - 1
        bench.switch_on(f"C_GetTokenInfo={fault}@{2 * looks + 2}")
        outcome = await type_pin(session, WRONG)
    assert bench.calls()["C_Login"] == 1
    check_error(outcome.agent, "pin_incorrect")


async def test_a_pin_for_a_session_that_crashed_is_wiped_and_goes_nowhere(bench, reference):
    bench.switch_on("C_GetTokenInfo=crash")
    typed = bytearray(PIN.encode())
    endpoint = "/nowhere"
    with pytest.raises(Exception, match="faulty"):
        async with pin_session(bench.settings, reference) as session:
            endpoint = session.offer.endpoint
    with pytest.raises(Exception, match="PIN"):
        send_pin(endpoint, typed)
    assert typed == bytes(len(PIN))
    assert bench.calls()["C_Login"] == 0
