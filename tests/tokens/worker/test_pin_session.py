"""A session with a PIN: entered once, tried once, and what went wrong is told to both sides."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest
from soft_token import PIN, SPY, Outcome, logged_in, type_pin

from agent.ground.errors import OdcError
from agent.ground.framing import HEADER
from agent.ground.reports import ReportedError
from agent.tokens import protocol
from agent.tokens.errors import PinNotGivenError
from agent.tokens.model import PinState, TokenReference
from agent.tokens.pin import send_pin
from agent.tokens.supervisor import pin_session

WRONG = "000000"


async def pin_state(tokens) -> PinState:
    [token] = (await tokens.content()).tokens
    return token.facts.pin_state


def logins(log: Path) -> int:
    """Return how often C_Login was called, by what the spying module wrote down."""
    return calls_of("C_Login", log)


def calls_of(function: str, log: Path) -> int:
    return log.read_text("utf-8", "replace").count(f": {function}\n")


def connect(session) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(session.offer.endpoint)
    return connection


async def test_the_right_pin_logs_in(tokens):
    async with pin_session(tokens.settings, await tokens.reference()) as session:
        assert session.offer.pin_state is PinState.OK
        assert await type_pin(session, PIN) == Outcome(None, None)


async def test_a_wrong_pin_is_told_to_both_sides(tokens):
    async with pin_session(tokens.settings, await tokens.reference()) as session:
        outcome = await type_pin(session, WRONG)
    for error in (outcome.agent, outcome.typist):
        assert error.code == "pin_incorrect"
        # A number is never made up: PKCS#11 has none.
        assert "does not tell how many tries are left" in error.report().message
        assert "剩余重试次数" in error.report().message_zh


async def test_a_wrong_pin_is_seen_on_the_token_before_the_next_try(tokens):
    reference = await tokens.reference()
    async with pin_session(tokens.settings, reference) as session:
        await type_pin(session, WRONG)
    assert await pin_state(tokens) is PinState.COUNT_LOW
    async with pin_session(tokens.settings, reference) as session:
        assert session.offer.pin_state is PinState.COUNT_LOW
        assert await type_pin(session, PIN) == Outcome(None, None)
    assert await pin_state(tokens) is PinState.OK


@pytest.mark.skipif(not Path(SPY).exists(), reason="needs the package opensc")
async def test_a_wrong_pin_costs_one_try_and_is_not_retried(tokens, tmp_path):
    log = tmp_path / "spy.log"
    reference = await tokens.reference()
    async with pin_session(tokens.spied_on(log), reference) as session:
        outcome = await type_pin(session, WRONG)
        assert outcome.agent.code == "pin_incorrect"
        assert logins(log) == 1
    assert logins(log) == 1


@pytest.mark.skipif(not Path(SPY).exists(), reason="needs the package opensc")
@pytest.mark.parametrize(
    ("pin", "code"),
    [
        (b"", "pin_form"),
        (b"1" * 256, "pin_form"),
        pytest.param(
            "密码".encode("gb18030"),
            "pin_form",
        ),
    ],
    ids=["empty", "too long", "not UTF-8"],
)
async def test_bytes_that_can_be_no_pin_cost_no_try(tokens, tmp_path, pin, code):
    log = tmp_path / "spy.log"
    reference = await tokens.reference()
    async with pin_session(tokens.spied_on(log), reference) as session:
        outcome = await type_pin(session, pin)
    assert outcome.agent.code == code
    assert outcome.typist is not None
    assert logins(log) == 0


@pytest.mark.skipif(not Path(SPY).exists(), reason="needs the package opensc")
async def test_a_session_ends_with_a_logout_also_where_its_work_failed(tokens, tmp_path):
    reference = await tokens.reference()
    for number, work_fails in enumerate((False, True)):
        log = tmp_path / f"{number}.log"
        with contextlib.suppress(ZeroDivisionError):
            async with pin_session(tokens.spied_on(log), reference) as session:
                await type_pin(session, PIN)
                assert calls_of("C_Logout", log) == 0
                assert 1 / (not work_fails)
        assert calls_of("C_Logout", log) == 1


@pytest.mark.skipif(not Path(SPY).exists(), reason="needs the package opensc")
async def test_nobody_is_logged_out_who_did_not_log_in(tokens, tmp_path):
    log = tmp_path / "spy.log"
    async with pin_session(tokens.spied_on(log), await tokens.reference()) as session:
        await type_pin(session, WRONG)
    assert calls_of("C_Logout", log) == 0


async def test_after_the_logout_nothing_is_done(tokens):
    async with logged_in(tokens) as session:
        await session.log_out()
        with pytest.raises(OdcError):
            await session.call(protocol.SignData(key=b"\1", data=b"data"))
        with pytest.raises(OdcError):
            await session.log_in()


async def test_who_typed_what_can_be_no_pin_is_told_why(tokens):
    async with pin_session(tokens.settings, await tokens.reference()) as session:
        # More than a socket holds, so that the worker has certainly answered before all is sent.
        outcome = await type_pin(session, b"1" * 4_000_000)
    assert outcome.agent.code == "pin_form"
    assert outcome.typist.code == "pin_form"


@pytest.mark.parametrize("said", [b"", HEADER.pack(6), HEADER.pack(6) + b"135"])
async def test_who_goes_away_without_a_pin_has_not_given_one(tokens, said):
    async with pin_session(tokens.settings, await tokens.reference()) as session:
        with connect(session) as connection:
            connection.sendall(said)
        with pytest.raises(ReportedError) as caught:
            await session.logged_in(30)
    assert caught.value.code == "pin_not_given"
    assert await pin_state(tokens) is PinState.OK


async def test_a_pin_nobody_enters_is_waited_for_no_longer_than_said(tokens):
    async with pin_session(tokens.settings, await tokens.reference()) as session:
        with pytest.raises(PinNotGivenError):
            await session.logged_in(0.05)


async def test_an_endpoint_takes_one_pin_only(tokens):
    async with logged_in(tokens) as session:
        with pytest.raises(PinNotGivenError):
            await asyncio.to_thread(send_pin, session.offer.endpoint, bytearray(b"135790"))


async def test_a_pin_is_wiped_from_the_buffer_it_was_typed_into(tokens):
    typed = bytearray(PIN.encode())
    async with pin_session(tokens.settings, await tokens.reference()) as session:
        await asyncio.gather(
            session.logged_in(30), asyncio.to_thread(send_pin, session.offer.endpoint, typed)
        )
    assert typed == bytes(len(PIN))


def test_a_pin_is_wiped_when_its_worker_has_gone():
    typed = bytearray(PIN.encode())
    with pytest.raises(PinNotGivenError):
        send_pin("/nowhere/pin.sock", typed)
    assert typed == bytes(len(PIN))


async def test_a_token_that_is_not_plugged_in_is_not_asked_a_pin_for(tokens):
    reference = await tokens.reference()
    other = TokenReference(module=reference.module, serial="0" * 16, label=reference.label)
    with pytest.raises(ReportedError) as caught:
        async with pin_session(tokens.settings, other):
            pytest.fail("a session without its token")
    assert caught.value.code == "token_missing"
    assert reference.label in str(caught.value)


async def test_nothing_is_done_with_a_session_before_its_pin(tokens):
    pair = protocol.GenerateKeyPair(key=b"\1", label="sign", key_types=("ec:secp256r1",))
    async with pin_session(tokens.settings, await tokens.reference()) as session:
        with pytest.raises(OdcError):
            await session.call(pair)
    async with logged_in(tokens) as session:
        found = await session.call(protocol.FindKeyPair(key=b"\1"))
    assert (found.public, found.private) == (False, False)
