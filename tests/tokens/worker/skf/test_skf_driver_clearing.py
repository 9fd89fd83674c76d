"""A login ends with what it was for, whatever becomes of library, worker and agent."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

import msgspec
import pytest
from skf_bench import PIN
from skf_desk import SkfDesk

from agent.ground.errors import OdcError
from agent.tokens import protocol
from agent.tokens.errors import ModuleCrashedError, ModuleHangsError
from agent.tokens.pin import send_pin
from agent.tokens.supervisor import PinSession, pin_session

AGENT = """
import asyncio, sys
import msgspec
from agent.tokens.model import ModuleSettings, TokenReference
from agent.tokens.pin import send_pin
from agent.tokens.supervisor import pin_session

async def main():
    settings = msgspec.json.decode(sys.argv[1], type=ModuleSettings)
    token = msgspec.json.decode(sys.argv[2], type=TokenReference)
    async with pin_session(settings, token) as session:
        asyncio.get_running_loop().run_in_executor(
            None, send_pin, session.offer.endpoint, bytearray(sys.stdin.readline().strip().encode())
        )
        await session.logged_in(10)
        print("in", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def until_closed(desk: SkfDesk) -> None:
    async with asyncio.timeout(10):
        while desk.is_open():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def logged_in(desk: SkfDesk):
    async with pin_session(desk.settings, desk.reference) as session:
        await log_in(session)
        assert desk.is_open()
        yield session


async def log_in(session: PinSession) -> None:
    typing = asyncio.create_task(
        asyncio.to_thread(send_pin, session.offer.endpoint, bytearray(PIN.encode()))
    )
    try:
        await session.logged_in(10)
    finally:
        await asyncio.gather(typing, return_exceptions=True)


async def test_a_session_that_ends_well_leaves_nothing_open(desk):
    async with logged_in(desk):
        pass
    assert not desk.is_open()
    assert desk.bench.report().calls["SKF_ClearSecureState"] == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("SKF_ECCSignData=crash", ModuleCrashedError),
        ("SKF_ECCSignData=exit_after", ModuleCrashedError),
        ("SKF_ECCSignData=hang", ModuleHangsError),
    ],
)
async def test_a_library_that_ends_or_hangs_leaves_nothing_open(desk, fault, error):
    signing, _ = desk.pair
    async with logged_in(desk) as session:
        desk.bench.misbehave(fault)
        with pytest.raises(error):
            await session.call(protocol.SignData(key=signing.key, data=b"x"), seconds=1)
    await until_closed(desk)


async def test_a_library_that_crashes_while_it_takes_the_pin_leaves_nothing_open(desk):
    desk.bench.misbehave("SKF_VerifyPIN=crash_after")
    with pytest.raises(OdcError):
        async with logged_in(desk):
            pass
    assert desk.bench.report().calls["SKF_VerifyPIN"] == 1
    await until_closed(desk)


async def test_a_login_that_could_not_be_ended_is_ended_by_who_outlives_it(desk):
    with desk.logged_in():
        pass
    desk.bench.misbehave("SKF_ClearSecureState=0x0A000001!2")  # of each process
    with desk.logged_in():
        assert desk.is_open()
    await until_closed(desk)
    assert desk.bench.report().calls["SKF_ClearSecureState"] == 3


async def test_worker_and_agent_are_killed_and_nothing_stays_open(desk):
    agent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", AGENT,
        msgspec.json.encode(desk.settings).decode(), msgspec.json.encode(desk.reference).decode(),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    agent.stdin.write(f"{PIN}\n".encode())
    assert await agent.stdout.readline() == b"in\n"
    assert desk.is_open()
    agent.kill()
    await agent.wait()
    await until_closed(desk)


async def test_who_outlives_the_worker_is_gone_soon_and_bears_a_polite_end(desk):
    async with logged_in(desk):
        [clearer] = clearers(desk)
        os.kill(clearer, signal.SIGTERM)
        await asyncio.sleep(0.2)
        assert clearers(desk) == [clearer], "who ends all processes politely ends it last"
    async with asyncio.timeout(5):
        while clearers(desk):  # noqa: ASYNC110 - another process ends
            await asyncio.sleep(0.01)


def clearers(desk: SkfDesk) -> list[int]:
    """Return the processes that would clear a login of this desk's library."""
    found = []
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            command = (process / "cmdline").read_bytes() if process.name.isdigit() else b""
            environment = desk.bench.server.address.encode()
            if b"skf.clearer" in command and environment in (process / "environ").read_bytes():
                found.append(int(process.name))
    return found
