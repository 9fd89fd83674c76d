"""Operations with a PIN through a module that misbehaves: each ends with a clear error, and only once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from faulty_bench import ENDINGS, ERRORS, REMOVALS, REQUESTS, check_error, code_of, is_running
from soft_token import PIN, Outcome, type_pin

from agent.ground.errors import OdcError
from agent.tokens import protocol, supervisor, worker_process
from agent.tokens.supervisor import pin_session

HANG_SECONDS = 1.5

AT_START = ("C_GetFunctionList", "C_Initialize", "C_GetInfo")
OPENING = ("C_GetSlotList", "C_GetSlotInfo", "C_GetTokenInfo")
SEARCH = ("C_FindObjectsInit", "C_FindObjects", "C_GetAttributeValue", "C_FindObjectsFinal")
MAIN: dict[str, tuple[str, ...]] = {
    "find": SEARCH,
    "generate": ("C_GenerateKeyPair",),
    "destroy": ("C_DestroyObject",),
    "sign request": ("C_SignInit", "C_Sign"),
    "sign message": ("C_SignInit", "C_Sign"),
    "sign data": ("C_SignInit", "C_Sign"),
    "sign digest": ("C_SignInit", "C_Sign"),
    "write": ("C_CreateObject",),
    "destroy certificate": ("C_DestroyObject",),
    "companions": ("C_FindObjectsInit", "C_FindObjectsFinal"),
    "prove": ("C_DecryptInit", "C_Decrypt"),
    "decrypt": ("C_DecryptInit", "C_Decrypt"),
    "import": ("C_DecryptInit", "C_Decrypt", "C_CreateObject"),
    "check room": ("C_GetTokenInfo", "C_DestroyObject", "C_CreateObject"),
}
"""The functions that make an operation; all of them search first."""

ALWAYS = (*ENDINGS, *ERRORS)
FEW = ("crash", "general_error", "device_removed")


def cases() -> list[tuple[str, str, str]]:
    chosen = []
    for operation, functions in MAIN.items():
        chosen += [(operation, functions[-1], fault) for fault in ALWAYS]
        others = functions[:-1] + (() if operation == "find" else SEARCH[1:3])
        chosen += [(operation, function, fault) for function in others for fault in FEW[:2]]
    return chosen


CASES = cases()
LOGOUT_FAULTS = ("crash", "exit", "hang", "general_error", "device_removed")
OPEN_CASES = [(f, fault) for f in OPENING for fault in ALWAYS]
OPEN_CASES += [(f, fault) for f in AT_START for fault in FEW]
HANGS = [(operation, functions[-1]) for operation, functions in MAIN.items()]
HANGS += [("find", function) for function in SEARCH[:-1]]
CASE_COUNT = len(CASES) + len(OPEN_CASES) + len(HANGS) + len(AT_START) + len(OPENING)
CASE_COUNT += 3 * len(MAIN)  # slow, printing, leaking
SLOW = {operation: functions[-1] for operation, functions in MAIN.items()} | {
    "find": "C_FindObjectsFinal"
}


async def carry_out(bench, reference, operation, fault, **limits) -> OdcError | None:
    """Log in, switch the fault on, do the operation once; return what the caller was told."""
    function = fault.partition("=")[0]
    async with pin_session(bench.settings, reference) as session:
        assert await type_pin(session, PIN) == Outcome(None, None)
        bench.switch_on(fault)
        met = bench.calls()[function]
        try:
            await session._process.call(REQUESTS[operation], **limits)
            error = None
        except OdcError as caught:
            error = caught
        assert bench.calls()[function] > met
        bench.switch_off()
        if not session._process.has_ended:
            # One error must not cost another PIN entry.
            other = await session.call(protocol.FindKeyPair(key=b"other"))
            assert (other.public, other.private) == (False, False)
    assert not is_running(session._process.pid)
    assert not Path(session.offer.endpoint).exists()
    assert bench.calls()["C_Login"] == 1
    return error


async def open_session(bench, reference, fault) -> OdcError | None:
    bench.switch_on(fault)
    try:
        async with pin_session(bench.settings, reference):
            return None
    except OdcError as error:
        return error
    finally:
        assert bench.calls()[fault.partition("=")[0]] > 0
        assert bench.calls()["C_Login"] == 0


@pytest.mark.parametrize(("operation", "function", "fault"), CASES)
async def test_a_fault_in_an_operation_is_one_clear_error(
    bench, reference, operation, function, fault
):
    error = await carry_out(bench, reference, operation, f"{function}={fault}")
    is_read_back = (
        operation in {"generate", "write", "check room"} and function == "C_GetAttributeValue"
    )
    if operation == "decrypt" and fault not in (*ENDINGS, *REMOVALS, "device_error"):
        assert error is None  # a key of nobody's: whoever sent the message learns nothing
    else:
        check_error(error, code_of(fault, MAIN[operation][-1] if is_read_back else function))
    if fault in ENDINGS:
        await bench.check_that_it_works_again()


@pytest.mark.parametrize("fault", LOGOUT_FAULTS)
async def test_a_fault_at_the_logout_takes_nothing_from_what_was_done(
    bench, reference, monkeypatch, fault
):
    monkeypatch.setattr(supervisor, "LOG_OUT_SECONDS", 1.0)
    async with pin_session(bench.settings, reference) as session:
        assert await type_pin(session, PIN) == Outcome(None, None)
        assert (await session.call(REQUESTS["find"])).private
        bench.switch_on(f"C_Logout={fault}")
    assert bench.calls()["C_Logout"] == 1
    assert not is_running(session._process.pid)
    await bench.check_that_it_works_again()


@pytest.mark.parametrize(("function", "fault"), OPEN_CASES)
async def test_a_fault_before_the_pin_is_asked_for_is_one_clear_error(
    bench, reference, function, fault
):
    error = await open_session(bench, reference, f"{function}={fault}")
    check_error(error, code_of(fault) if fault in ENDINGS else None)
    await bench.check_that_it_works_again()


async def test_a_hang_in_an_operation_ends_in_time(make_bench, reference):
    benches = [make_bench() for _ in HANGS]
    errors = await asyncio.gather(
        *(
            carry_out(bench, reference, operation, f"{function}=hang", seconds=HANG_SECONDS)
            for bench, (operation, function) in zip(benches, HANGS, strict=True)
        )
    )
    for error in errors:
        check_error(error, "module_hangs")
    for bench in benches:
        await bench.check_that_it_works_again()


async def test_a_hang_before_the_pin_is_asked_for_ends_in_time(make_bench, reference, monkeypatch):
    benches = {function: make_bench() for function in (*AT_START, *OPENING)}
    with monkeypatch.context() as limited:  # of what works again nobody says how fast it does
        limited.setattr(worker_process, "CALL_SECONDS", 2 * HANG_SECONDS)
        errors = await asyncio.gather(
            *(open_session(bench, reference, f"{f}=hang") for f, bench in benches.items())
        )
    for error in errors:
        check_error(error, "module_hangs")
    for bench in benches.values():
        await bench.check_that_it_works_again()


async def test_a_slow_module_is_waited_for(make_bench, reference):
    errors = await asyncio.gather(
        *(carry_out(make_bench(), reference, op, f"{f}=slow") for op, f in SLOW.items())
    )
    assert errors == [None] * len(SLOW)


@pytest.mark.parametrize("fault", ["stdout", "leak"])
@pytest.mark.parametrize("operation", MAIN)
async def test_what_does_not_keep_an_operation_from_being_done_is_no_error(
    bench, reference, operation, fault
):
    function = MAIN[operation][-1]
    assert await carry_out(bench, reference, operation, f"{function}={fault}") is None
    await bench.check_that_it_works_again()


async def test_a_key_is_refused_only_by_a_token_that_decrypts(bench, reference):
    """A refusal ends the renewal: one decryption that fails says nothing of the envelope."""
    assert await carry_out(bench, reference, "import", "C_DecryptInit=general_error!1") is None
    assert bench.calls()["C_DecryptInit"] == 3, "the envelope, something else, the envelope again"
