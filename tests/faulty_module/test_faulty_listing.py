"""Listing tokens through a module that misbehaves costs that module one listing, others nothing."""

from __future__ import annotations

import asyncio

import pytest
from faulty_bench import (
    CODES,
    ENDINGS,
    ERRORS,
    REMOVALS,
    check_error,
    is_running,
    listing,
)
from soft_token import LABEL

from agent.errors import ReportedError
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


async def with_fault(bench, sound, function, fault, check):
    """Run one case: all is well, the fault, ``check`` of its snapshot, all is well again."""
    async with listing(bench, sound) as listed:
        before = None
        if function not in AT_START:
            await listed.check_that_all_is_listed()
            before = listed.faulty_pid()
        bench.switch_on(f"{function}={fault}")
        met = bench.calls()[function]
        snapshot = await listed.inventory.refresh()
        assert bench.calls()[function] > met
        listed.check_that_the_other_module_is_listed(snapshot)
        check(listed, snapshot)
        bench.switch_off()
        await listed.check_that_all_is_listed()
        if snapshot.module_problems:
            assert before is None or not is_running(before), "the worker should be a fresh one"
    assert bench.calls()["C_Login"] == 0


@pytest.mark.parametrize(("function", "fault"), ENDING_CASES)
async def test_a_module_that_ends_its_process_is_named(bench, sound, function, fault):
    def check(listed, snapshot):
        assert listed.labels(snapshot, listed.faulty) == []
        [problem] = snapshot.module_problems
        check_problem(problem, CODES[fault])

    await with_fault(bench, sound, function, fault, check)


@pytest.mark.parametrize(("function", "fault"), MODULE_CASES)
async def test_a_module_that_fails_as_a_whole_is_a_problem(bench, sound, function, fault):
    def check(listed, snapshot):
        assert listed.labels(snapshot, listed.faulty) == []
        [problem] = snapshot.module_problems
        check_problem(problem)

    await with_fault(bench, sound, function, fault, check)


@pytest.mark.xfail(
    strict=True,
    reason="agent/tokens/worker/module.py:57 writes a slot's error to stderr only: the token vanishes "
    "(TokenRemoved) and no problem says why",
)
@pytest.mark.parametrize(("function", "fault"), SLOT_CASES)
async def test_a_token_that_cannot_be_read_is_a_problem(bench, sound, function, fault):
    def check(listed, snapshot):
        is_listed = listed.labels(snapshot, listed.faulty) == [LABEL]
        assert snapshot.problems or is_listed, (
            "a token that is plugged in must not vanish without a word"
        )
        for problem in snapshot.problems:
            check_problem(problem)

    await with_fault(bench, sound, function, fault, check)


@pytest.mark.parametrize(("function", "fault"), REMOVAL_CASES)
async def test_a_token_that_is_pulled_out_meanwhile_is_no_problem(bench, sound, function, fault):
    def check(listed, snapshot):
        assert snapshot.module_problems == ()
        assert listed.labels(snapshot, listed.faulty) == []

    await with_fault(bench, sound, function, fault, check)


async def test_a_module_that_hangs_is_given_up_and_named(make_bench, sound, monkeypatch):
    benches = {function: make_bench() for function in FUNCTIONS}

    def check(listed, snapshot):
        [problem] = snapshot.module_problems
        check_problem(problem, "module_hangs")

    # Long enough for this many workers that start at once.
    monkeypatch.setattr(supervisor, "LIST_SECONDS", 3.0)
    await asyncio.gather(
        *(with_fault(bench, sound, f, "hang", check) for f, bench in benches.items())
    )


def check_problem(problem, code=None):
    check_error(ReportedError(problem.report), code)
