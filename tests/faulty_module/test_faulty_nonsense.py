"""Answers no module may give: absurd lengths, random bytes, searches that never end, 10,000 slots."""

from __future__ import annotations

import asyncio

import pytest
from faulty_bench import (
    GIBIBYTE,
    REQUESTS,
    Bench,
    check_error,
    is_running,
    listing,
    protect_the_machine,
)
from soft_token import PIN, Outcome, type_pin

from agent.ground.bus import EventBus
from agent.ground.errors import OdcError
from agent.ground.reports import ReportedError
from agent.tokens import supervisor, worker_process
from agent.tokens.inventory import Inventory, TokenInserted
from agent.tokens.supervisor import pin_session

LENGTHS = ("wrong_length", "unavailable")
LISTING_CASES = [
    (function, fault)
    for function in ("C_GetAttributeValue", "C_FindObjects", "C_GetSlotList")
    for fault in LENGTHS
]
LISTING_CASES += [
    (function, "garbage") for function in ("C_GetAttributeValue", "C_GetTokenInfo", "C_GetSlotInfo")
]
LISTING_CASES += [("C_FindObjects", "endless"), ("C_GetSlotList", "many_slots")]
SESSION_CASES = [
    (operation, function, fault)
    for operation in REQUESTS
    for function, fault in (
        ("C_GetAttributeValue", "wrong_length"),
        ("C_GetAttributeValue", "unavailable"),
        ("C_GetAttributeValue", "garbage"),
        ("C_FindObjects", "wrong_length"),
    )
]
SESSION_CASES += [
    (operation, "C_FindObjects", "endless")
    for operation in REQUESTS
    if operation not in {"generate", "write"}  # what they search for is not there
]
SESSION_CASES += [
    (operation, "C_Sign", fault)
    for operation in REQUESTS
    if operation.startswith("sign")
    for fault in LENGTHS
]
SESSION_CASES += [
    (operation, "C_Decrypt", fault)
    for operation in ("prove", "decrypt", "import")
    for fault in (*LENGTHS, "garbage")
]
OPEN_CASES = [(function, fault) for function, fault in LISTING_CASES if "Slot" in function]
CASE_COUNT = len(LISTING_CASES) + len(SESSION_CASES) + len(OPEN_CASES)
SECONDS = 1.0


@pytest.mark.parametrize(("function", "fault"), LISTING_CASES)
async def test_a_listing_of_nonsense_ends_and_others_are_listed(
    bench, sound, monkeypatch, function, fault
):
    async with listing(bench, sound) as listed:
        await listed.check_that_all_is_listed()
        protect_the_machine(listed.faulty_pid(), 4 * GIBIBYTE)  # room for one such length
        bench.switch_on(f"{function}={fault}")
        with monkeypatch.context() as patch:
            patch.setattr(supervisor, "LIST_SECONDS", 2 * SECONDS)
            async with asyncio.timeout(2 * SECONDS + 2):
                snapshot = await listed.inventory.refresh()
        listed.check_that_the_other_module_is_listed(snapshot)
        for problem in snapshot.problems:
            check_error(ReportedError(problem.report))
        bench.switch_off()
        await listed.check_that_all_is_listed()
    assert bench.calls()["C_Login"] == 0


@pytest.mark.parametrize(("operation", "function", "fault"), SESSION_CASES)
async def test_an_operation_on_nonsense_ends(bench, reference, operation, function, fault):
    async with pin_session(bench.settings, reference) as session:
        assert await type_pin(session, PIN) == Outcome(None, None)
        protect_the_machine(session._process.pid)
        bench.switch_on(f"{function}={fault}")
        try:
            async with asyncio.timeout(SECONDS + 2):
                await session._process.call(REQUESTS[operation], seconds=SECONDS)
        except OdcError as error:
            check_error(error)
    assert not is_running(session._process.pid)
    assert bench.calls()["C_Login"] == 1
    await bench.check_that_it_works_again()


@pytest.mark.parametrize(("function", "fault"), OPEN_CASES)
async def test_a_session_is_opened_on_nonsense_or_not_at_all(
    bench, reference, monkeypatch, function, fault
):
    monkeypatch.setattr(worker_process, "CALL_SECONDS", 2 * SECONDS)
    bench.switch_on(f"{function}={fault}")
    try:
        async with pin_session(bench.settings, reference):
            pass
    except OdcError as error:
        check_error(error)
    assert bench.calls()["C_Login"] == 0
    await bench.check_that_it_works_again()


async def call(bench: Bench, reference, operation: str, *faults: str):
    async with pin_session(bench.settings, reference) as session:
        await type_pin(session, PIN)
        bench.switch_on(*faults)
        return await session.call(REQUESTS[operation])


@pytest.mark.parametrize("operation", ["sign request", "sign message", "sign data"])
async def test_a_signature_that_is_none_is_an_error(bench, reference, operation):
    with pytest.raises(OdcError) as caught:
        await call(bench, reference, operation, "C_Sign=garbage")
    check_error(caught.value)


async def test_a_search_that_never_ends_is_cut_off_and_not_waited_out(bench, sound):
    bench.switch_on("C_FindObjects=endless")
    async with listing(bench, sound) as listed, asyncio.timeout(2.5):
        snapshot = await listed.inventory.refresh()
        assert sum(len(token.certificates) for token in snapshot.tokens) < 10_000
        assert snapshot.problems


async def test_a_search_for_a_key_that_never_ends_is_cut_off(bench, reference):
    async with asyncio.timeout(2.5):
        with pytest.raises(OdcError) as caught:
            await call(bench, reference, "find", "C_FindObjects=endless")
    check_error(caught.value, "token_error")
    calls = bench.calls()
    assert calls["C_FindObjectsFinal"] == calls["C_FindObjectsInit"], "a search was left open"


async def test_a_slot_given_ten_thousand_times_is_one_token(bench):
    bus = EventBus()
    events = []
    bus.subscribe(events.append)
    inventory = Inventory((bench.settings,), bus)
    bench.switch_on("C_GetSlotList=many_slots")
    try:
        async with asyncio.timeout(2.5):
            snapshot = await inventory.refresh()
    finally:
        await inventory.close()
    assert len(snapshot.tokens) == 1
    assert len([event for event in events if isinstance(event, TokenInserted)]) == 1


async def test_garbage_texts_of_a_token_are_printable(bench, sound):
    # They go to terminals, notifications and pages: a token's label is nobody's to be trusted.
    bench.switch_on("C_GetTokenInfo=garbage")
    async with listing(bench, sound) as listed:
        snapshot = await listed.inventory.refresh()
    assert len(snapshot.tokens) == 2
    for token in snapshot.tokens:
        facts = token.facts
        for text in (facts.label, facts.serial, facts.model, facts.manufacturer):
            assert text.isprintable()
