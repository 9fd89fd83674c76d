"""A module that fails again and again is started with pauses, in bounds, and named."""

from __future__ import annotations

import pytest
from faulty_bench import GIBIBYTE, check_error, resident_bytes
from soft_token import PIN, type_pin

from agent.errors import OdcError, ReportedError
from agent.language import Language
from agent.tokens import protocol
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


@pytest.mark.xfail(
    strict=True,
    reason="agent/tokens/supervisor.py, ModuleWorker.content: no back-off, each listing starts a process",
)
@pytest.mark.parametrize("fault", ["crash", "general_error"])
async def test_a_module_that_always_fails_is_not_started_at_every_listing(bench, worker, fault):
    bench.switch_on(f"C_Initialize={fault}")
    for _ in range(10):
        check_error(await fail(worker))
    # The first restart is at once: most crashes are one.
    assert bench.calls()["C_GetFunctionList"] <= 4


@pytest.mark.xfail(
    strict=True,
    reason="agent/tokens/worker/__main__.py: no memory limit (RLIMIT_AS) and nothing ends a worker that "
    "has grown",
)
async def test_a_leaking_module_is_kept_in_bounds(bench, worker):
    bench.switch_on("C_GetTokenInfo=leak")
    largest = 0
    for _ in range(12):
        try:
            await worker.content()
        except OdcError as error:
            check_error(error)
        if not worker._process.has_ended:
            largest = max(largest, resident_bytes(worker._process.pid))
    assert largest < GIBIBYTE // 2


@pytest.mark.xfail(
    strict=True,
    reason="agent/tokens/errors.py, TokenError and TokenMissingError: the sentence does not name the "
    "module; while listing, the missing token's name is empty ('The token  is not plugged in.')",
)
@pytest.mark.parametrize("fault", NAMELESS)
async def test_the_sentence_names_the_module(bench, worker, fault):
    bench.switch_on(f"C_GetSlotList={fault}")
    error = await fail(worker)
    assert isinstance(error, ReportedError)
    for language in Language:
        assert "faulty.so" in error.text(language)


@pytest.mark.xfail(
    strict=True, reason="agent/tokens/errors.py, TokenError: the sentence does not name the module"
)
@pytest.mark.parametrize("fault", ["general_error", "device_error", "0x80000001"])
async def test_the_sentence_of_an_operation_names_the_module(bench, reference, fault):
    async with pin_session(bench.settings, reference) as session:
        await type_pin(session, PIN)
        bench.switch_on(f"C_SignInit={fault}")
        with pytest.raises(ReportedError) as caught:
            await session.call(protocol.SignData(id=b"\1", data=b""))
    for language in Language:
        assert "faulty.so" in caught.value.text(language)


@pytest.mark.xfail(
    strict=True,
    reason="agent/tokens/worker/__main__.py, _translated: CKR_DEVICE_MEMORY is 'not enough space' even "
    "where nothing was to be written",
)
async def test_a_listing_never_says_that_the_token_is_full(bench, worker):
    bench.switch_on("C_GetSlotList=device_memory")
    assert (await fail(worker)).code != "token_full"
