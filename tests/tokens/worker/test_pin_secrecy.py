"""Where a PIN must never be found, and what is left of its worker: nothing. Reads Linux's /proc."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest
from processes import is_dumpable, not_root
from soft_token import PIN, logged_in, type_pin

from agent.tokens import protocol
from agent.tokens.supervisor import pin_session
from agent.tokens.worker_process import WorkerProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")


def pid_of(session) -> int:
    return session._process.pid


def proc(pid: int, name: str) -> bytes:
    """Return a file of /proc, empty where it is closed to us, which is better still."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except PermissionError:
        return b""


async def test_the_pin_is_in_no_argument_and_no_environment(tokens):
    async with logged_in(tokens) as session:
        for name in ("cmdline", "environ"):
            assert PIN.encode() not in proc(pid_of(session), name)
        assert b"agent.tokens.worker" in proc(pid_of(session), "cmdline")


async def test_a_worker_that_takes_a_pin_is_not_dumpable(tokens):
    reference = await tokens.reference()
    with not_root():
        listing = await WorkerProcess.start(tokens.settings)
        try:
            await listing.call(protocol.ListTokens())
            # Shows that the question can be answered with yes.
            assert is_dumpable(listing.pid)
            async with pin_session(tokens.settings, reference) as session:
                assert not is_dumpable(pid_of(session))
        finally:
            await listing.end()


async def test_a_worker_that_takes_a_pin_writes_no_core_file(tokens):
    async with pin_session(tokens.settings, await tokens.reference()) as session:
        limits = Path(f"/proc/{pid_of(session)}/limits").read_text().splitlines()
    [core] = [line.split() for line in limits if line.startswith("Max core file size")]
    assert core[4:6] == ["0", "0"]


async def test_the_endpoint_is_this_users_alone(tokens, runtime):
    async with pin_session(tokens.settings, await tokens.reference()) as session:
        endpoint = Path(session.offer.endpoint)
        assert stat.S_ISSOCK(endpoint.stat().st_mode)
        assert stat.S_IMODE(endpoint.parent.stat().st_mode) == 0o700
        assert runtime in endpoint.parents


async def test_two_endpoints_have_names_that_cannot_be_guessed(tokens):
    reference = await tokens.reference()
    async with (
        pin_session(tokens.settings, reference) as one,
        pin_session(tokens.settings, reference) as other,
    ):
        names = {Path(s.offer.endpoint).stem.removeprefix("pin-") for s in (one, other)}
    assert len(names) == 2
    assert all(len(bytes.fromhex(name)) >= 8 for name in names)


async def test_the_endpoint_is_gone_once_the_pin_was_entered(tokens):
    async with logged_in(tokens) as session:
        assert not Path(session.offer.endpoint).exists()


@pytest.mark.parametrize("pin", [PIN, "000000", None], ids=["right", "wrong", "none"])
async def test_worker_and_endpoint_are_gone_with_the_session(tokens, runtime, pin):
    async with pin_session(tokens.settings, await tokens.reference()) as session:
        pid = pid_of(session)
        assert Path(f"/proc/{pid}").exists()
        if pin is not None:
            await type_pin(session, pin)
    assert not Path(f"/proc/{pid}").exists()
    assert not list(runtime.rglob("*.sock"))


async def test_worker_and_endpoint_are_gone_when_the_step_fails(tokens, runtime):
    async def fail() -> None:
        async with logged_in(tokens) as session:
            pids.append(pid_of(session))
            raise LookupError

    pids: list[int] = []
    with pytest.raises(LookupError):
        await fail()
    assert not Path(f"/proc/{pids[0]}").exists()
    assert not list(runtime.rglob("*.sock"))


async def test_no_file_holds_the_pin_afterwards(tokens, runtime, tmp_path):
    async with logged_in(tokens) as session:
        await session.call(
            protocol.GenerateKeyPair(key=b"\1", label="sign", key_types=("ec:secp256r1",))
        )
        during = [*runtime.rglob("*"), *tmp_path.rglob("*")]
        assert not [f for f in during if f.is_file() and PIN.encode() in f.read_bytes()]
