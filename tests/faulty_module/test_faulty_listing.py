"""Listing tokens through a module that misbehaves costs that module one listing, others nothing."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
import pytest_asyncio
from faulty_bench import (
    ENDINGS,
    ERRORS,
    REMOVALS,
    Bench,
    check_error,
    code_of,
    is_running,
    listing,
)
from soft_token import LABEL

from agent.ground.reports import ReportedError
from agent.tokens import supervisor

AT_START = ("C_GetFunctionList", "C_GetInfo")
"""Functions called once in a process."""
OF_THE_MODULE = ("C_Initialize", "C_Finalize", "C_GetSlotList", "C_GetSlotInfo")
OF_A_SLOT = (
    "C_GetTokenInfo", "C_OpenSession", "C_FindObjectsInit", "C_FindObjects", "C_GetAttributeValue",
    "C_FindObjectsFinal", "C_CloseSession",
)  # fmt: skip
FUNCTIONS = (*AT_START, *OF_THE_MODULE, *OF_A_SLOT)

ENDING_CASES = [(function, "crash") for function in FUNCTIONS] + [
    (function, fault)
    for function in ("C_GetFunctionList", "C_Initialize", "C_GetAttributeValue")
    for fault in ENDINGS[1:]
]
MODULE_CASES = [(f, fault) for f in OF_THE_MODULE for fault in ERRORS]
MODULE_CASES += [(f, fault) for f in AT_START for fault in ("general_error", "device_removed")]
SLOT_CASES = [
    (f, fault) for f in OF_A_SLOT for fault in ("general_error", "device_error", "0x80000001")
]
REMOVAL_CASES = [(f, fault) for f in OF_A_SLOT for fault in REMOVALS]
CASE_COUNT = len(ENDING_CASES) + len(MODULE_CASES) + len(SLOT_CASES) + len(REMOVAL_CASES)
CASE_COUNT += len(FUNCTIONS)  # hangs, side by side


# One inventory lives through it all: what a fault leaves behind would show in the next case.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def lasting(library, filled, sound, tmp_path_factory):
    """An inventory whose faulty module has a command file of its own."""
    folder = tmp_path_factory.mktemp("lasting")
    bench = Bench(library, folder / "faulty", filled)
    async with listing(bench, sound) as listed:
        await listed.check_that_all_is_listed()
        yield bench, listed


async def with_fault(lasting, function, fault, check):
    """Run one case: all is well, the fault, ``check`` of its snapshot, all is well again."""
    bench, listed = lasting
    await listed.check_that_all_is_listed()
    if function in AT_START:
        await listed.inventory.readers[0].worker.end()
    before = listed.faulty_pid()
    met = bench.calls()[function]
    bench.switch_on(f"{function}={fault}")
    try:
        snapshot = await listed.inventory.refresh()
        assert bench.calls()[function] > met
        listed.check_that_the_other_module_is_listed(snapshot)
        check(listed, snapshot)
    finally:
        bench.switch_off()
    await listed.check_that_all_is_listed()
    if snapshot.module_problems and function not in OF_A_SLOT:
        assert before is None or not is_running(before), "the worker should be a fresh one"
    assert bench.calls()["C_Login"] == 0


@pytest.mark.parametrize(("function", "fault"), ENDING_CASES)
async def test_a_module_that_ends_its_process_is_named(lasting, function, fault):
    def check(listed, snapshot):
        assert listed.labels(snapshot, listed.faulty) == []
        [problem] = snapshot.module_problems
        check_problem(problem, code_of(fault))

    await with_fault(lasting, function, fault, check)


@pytest.mark.parametrize(("function", "fault"), MODULE_CASES)
async def test_a_module_that_fails_as_a_whole_is_a_problem(lasting, function, fault):
    def check(listed, snapshot):
        assert listed.labels(snapshot, listed.faulty) == []
        [problem] = snapshot.module_problems
        check_problem(problem)

    await with_fault(lasting, function, fault, check)


@pytest.mark.parametrize(("function", "fault"), SLOT_CASES)
async def test_a_token_that_cannot_be_read_is_a_problem(lasting, function, fault):
    def check(listed, snapshot):
        is_listed = listed.labels(snapshot, listed.faulty) == [LABEL]
        assert snapshot.problems or is_listed, (
            "a token that is plugged in must not vanish without a word"
        )
        for problem in snapshot.problems:
            check_problem(problem)

    await with_fault(lasting, function, fault, check)


async def test_a_token_that_cannot_be_read_is_named_with_its_module(lasting):
    def check(listed, snapshot):
        [problem] = snapshot.problems
        check_problem(problem, "token_unreadable")
        for message in (problem.report.message, problem.report.message_zh):
            assert LABEL in message

    await with_fault(lasting, "C_OpenSession", "general_error", check)


async def test_a_slot_that_cannot_be_asked_is_named_with_its_module(lasting):
    def check(listed, snapshot):
        for problem in snapshot.problems:
            check_problem(problem, "token_unreadable")
            assert "SoftHSM slot" in problem.report.message

    await with_fault(lasting, "C_GetTokenInfo", "general_error", check)


async def test_a_session_that_cannot_be_closed_costs_nothing_of_what_was_read(lasting):
    def check(listed, snapshot):
        assert listed.labels(snapshot, listed.faulty) == [LABEL]
        assert snapshot.problems == ()

    await with_fault(lasting, "C_CloseSession", "general_error", check)


@pytest.mark.parametrize(("function", "fault"), REMOVAL_CASES)
async def test_a_token_that_is_pulled_out_meanwhile_is_no_problem(lasting, function, fault):
    def check(listed, snapshot):
        assert snapshot.module_problems == ()
        assert listed.labels(snapshot, listed.faulty) == []

    await with_fault(lasting, function, fault, check)


async def test_a_module_that_hangs_is_given_up_and_named(make_bench, sound, monkeypatch):
    async with contextlib.AsyncExitStack() as stack:
        benches = {function: make_bench() for function in FUNCTIONS}
        all_listed = [
            await stack.enter_async_context(listing(bench, sound)) for bench in benches.values()
        ]
        await asyncio.gather(*(listed.check_that_all_is_listed() for listed in all_listed))
        for (function, bench), listed in zip(benches.items(), all_listed, strict=True):
            if function in AT_START:
                await listed.inventory.readers[0].worker.end()
            bench.switch_on(f"{function}=hang")
        with monkeypatch.context() as patch:
            patch.setattr(supervisor, "LIST_SECONDS", 2.0)
            snapshots = await asyncio.gather(*(x.inventory.refresh() for x in all_listed))
        for listed, snapshot in zip(all_listed, snapshots, strict=True):
            listed.check_that_the_other_module_is_listed(snapshot)
            [problem] = snapshot.module_problems
            check_problem(problem, "module_hangs")
        for bench in benches.values():
            bench.switch_off()
        await asyncio.gather(*(listed.check_that_all_is_listed() for listed in all_listed))


def check_problem(problem, code=None):
    check_error(ReportedError(problem.report), code)
