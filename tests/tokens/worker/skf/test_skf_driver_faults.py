"""Whatever a library that speaks SKF does wrong costs one call, and nobody else's tokens."""

from __future__ import annotations

import contextlib
import shutil

import msgspec
import pytest
from pin_desk import PinDesk
from skf_bench import PIN
from skf_desk import LABEL, SkfDesk

from agent.ground.bus import EventBus
from agent.ground.errors import OdcError
from agent.tokens.errors import ModuleCrashedError, ModuleHangsError
from agent.tokens.inventory import Inventory, TokenInserted, TokenRemoved
from agent.tokens.model import PinState
from agent.tokens.supervisor import ModuleWorker

WRONG = "999999"


@contextlib.asynccontextmanager
async def worker_of(desk: SkfDesk):
    worker = ModuleWorker(desk.settings)
    try:
        yield worker
    finally:
        await worker.close()


@pytest.mark.parametrize(
    "fault",
    ["SKF_EnumDev=crash", "SKF_GetPINInfo=abort", "SKF_ExportCertificate=exit_after"],
)
async def test_a_library_that_ends_its_process_is_started_again(desk, fault):
    async with worker_of(desk) as worker:
        desk.bench.misbehave(fault)
        with pytest.raises(ModuleCrashedError):
            await worker.content()
        desk.bench.misbehave("")
        worker.hurry()
        assert len((await worker.content()).tokens) == 1


async def test_a_library_that_hangs_is_given_up(desk, monkeypatch):
    monkeypatch.setattr("agent.tokens.supervisor.LIST_SECONDS", 1.0)
    async with worker_of(desk) as worker:
        desk.bench.misbehave("SKF_ConnectDev=hang")
        with pytest.raises(ModuleHangsError):
            await worker.content()


@pytest.mark.parametrize("function", ["EnumDev", "EnumContainer", "ExportCertificate"])
async def test_one_that_writes_past_the_end_costs_the_call_at_most(desk, function):
    async with worker_of(desk) as worker:
        desk.bench.misbehave(f"SKF_{function}=overruns")
        with contextlib.suppress(OdcError):
            await worker.content()
        desk.bench.misbehave("")
        worker.hurry()
        assert len((await worker.content()).tokens) == 1


async def test_what_it_prints_is_no_answer(desk):
    async with worker_of(desk) as worker:
        desk.bench.misbehave("SKF_EnumDev=stdout, SKF_GetDevInfo=stdout")
        assert len((await worker.content()).tokens) == 1


@pytest.mark.parametrize(
    "fault",
    ["hides=key", "SKF_EnumApplication=nothing", "SKF_OpenApplication=0x0A000001", "must_login"],
)
async def test_of_two_libraries_of_a_vendor_the_one_that_sees_the_token_shows_it(
    desk, tmp_path, fault
):
    other = shutil.copy(desk.module.path, tmp_path / "libolder.so")
    blind = msgspec.structs.replace(
        desk.settings,
        path=str(other),
        environment={**desk.bench.environment, "ODC_SKF_FAULTS": fault},
    )
    inventory = Inventory((blind, desk.settings), EventBus())
    try:
        snapshot = await inventory.refresh()
    finally:
        await inventory.close()
    [token] = snapshot.tokens
    assert token.reference.module == desk.module.path
    assert snapshot.problems == ()


async def test_where_none_of_a_vendors_libraries_reads_a_token_each_says_so(desk, tmp_path):
    desk.bench.misbehave("SKF_OpenApplication=0x0A000001")
    other = shutil.copy(desk.module.path, tmp_path / "libolder.so")
    settings = msgspec.structs.replace(desk.settings, path=str(other))
    inventory = Inventory((settings, desk.settings), EventBus())
    try:
        problems = (await inventory.refresh()).problems
    finally:
        await inventory.close()
    assert [problem.module for problem in problems] == [settings.path, desk.module.path]


async def test_both_libraries_see_the_token_and_it_is_shown_once(desk, tmp_path):
    other = shutil.copy(desk.module.path, tmp_path / "libolder.so")
    settings = msgspec.structs.replace(desk.settings, path=str(other))
    bus, events = EventBus(), []
    bus.subscribe(events.append)
    inventory = Inventory((settings, desk.settings), bus)
    try:
        await inventory.read(inventory.readers[1])
        snapshot = await inventory.refresh()
    finally:
        await inventory.close()
    assert [token.reference.module for token in snapshot.tokens] == [desk.module.path]
    assert sum(isinstance(event, TokenInserted) for event in events) == 1
    assert not any(isinstance(event, TokenRemoved) for event in events)


async def test_the_tries_a_token_tells_count_and_nothing_that_is_remembered(desk, tmp_path):
    async with PinDesk(desk.settings, tmp_path) as pins:
        error = await pins.log_in(WRONG)
        assert isinstance(error, OdcError)
        assert error.values["tries_left"] == 9
        asked = await pins.ask()
        assert (asked.offer.tries_left, asked.offer.tries_most) == (9, 10)
        await asked.cancel()
        assert await pins.log_in(PIN) == "done"
        await pins.until_flags_say(PinState.OK)
        assert pins.state is PinState.OK
        calls = desk.bench.report().calls
        assert calls["SKF_VerifyPIN"] == 2, "one for each that was typed"
        assert calls["SKF_ClearSecureState"] == 2
    assert not desk.is_open()


async def test_a_crash_while_the_pin_is_tried_leaves_the_count_to_the_token(desk, tmp_path):
    async with PinDesk(desk.settings, tmp_path) as pins:
        desk.bench.misbehave("SKF_VerifyPIN=crash_after")
        error = await pins.log_in(WRONG)
        assert isinstance(error, OdcError)
        desk.bench.misbehave("")
        asked = await pins.ask()
        assert asked.offer.tries_left == 9
        await asked.cancel()
    assert desk.bench.report().calls["SKF_VerifyPIN"] == 1


async def test_a_pin_is_changed_by_the_worker(desk, tmp_path):
    async with PinDesk(desk.settings, tmp_path) as pins:
        assert await pins.change_pin(PIN, "8246zx") is None
        assert await pins.log_in("8246zx") == "done"
    assert not desk.is_open()


async def test_tokens_of_a_worker_are_those_of_the_driver(desk):
    async with worker_of(desk) as worker:
        [token] = (await worker.content()).tokens
    assert token == desk.token
    assert token.facts.label == LABEL
