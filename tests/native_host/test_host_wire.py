"""The host's side of the wire: what it says itself is what the schema says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from host_process import fake_agent, host, reply, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

import wire

from agent.ground.framing import HEADER, FrameDecoder, FrameError, encode_frame
from native_host import messages


@pytest.mark.parametrize("code", messages.SENTENCES)
def test_each_error_of_the_host_is_what_the_schema_says(code):
    for number in (1, "a", None):
        wire.check("errorAnswer", json.loads(messages.error(number, code, reason="why")))


def test_what_the_host_answers_and_tells_is_what_the_schema_says(environment):
    def answer(message):
        return None if message["method"] == "die" else [reply(message, {})]

    with fake_agent(environment, answer), host(environment) as relay:
        for method in ("host.status", "host.trace"):
            asked = request(1, method, **({"on": True} if method == "host.trace" else {}))
            wire.check("request", asked)
            relay.send(asked)
            wire.check(f"result:{method}", relay.receive()["result"])
        relay.send(request(2, "browser.status"), request(3, "die"))
        said = [relay.receive() for _ in range(4)]
    names = ["notification", "answer", "errorAnswer", "notification"]
    for name, message in zip(names, said, strict=True):
        wire.check(name, message)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(max_size=40), max_size=5), st.binary(max_size=12), st.data())
def test_the_frame_reader_gives_whole_frames_in_whatever_pieces_and_nothing_else(
    frames, tail, data
):
    stream = b"".join(encode_frame(frame) for frame in frames) + tail
    decoder, found, at = FrameDecoder(limit=100), [], 0
    try:
        while at < len(stream):
            size = data.draw(st.integers(1, 30))
            found += decoder.feed(stream[at : at + size])
            at += size
    except FrameError:
        assert HEADER.unpack_from(stream, sum(4 + len(frame) for frame in found))[0] > 100
    assert found[: len(frames)] == frames


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_no_bytes_on_its_stdin_make_the_host_hang_or_say_anything_but_frames(environment, data):
    with host(environment) as relay:
        relay.send_bytes(data)
        code, rest = relay.end()
    assert code in {0, 1}
    for payload in FrameDecoder(limit=2**20).feed(rest):
        wire.check("answer", json.loads(payload))
