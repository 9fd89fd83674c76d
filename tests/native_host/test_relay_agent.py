"""The relay and an agent that misbehaves. The agent here is a fake, for fault injection only."""

from __future__ import annotations

import json
import statistics
import time

import pytest
from host_process import WELCOME, fake_agent, host, reply, request

from agent import __version__
from agent.api.views.greeting import PROTOCOL_VERSION
from agent.ground.framing import MAX_BROWSER_REPLY, MAX_REPLY
from native_host.link import PROTOCOL


def code_of(answer):
    return answer["error"]["data"]["code"]


def echo(message):
    return [reply(message, message["params"])]


def test_the_relay_speaks_the_protocol_version_of_the_agent():
    assert PROTOCOL == PROTOCOL_VERSION


def test_requests_and_answers_pass_byte_for_byte(environment):
    odd = b'{ "id":1 , "method":"x","params":{"a":1e5,"b":"\\u4e2d\xe4\xb8\xad"},"more":[] }'
    answer = b'{"result" : {"b":"\xe4\xb8\xad", "c":1.0}, "id":1}'
    with fake_agent(environment, lambda _: [answer]) as agent, host(environment) as relay:
        relay.send_bytes(len(odd).to_bytes(4, "little") + odd)
        assert relay.receive_bytes() == answer
        assert agent.requests == [odd]


def test_host_status_names_the_agent_and_its_capabilities(environment):
    with fake_agent(environment, echo), host(environment) as relay:
        assert relay.ask(1, "host.status")["result"] == {
            "host": __version__,
            "agent": "9.9.9",
            "capabilities": ["host.status", "host.trace", "browser.status"],
        }


def test_notifications_of_the_agent_pass(environment):
    change = {"method": "browser.renewal_changed", "params": {"id": "r"}}
    both = lambda m: [*echo(m), json.dumps(change).encode()]  # noqa: E731
    with fake_agent(environment, both), host(environment) as relay:
        assert relay.ask(1, "browser.renew")["id"] == 1
        assert relay.receive() == change


def test_an_agent_that_goes_away_is_said_to_all_who_wait_and_found_again(environment):
    def answer(message):
        if message["method"] == "die":
            return None
        return [] if message["method"] == "wait" else echo(message)

    with fake_agent(environment, answer), host(environment) as relay:
        relay.send(request(1, "wait"), request("b", "wait"), request(3, "die"))
        answers = [relay.receive() for _ in range(4)]
        assert {a["id"] for a in answers[:3]} == {1, "b", 3}
        assert {code_of(a) for a in answers[:3]} == {"agent_lost"}
        assert answers[3]["method"] == "host.agent_lost"
        assert relay.ask(4, "browser.status", a=1)["result"] == {"a": 1}
        assert relay.end() == (0, b"")


def test_end_of_input_with_requests_under_way_ends_the_host_quietly(environment):
    with fake_agent(environment, lambda _: []), host(environment) as relay:
        relay.send(request(1, "wait"))
        assert relay.end() == (0, b"")


@pytest.mark.parametrize("payload", [b"not json", b"[]", b"\xff"])
def test_an_agent_that_sends_rubbish_counts_as_lost(environment, payload):
    with fake_agent(environment, lambda _: [payload]), host(environment) as relay:
        assert code_of(relay.ask(1, "browser.status")) == "agent_lost"


def test_an_answer_just_below_the_browsers_limit_passes(environment):
    frame = len(b'{"jsonrpc": "2.0", "id": 1, "result": ""}')
    text = "x" * (MAX_BROWSER_REPLY - 1 - frame)
    with fake_agent(environment, lambda m: [reply(m, text)]), host(environment) as relay:
        relay.send(request(1, "browser.certificates"))
        assert len(relay.receive_bytes()) == MAX_BROWSER_REPLY - 1


def test_an_answer_too_large_for_a_browser_is_replaced_and_the_channel_lives(environment):
    def answer(message):
        return [reply(message, "x" * MAX_BROWSER_REPLY if message["id"] == 1 else "small")]

    with fake_agent(environment, answer), host(environment) as relay:
        refused = relay.ask(1, "browser.certificates")
        assert (refused["id"], code_of(refused)) == (1, "answer_too_large")
        assert relay.ask(2, "browser.certificates")["result"] == "small"


def test_a_notification_too_large_for_a_browser_is_dropped(environment):
    large = json.dumps({"method": "event", "params": "x" * MAX_BROWSER_REPLY}).encode()
    with fake_agent(environment, lambda m: [large, *echo(m)]), host(environment) as relay:
        assert relay.ask(1, "browser.status")["id"] == 1


def test_an_answer_above_every_limit_ends_the_connection(environment):
    huge = b"x" * (MAX_REPLY + 1)
    with fake_agent(environment, lambda _: [huge]), host(environment) as relay:
        assert code_of(relay.ask(1, "browser.status")) == "agent_lost"


REFUSAL = {"code": -32000, "message": "", "data": {"code": "protocol", "details": {}}}


@pytest.mark.parametrize(
    ("hello", "code"),
    [
        ({"result": {**WELCOME, "protocol": 0}}, "agent_too_old"),
        ({"result": {**WELCOME, "protocol": 2}}, "agent_too_new"),
        ({"error": REFUSAL}, "agent_too_old"),
        (
            {"error": {"code": -32000, "message": "", "data": {"details": {"protocol": 2}}}},
            "agent_too_new",
        ),
    ],
)
def test_an_agent_of_another_version_is_told_apart(environment, hello, code):
    with fake_agent(environment, echo) as agent, host(environment) as relay:
        agent.hello = hello
        assert code_of(relay.ask(1, "browser.status")) == code
        assert relay.ask(2, "host.status")["result"]["agent"] is None


def test_a_thousand_requests_cross_without_a_pause(environment):
    times = []
    with fake_agent(environment, echo), host(environment) as relay:
        relay.ask(0, "browser.status")
        for number in range(1, 1000):
            before = time.perf_counter()
            assert relay.ask(number, "browser.status")["id"] == number
            times.append(time.perf_counter() - before)
    assert statistics.median(times) < 0.005


def test_a_trace_tells_of_each_answer_before_it_and_ends_when_it_is_switched_off(environment):
    with fake_agent(environment, echo), host(environment) as relay:
        assert relay.ask(1, "host.trace", on=True)["result"] == {}
        told = relay.ask(2, "browser.status")
        assert (told["method"], told["params"]["id"]) == ("host.trace", 2)
        assert set(told["params"]) == {"id", "host_ms", "agent_ms"}
        assert relay.receive()["id"] == 2
        relay.ask(3, "host.trace", on=False)
        assert relay.ask(4, "browser.status")["id"] == 4


@pytest.mark.parametrize("params", [None, [], {"on": 1}, {"on": "yes"}, {}])
def test_a_trace_is_switched_on_by_nothing_but_true(environment, params):
    with fake_agent(environment, echo), host(environment) as relay:
        relay.send({"jsonrpc": "2.0", "id": 1, "method": "host.trace", "params": params})
        assert relay.receive()["result"] == {}
        assert relay.ask(2, "browser.status")["id"] == 2
