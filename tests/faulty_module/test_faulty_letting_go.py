"""Tokens are let go of after a reading; a module that fails at that is started anew, and nobody notices."""

from __future__ import annotations

import asyncio

import pytest

from agent.tokens import supervisor
from agent.tokens.supervisor import ModuleWorker

FAULTS = ("crash", "exit", "hang", "general_error", "device_error")
CASE_COUNT = len(FAULTS)


@pytest.fixture
def removable(bench):
    """The bench's token in a slot that says it is removable: a software token is never let go of."""
    file = bench.tokens.configuration
    file.write_text(file.read_text().replace("removable = false", "removable = true"))
    return bench


@pytest.fixture
async def worker(removable):
    worker = ModuleWorker(removable.settings)
    yield worker
    await worker.end()


async def called(bench, function: str, times: int) -> None:
    async with asyncio.timeout(20):
        while bench.calls()[function] < times:  # noqa: ASYNC110 - another process writes it
            await asyncio.sleep(0.01)


async def test_tokens_are_let_go_of_after_a_moment_and_read_again_as_before(
    removable, worker, monkeypatch
):
    monkeypatch.setattr(supervisor, "LET_GO_SECONDS", 0.1)
    for times in (1, 2):
        assert len((await worker.content()).tokens) == 1
        await called(removable, "C_Finalize", times)
    assert removable.calls()["C_Initialize"] == 2
    assert worker.restarts == 0


async def test_readings_in_a_row_are_of_one_connection(removable, worker):
    for _ in range(3):
        assert len((await worker.content()).tokens) == 1
    assert removable.calls()["C_Initialize"] == 1
    assert removable.calls()["C_Finalize"] == 0


async def test_a_module_that_takes_long_to_read_keeps_its_tokens(removable, worker, monkeypatch):
    monkeypatch.setattr(supervisor, "LET_GO_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "QUICK_SECONDS", 0.0)
    await worker.content()
    await asyncio.sleep(0.5)
    assert removable.calls()["C_Finalize"] == 0


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_module_that_fails_at_letting_go_is_whole_at_the_next_reading(
    removable, worker, monkeypatch, fault
):
    monkeypatch.setattr(supervisor, "LET_GO_SECONDS", 0.05)
    monkeypatch.setattr(supervisor, "LIST_SECONDS", 5.0)
    await worker.content()
    removable.switch_on(f"C_Finalize={fault}")
    await called(removable, "C_Finalize", 1)
    removable.switch_off()
    monkeypatch.setattr(supervisor, "LET_GO_SECONDS", 60.0)
    assert len((await worker.content()).tokens) == 1
    assert worker.retry_after is None
