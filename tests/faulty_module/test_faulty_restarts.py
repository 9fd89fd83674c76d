"""A module that fails again and again is started with pauses, in bounds, and named."""

from __future__ import annotations

import asyncio
import resource

import pytest
from faulty_bench import GIBIBYTE, check_error, resident_bytes
from soft_token import PIN, type_pin

from agent.ground.bus import EventBus
from agent.ground.errors import OdcError
from agent.ground.language import Language
from agent.ground.reports import ReportedError
from agent.tokens import protocol, supervisor
from agent.tokens.inventory import Inventory
from agent.tokens.supervisor import ModuleWorker, pin_session

NAMELESS = (
    "general_error", "function_failed", "device_error", "host_memory", "device_removed",
    "token_not_present", "0x80000001",
)  # fmt: skip


@pytest.fixture
async def worker(bench):
    worker = ModuleWorker(bench.settings)
    yield worker
    await worker.end()


async def fail(worker) -> OdcError:
    with pytest.raises(OdcError) as caught:
        await worker.content()
    return caught.value


async def test_a_module_is_whole_at_the_first_listing_after_a_crash(bench, worker):
    bench.switch_on("C_GetSlotList=crash")
    check_error(await fail(worker), "module_crashed")
    bench.switch_off()
    assert len((await worker.content()).tokens) == 1
    assert worker.restarts == 1


@pytest.mark.parametrize("fault", ["crash", "general_error"])
async def test_a_module_that_always_fails_is_not_started_at_every_listing(bench, worker, fault):
    bench.switch_on(f"C_Initialize={fault}")
    for _ in range(10):
        check_error(await fail(worker))
    # The first restart is at once: most crashes are one.
    assert bench.calls()["C_GetFunctionList"] <= 4


async def test_the_first_restart_is_at_once_and_the_next_after_a_pause(bench, worker):
    assert worker.retry_after is None
    bench.switch_on("C_Initialize=crash")
    first = await fail(worker)
    assert worker.retry_after == 0
    await fail(worker)
    assert worker.retry_after > 0
    starts = bench.calls()["C_GetFunctionList"]
    meanwhile = await fail(worker)
    assert bench.calls()["C_GetFunctionList"] == starts
    assert meanwhile.report() == first.report()


async def test_a_module_that_is_well_again_is_found_after_the_pause(bench, worker):
    bench.switch_on("C_Initialize=crash")
    for _ in range(2):
        await fail(worker)
    bench.switch_off()
    await asyncio.sleep(worker.retry_after)
    assert len((await worker.content()).tokens) == 1
    assert worker.retry_after is None


async def test_a_device_event_ends_the_pause(bench, worker):
    bench.switch_on("C_Initialize=crash")
    for _ in range(3):
        await fail(worker)
    bench.switch_off()
    worker.hurry()
    assert len((await worker.content()).tokens) == 1


async def test_what_a_session_wrote_is_read_by_a_library_that_is_loaded_anew(bench, worker):
    await worker.content()
    before = worker._process.pid
    async with pin_session(bench.settings, await bench.reference()):
        pass
    await worker.content()
    assert worker._process.pid != before
    assert worker.restarts == 0


async def test_a_leaking_module_is_kept_in_bounds(bench, worker):
    bench.switch_on("C_GetTokenInfo=leak")
    sizes = {}
    for _ in range(12):
        assert len((await worker.content()).tokens) == 1
        if worker._process is not None:
            sizes[worker._process.pid] = resident_bytes(worker._process.pid)
    assert len(sizes) > 1
    assert max(sizes.values()) <= supervisor.MAX_RESIDENT_BYTES
    # It is well, if greedy: there is no reason for a pause, nor to say that it failed.
    assert (worker.retry_after, worker.restarts) == (None, 0)


async def test_a_module_that_leaks_in_one_call_is_stopped_by_a_limit(bench, reference):
    async with pin_session(bench.settings, reference) as session:
        await type_pin(session, PIN)
        soft, _ = resource.prlimit(session._process.pid, resource.RLIMIT_AS)
    assert soft == GIBIBYTE


@pytest.mark.parametrize("fault", NAMELESS)
async def test_the_sentence_names_the_module(bench, worker, fault):
    bench.switch_on(f"C_GetSlotList={fault}")
    error = await fail(worker)
    assert isinstance(error, ReportedError)
    for language in Language:
        assert "faulty.so" in error.text(language)


@pytest.mark.parametrize("fault", ["general_error", "device_error", "0x80000001"])
async def test_the_sentence_of_an_operation_names_the_module(bench, reference, fault):
    async with pin_session(bench.settings, reference) as session:
        await type_pin(session, PIN)
        bench.switch_on(f"C_SignInit={fault}")
        with pytest.raises(ReportedError) as caught:
            await session.call(protocol.SignData(key=b"\1", data=b""))
    for language in Language:
        assert "faulty.so" in caught.value.text(language)


async def test_a_listing_never_says_that_the_token_is_full(bench, worker):
    bench.switch_on("C_GetSlotList=device_memory")
    assert (await fail(worker)).code != "token_full"


async def test_who_waits_for_a_worker_that_is_closed_starts_no_other(bench):
    bench.switch_on("C_GetSlotList=hang")
    inventory = Inventory((bench.settings,), EventBus())
    reading = asyncio.create_task(inventory.refresh())
    while not bench.calls()["C_GetSlotList"]:  # noqa: ASYNC110 - another process counts
        await asyncio.sleep(0.01)
    await inventory.close()
    await reading
    assert inventory.snapshot.problems[0].report.code == "module_crashed"
    assert bench.calls()["C_GetFunctionList"] == 1
