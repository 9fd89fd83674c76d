"""One client's connection: the handshake first, and nothing it sends harms another's."""

from __future__ import annotations

import asyncio
import json

import pytest
from api_desk import HELLO
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent import __version__
from agent.api.connection import MAX_UNDER_WAY
from agent.ground.framing import HEADER, MAX_REQUEST, encode_frame

PARSE_ERROR, INVALID_REQUEST = -32700, -32600
METHOD_NOT_FOUND, INVALID_PARAMS, APPLICATION_ERROR = -32601, -32602, -32000


async def is_refused_and_closed(peer, rpc_code=PARSE_ERROR) -> None:
    """Assert that the agent tells why and hangs up."""
    message = await peer.receive()
    assert message["id"] is None
    assert (message["error"]["code"], message["error"]["data"]["code"]) == (
        rpc_code,
        "invalid_request",
    )
    assert await peer.receive() is None


async def still_serves(desk) -> None:
    other = await desk.control()
    assert (await other.result("test.echo"))["request"] == 2


async def test_hello_is_answered_with_who_is_there(desk):
    peer = await desk.connect()
    welcome = await peer.result("hello", HELLO)
    assert welcome["protocol"] == 1
    assert welcome["version"] == __version__
    assert "agent.status" in welcome["capabilities"]


async def test_anything_before_hello_is_refused_and_closed(desk):
    peer = await desk.connect()
    peer.send("agent.quit")
    await is_refused_and_closed(peer, INVALID_REQUEST)
    assert not desk.quit.is_set()


@pytest.mark.parametrize("protocol", [0, 2, 99])
async def test_another_protocol_is_refused_by_name_and_closed(desk, protocol):
    peer = await desk.connect()
    code = await peer.refusal("hello", {**HELLO, "protocol": protocol})
    assert code == (APPLICATION_ERROR, "protocol_mismatch")
    assert await peer.receive() is None


async def test_who_speaks_another_protocol_learns_the_agents_version(desk):
    peer = await desk.connect()
    answer = await peer.ask("hello", {**HELLO, "protocol": 2})
    assert answer["error"]["data"]["details"] == {"version": __version__, "protocol": 1}


@pytest.mark.parametrize(
    "params", [{}, {"protocol": "1", "client": "x"}, {**HELLO, "role": "tray"}]
)
async def test_a_hello_of_another_form_is_refused_and_closed(desk, params):
    peer = await desk.connect()
    peer.send("hello", params)
    await is_refused_and_closed(peer, INVALID_REQUEST)


@pytest.mark.parametrize("number", [1, 0, -5, 2**53, "text", "证书", ""])
async def test_an_answer_bears_its_requests_id(desk, number):
    peer = await desk.control()
    peer.send("test.echo", number=number)
    answer = await peer.receive()
    assert (answer["id"], answer["result"]) == (number, {"request": number})


async def test_an_unknown_method_is_an_error_and_no_more(desk):
    peer = await desk.control()
    assert await peer.refusal("no.such") == (METHOD_NOT_FOUND, "invalid_request")
    assert await peer.result("test.echo")


@pytest.mark.parametrize("params", [{"extra": 1}, [], [1], "text", 7, True])
async def test_wrong_parameters_are_an_error_and_no_more(desk, params):
    peer = await desk.control()
    assert await peer.refusal("agent.quit", params) == (INVALID_PARAMS, "invalid_request")
    assert not desk.quit.is_set()
    assert await peer.result("test.echo")


MALFORMED = {
    "no JSON": b"hello",
    "nothing": b"",
    "half": b'{"jsonrpc": "2.0"',
    "a list": b"[]",
    "no version": b'{"id": 1, "method": "test.echo"}',
    "another version": b'{"jsonrpc": "1.0", "id": 1, "method": "test.echo"}',
    "no id": b'{"jsonrpc": "2.0", "method": "test.echo"}',
    "null id": b'{"jsonrpc": "2.0", "id": null, "method": "test.echo"}',
    "huge id": b'{"jsonrpc": "2.0", "id": ' + b"9" * 5000 + b', "method": "test.echo"}',
    "method number": b'{"jsonrpc": "2.0", "id": 1, "method": 1}',
    "unknown member": b'{"jsonrpc": "2.0", "id": 1, "method": "test.echo", "role": "tray"}',
    "not UTF-8": b'{"jsonrpc": "2.0", "id": 1, "method": "\xff"}',
}


@pytest.mark.parametrize("kind", MALFORMED)
@pytest.mark.parametrize("greets", [True, False], ids=["after hello", "instead of hello"])
async def test_what_is_no_request_closes_the_connection_with_an_error(desk, kind, greets):
    peer = await (desk.control() if greets else desk.connect())
    peer.send_bytes(encode_frame(MALFORMED[kind]))
    await is_refused_and_closed(peer)
    await still_serves(desk)


