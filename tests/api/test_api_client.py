"""The blocking client of command line and tray, against the real server and against nonsense."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import threading

import pytest

from agent import __version__
from agent.api import client as api_client
from agent.api.client import AgentSilentError, CallError, Client, ConnectionLostError
from agent.ground.framing import HEADER, MAX_REPLY, encode_frame
from agent.system.runtime import BROWSER_SOCKET, CONTROL_SOCKET, runtime_folder
from agent.system.starting import AgentMissingError, connect
from agent.tokens.inventory import TokensChanged


@pytest.fixture
async def client(desk):
    client = await asyncio.to_thread(lambda: Client(connect(CONTROL_SOCKET, start=False), "test"))
    yield client
    client.close()


async def test_a_client_knows_whom_it_talks_to(client):
    assert client.welcome["version"] == __version__
    assert client.welcome["pid"] == os.getpid()


async def test_a_call_returns_its_result(client):
    status = await asyncio.to_thread(client.call, "agent.status")
    assert status["tokens"] == 0


async def test_a_refusal_is_raised_with_its_report(client):
    with pytest.raises(CallError) as caught:
        await asyncio.to_thread(client.call, "renewals.start", {"thumbprint": "0" * 64})
    assert caught.value.code == "certificate_not_found"
    assert caught.value.report["message_zh"]
    assert await asyncio.to_thread(client.call, "test.echo")


async def test_a_notification_before_an_answer_is_kept_for_whoever_asks(client):
    assert await asyncio.to_thread(client.call, "test.tell") == "answered"
    told = await asyncio.to_thread(client.next_notification)
    assert (told["method"], told["params"]) == ("told", {"before": "the answer"})


async def test_notifications_come_in_their_order_between_calls(client, desk):
    await asyncio.to_thread(client.call, "events.subscribe")
    for _ in range(3):
        desk.bus.publish(TokensChanged())
        await asyncio.to_thread(client.call, "test.tell")
    methods = [(await asyncio.to_thread(client.next_notification))["method"] for _ in range(6)]
    assert methods == ["event", "told"] * 3


async def test_a_post_from_another_thread_does_not_disturb_who_reads(client, desk):
    await asyncio.to_thread(client.call, "events.subscribe")
    reading = asyncio.create_task(asyncio.to_thread(client.next_notification))
    numbers = [await asyncio.to_thread(client.post, "test.echo") for _ in range(5)]
    assert len(set(numbers)) == 5
    desk.bus.publish(TokensChanged())
    assert (await reading)["params"] == {"event": "tokens_changed"}
    assert (await asyncio.to_thread(client.call, "test.echo"))["request"] == numbers[-1] + 1


async def test_a_client_that_waits_is_told_when_the_agent_goes(client, desk):
    waiting = asyncio.create_task(asyncio.to_thread(lambda: list(client.notifications())))
    await desk.server.close()
    with pytest.raises(ConnectionLostError):
        await waiting


async def test_a_call_to_an_agent_that_has_gone_says_so(client, desk):
    await desk.server.close()
    with pytest.raises(ConnectionLostError):
        await asyncio.to_thread(client.call, "agent.status")


def test_an_agent_that_listens_and_says_nothing_is_not_waited_for_for_ever(monkeypatch):
    """As one does whose disk hangs."""
    monkeypatch.setattr(api_client, "HELLO_SECONDS", 0.05)
    ours, theirs = socket.socketpair()
    with theirs, pytest.raises(AgentSilentError, match="it does not answer"):
        Client(ours, "test")
    assert ours.fileno() == -1


async def test_what_comes_after_the_first_answer_may_take_its_time(client):
    assert client._connection.gettimeout() is None


async def test_a_browsers_client_is_a_browsers(desk):
    client = await asyncio.to_thread(lambda: Client(connect(BROWSER_SOCKET, start=False), "host"))
    with client, pytest.raises(CallError) as caught:
        await asyncio.to_thread(client.call, "agent.status")
    assert caught.value.code == "invalid_request"


async def test_without_an_agent_nothing_is_reached_and_nothing_started(runtime):
    with pytest.raises(AgentMissingError):
        connect(CONTROL_SOCKET, start=False)


async def test_a_folder_open_to_others_is_not_trusted_with_a_connection(desk):
    listens = runtime_folder()
    listens.chmod(0o755)
    try:
        for folder in (None, listens):
            with pytest.raises(AgentMissingError):
                await asyncio.to_thread(connect, CONTROL_SOCKET, start=False, folder=folder)
    finally:
        listens.chmod(0o700)


WELCOME = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"version": "9"}}).encode()


@pytest.fixture
def scripted():
    """Give a socket whose other end says what a test tells it to, once it is spoken to."""
    ends = []

    def start(*said: bytes) -> socket.socket:
        ours, theirs = socket.socketpair()
        theirs.settimeout(10)

        def speak() -> None:
            with theirs:
                for each in said:
                    if theirs.recv(65536):
                        theirs.sendall(each)

        thread = threading.Thread(target=speak)
        thread.start()
        ends.append((ours, thread))
        return ours

    yield start
    for ours, thread in ends:
        ours.close()
        thread.join(10)


def test_answers_to_other_requests_are_passed_over(scripted):
    other = encode_frame(b'{"jsonrpc": "2.0", "id": 77, "result": "not yours"}')
    mine = encode_frame(b'{"jsonrpc": "2.0", "id": 2, "result": "yours"}')
    client = Client(scripted(encode_frame(WELCOME), other + mine), "test")
    assert client.call("anything") == "yours"


def test_an_answer_in_single_bytes_is_read():
    ours, theirs = socket.socketpair()

    def speak() -> None:
        with theirs:
            theirs.recv(65536)
            for byte in encode_frame(WELCOME):
                theirs.sendall(bytes([byte]))

    thread = threading.Thread(target=speak)
    thread.start()
    with Client(ours, "test") as client:
        assert client.welcome == {"version": "9"}
    thread.join(10)


def test_a_refusal_of_the_whole_connection_reaches_the_call_under_way(scripted):
    refusal = {
        "code": -32600,
        "message": "no",
        "data": {"code": "invalid_request", "message": "no"},
    }
    frame = encode_frame(json.dumps({"jsonrpc": "2.0", "id": None, "error": refusal}).encode())
    client = Client(scripted(encode_frame(WELCOME), frame), "test")
    with pytest.raises(CallError) as caught:
        client.call("anything")
    assert caught.value.code == "invalid_request"


def test_a_connection_cut_in_the_middle_of_an_answer_is_lost(scripted):
    with pytest.raises(ConnectionLostError):
        Client(scripted(encode_frame(WELCOME)[:-1]), "test")


@pytest.mark.parametrize(
    "nonsense",
    [encode_frame(b"not JSON"), encode_frame(b"[1]"), HEADER.pack(MAX_REPLY + 1)],
    ids=["no JSON", "a list", "too large"],
)
def test_an_agent_that_stopped_speaking_the_protocol_is_lost(scripted, nonsense):
    with pytest.raises(ConnectionLostError):
        Client(scripted(nonsense), "test")


@pytest.mark.parametrize(
    "answers",
    [
        [],
        [b""],
        [encode_frame(b"not JSON")],
        [encode_frame(b'{"jsonrpc": "2.0", "id": 1, "error": {"data": {"code": "busy"}}}')],
    ],
    ids=["gone before", "gone while asked", "nonsense", "refusal"],
)
def test_a_connection_over_which_nobody_says_hello_is_closed(scripted, answers):
    connection = scripted(*answers)
    with pytest.raises((ConnectionLostError, CallError)):
        Client(connection, "test")
    assert connection.fileno() == -1
