"""A worker that is made ready before a PIN is asked for: of use once, gone where nobody comes."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import msgspec
import pytest
from soft_token import PIN, type_pin

from agent.tokens import spare_worker
from agent.tokens.spare_worker import SpareWorker
from agent.tokens.supervisor import pin_session

SECONDS = 60.0


@pytest.fixture
async def spare():
    spare = SpareWorker()
    yield spare
    await spare.close()


async def waiting(spare: SpareWorker):
    """Return the process that waits."""
    assert spare._starting is not None
    return await asyncio.shield(spare._starting)


async def until(is_so) -> None:
    async with asyncio.timeout(SECONDS):
        while not is_so():  # noqa: ASYNC110 - a process sets no event
            await asyncio.sleep(0.02)


async def test_a_session_has_the_one_that_waits_and_the_next_another(tokens, spare):
    reference = await tokens.reference()
    spare.prepare(tokens.settings)
    ready = await waiting(spare)
    async with pin_session(tokens.settings, reference, spare=spare) as session:
        assert session._process is ready
        assert (await type_pin(session, PIN)).agent is None
    assert ready.has_ended
    async with pin_session(tokens.settings, reference, spare=spare) as session:
        assert session._process is not ready


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")
async def test_it_has_loaded_what_speaks_to_tokens_and_no_library_of_a_vendors(tokens, spare):
    spare.prepare(tokens.settings)
    ready = await waiting(spare)

    def mapped() -> str:
        return Path(f"/proc/{ready.pid}/maps").read_text()

    await until(lambda: "/cryptography/" in mapped())
    assert Path(tokens.settings.path).name not in mapped()


async def test_it_is_gone_where_nobody_asks_for_a_pin(tokens, spare, monkeypatch):
    monkeypatch.setattr(spare_worker, "KEPT_SECONDS", 0.1)
    spare.prepare(tokens.settings)
    ready = await waiting(spare)
    await until(lambda: ready.has_ended)


async def test_of_two_wishes_one_process_comes(tokens, spare):
    spare.prepare(tokens.settings)
    ready = await waiting(spare)
    spare.prepare(tokens.settings)
    assert await waiting(spare) is ready


async def test_another_driver_gets_its_own(tokens, spare):
    other = msgspec.structs.replace(tokens.settings, environment={"SOFTHSM2_CONF": "/other"})
    spare.prepare(other)
    ready = await waiting(spare)
    async with pin_session(tokens.settings, await tokens.reference(), spare=spare) as session:
        assert session._process is not ready
    spare.prepare(tokens.settings)
    await until(lambda: ready.has_ended)


async def test_one_that_was_killed_is_replaced(tokens, spare):
    spare.prepare(tokens.settings)
    ready = await waiting(spare)
    await ready.end()
    async with pin_session(tokens.settings, await tokens.reference(), spare=spare) as session:
        assert session._process is not ready
        assert (await type_pin(session, PIN)).agent is None


async def test_who_gives_up_while_it_starts_leaves_none(tokens, spare):
    spare.prepare(tokens.settings)
    assert spare._starting is not None
    starting = spare._starting
    taking = asyncio.create_task(spare.take(tokens.settings))
    await asyncio.sleep(0)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    process = await starting
    await until(lambda: process.has_ended)


async def test_a_process_that_cannot_be_started_is_told_to_who_wants_it(tokens, spare, monkeypatch):
    spare.prepare(msgspec.structs.replace(tokens.settings, environment={"a=b": "nul\0"}))
    await asyncio.sleep(0.1)
    async with pin_session(tokens.settings, await tokens.reference(), spare=spare) as session:
        assert session.offer.endpoint