async def test_json_that_is_nested_too_deeply_closes_the_connection_with_an_error(desk):
    peer = await desk.control()
    nested = b"[" * 100_000 + b"]" * 100_000
    request = b'{"jsonrpc": "2.0", "id": 1, "method": "test.echo", "params": %b}' % nested
    peer.send_bytes(encode_frame(request))
    await is_refused_and_closed(peer)


BAD_TEXT = b'{"protocol": 1, "client": "\xff\xfe"}'


async def test_a_hello_that_is_not_utf_8_closes_the_connection_with_an_error(desk):
    peer = await desk.connect()
    request = b'{"jsonrpc": "2.0", "id": 1, "method": "hello", "params": %b}' % BAD_TEXT
    peer.send_bytes(encode_frame(request))
    await is_refused_and_closed(peer, INVALID_REQUEST)


async def test_parameters_that_are_not_utf_8_are_the_clients_mistake(desk):
    peer = await desk.control()
    params = b'{"thumbprint": "\xff\xfe"}'
    request = b'{"jsonrpc": "2.0", "id": 9, "method": "renewals.start", "params": %b}' % params
    peer.send_bytes(encode_frame(request))
    assert (await peer.receive())["error"]["code"] == INVALID_PARAMS


@pytest.mark.parametrize("size", [MAX_REQUEST + 1, 2**32 - 1])
async def test_a_frame_too_large_is_refused_by_its_header_and_others_are_served(desk, size):
    other, peer = await desk.control(), await desk.control()
    peer.send_bytes(HEADER.pack(size))
    await is_refused_and_closed(peer, INVALID_REQUEST)
    assert await other.result("test.echo")
    await still_serves(desk)


async def test_a_frame_of_the_largest_size_is_read(desk):
    peer = await desk.control()
    head = b'{"jsonrpc": "2.0", "id": 5, "method": "test.echo", "params": {}'
    peer.send_bytes(encode_frame(head + b" " * (MAX_REQUEST - len(head) - 1) + b"}"))
    assert (await peer.receive())["result"] == {"request": 5}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.integers(1, 400), max_size=12))
async def test_requests_in_any_pieces_are_answered_alike(desk, cuts):
    peer = await desk.control()
    stream = b"".join(
        encode_frame(json.dumps({"jsonrpc": "2.0", "id": n, "method": "test.echo"}).encode())
        for n in range(5)
    )
    for cut in [*cuts, len(stream)]:
        peer.send_bytes(stream[:cut])
        stream = stream[cut:]
        await asyncio.sleep(0)
    answers = [await peer.receive() for _ in range(5)]
    assert [answer["id"] for answer in answers] == [0, 1, 2, 3, 4]
    await peer.close()


async def test_a_slow_method_does_not_hold_up_the_next_request(desk):
    peer = await desk.control()
    slow = peer.send("test.wait")
    assert (await peer.ask("test.echo"))["id"] != slow
    desk.probe.release.set()
    assert await peer.receive() == {"jsonrpc": "2.0", "id": slow, "result": "released"}


async def test_more_requests_at_once_than_a_client_may_have_are_refused_one_by_one(desk):
    peer = await desk.control()
    waiting = [peer.send("test.wait") for _ in range(MAX_UNDER_WAY)]
    assert await peer.refusal("test.echo") == (INVALID_REQUEST, "invalid_request")
    desk.probe.release.set()
    answered = {(await peer.receive())["id"] for _ in waiting}
    assert answered == set(waiting)
    assert await peer.result("test.echo")


async def test_a_mistake_of_ours_is_told_without_its_details_and_the_agent_goes_on(desk, caplog):
    peer = await desk.control()
    answer = await peer.ask("test.fail")
    assert answer["error"]["data"]["code"] == "internal"
    assert "secret" not in json.dumps(answer)
    assert "test.fail" in caplog.text
    assert await peer.result("test.echo")


async def test_a_request_ends_with_its_client(desk):
    peer = await desk.control()
    peer.send("test.wait")
    await desk.probe.started.wait()
    await peer.close()
    await asyncio.wait_for(desk.probe.cancelled.wait(), 10)


async def test_whoever_has_asked_to_know_is_told_that_a_client_has_gone(desk):
    peer = await desk.control()
    await peer.result("test.watch_me")
    await peer.close()
    await asyncio.wait_for(desk.probe.gone.wait(), 10)


async def test_a_client_that_never_reads_is_dropped_and_others_are_served(desk):
    peer = await desk.control()
    await peer.result("test.watch_me")
    for _ in range(30):  # of a megabyte each: more than sockets and the agent keep for it
        peer.send("test.big")
    await asyncio.wait_for(desk.probe.gone.wait(), 20)
    await still_serves(desk)
