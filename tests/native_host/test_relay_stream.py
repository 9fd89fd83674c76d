"""What may come on a native host's stdin, and what may leave on its stdout."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from host_process import ORIGIN, START, fake_agent, host, reply, request, socket_path

from agent import __version__
from agent.ground.framing import HEADER, MAX_REQUEST, encode_frame


def code_of(answer):
    return answer["error"]["data"]["code"]


def test_host_status_is_answered_without_an_agent(environment):
    with host(environment) as relay:
        answer = relay.ask(1, "host.status")
        assert answer["result"] == {
            "host": __version__,
            "agent": None,
            "capabilities": ["host.status", "host.trace"],
        }
        assert relay.end() == (0, b"")


def test_a_missing_agent_is_said_in_both_languages_for_each_request(environment):
    with host(environment) as relay:
        for request_id in (1, "two", 3):
            answer = relay.ask(request_id, "browser.status", origin="https://a.gov.cn")
            assert answer["id"] == request_id
            assert code_of(answer) == "agent_missing"
            data = answer["error"]["data"]
            assert data["message"].isascii()
            assert "证照管家" in data["message_zh"]
            assert data["advice_zh"]
        assert relay.end() == (0, b"")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"{} {}",
        b'{"id":1}',
        b'{"id":1,"method":7}',
        b'{"id":true,"method":"a"}',
        b'{"id":[],"method":"a"}',
        b"\xff\xfe{\x00}\x00",
        '{"id":1,"method":"a"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"id":' + b"9" * 5000 + b',"method":"a"}',
    ],
    ids=lambda payload: repr(payload[:12]),
)
def test_a_malformed_frame_is_answered_and_ends_the_channel(environment, payload):
    with host(environment) as relay:
        relay.send_bytes(encode_frame(payload) + encode_frame(json.dumps({}).encode()))
        answer = relay.receive()
        assert answer["id"] is None
        assert answer["error"]["code"] == -32700
        assert code_of(answer) == "invalid_request"
        assert relay.end() == (1, b"")


def test_an_oversized_header_is_refused_before_its_bytes_come(environment):
    with host(environment) as relay:
        relay.send_bytes(HEADER.pack(MAX_REQUEST + 1))
        assert code_of(relay.receive()) == "request_too_large"
        assert relay.end() == (1, b"")


@pytest.mark.parametrize("length", [1, 3, 4, 10])
def test_a_truncated_stream_ends_with_failure(environment, length):
    frame = encode_frame(json.dumps(request(1, "host.status")).encode())
    with host(environment) as relay:
        relay.send_bytes(frame[:length])
        assert relay.end() == (1, b"")


def test_end_of_input_ends_the_host(environment):
    with host(environment) as relay:
        assert relay.end() == (0, b"")


def test_frames_may_come_in_any_pieces(environment):
    frame = encode_frame(json.dumps(request("证", "host.status")).encode())
    with host(environment) as relay:
        for index in range(len(frame)):
            relay.send_bytes(frame[index : index + 1])
        assert relay.receive()["id"] == "证"


def test_many_requests_in_one_write_are_answered_in_order(environment):
    with host(environment) as relay:
        relay.send(*(request(n, "host.status") for n in range(300)))
        assert [relay.receive()["id"] for _ in range(300)] == list(range(300))
        assert relay.end() == (0, b"")


def test_a_notification_is_not_answered(environment):
    with host(environment) as relay:
        relay.send({"jsonrpc": "2.0", "method": "browser.status"}, request(2, "host.status"))
        assert relay.receive()["id"] == 2


def test_half_a_surrogate_pair_in_an_id_comes_back_as_it_was(environment):
    with host(environment) as relay:
        relay.send_bytes(encode_frame(b'{"id":"\\ud800","method":"host.status"}'))
        assert relay.receive_bytes().startswith(b'{"jsonrpc":"2.0","id":"\\ud800"')


def test_nothing_a_library_or_a_child_prints_reaches_the_browser(environment):
    noise = (
        "import os, subprocess, native_host.relay as r; old = r.Relay._handle; "
        "r.Relay._handle = lambda *a: (print('noise', flush=True), os.write(1, b'noise'), "
        "subprocess.run(['sh', '-c', 'cat; echo noise']), old(*a))"
    )
    with host(environment, before=noise) as relay:
        assert relay.ask(1, "host.status")["id"] == 1
        assert relay.ask(2, "host.status")["id"] == 2
        assert relay.end() == (0, b"")


def test_the_host_starts_without_a_stderr(environment):
    script = f"{START}sys.exit(main())"
    command = ["sh", "-c", 'exec "$0" "$@" 2>&-', sys.executable, "-IS", "-c", script, ORIGIN]
    frame = encode_frame(json.dumps(request(1, "host.status")).encode())
    done = subprocess.run(command, check=True, input=frame, env=environment, stdout=subprocess.PIPE)
    assert json.loads(done.stdout[HEADER.size :])["id"] == 1


COSTLY = ("argparse", "json", "pathlib", "re", "socket", "subprocess", "threading", "typing")


def test_the_relay_imports_only_the_standard_library_and_nothing_costly(environment):
    """Each of those costs about as much as starting the interpreter does."""
    code = (
        f"{START}import native_host.relay; "
        "ours = ('agent', 'native_host', '__main__'); "
        "print([n for n in sys.modules if n.partition('.')[0] not in sys.stdlib_module_names "
        f"and n.partition('.')[0] not in ours or n in {COSTLY}])"
    )
    done = subprocess.run(
        [sys.executable, "-IS", "-c", code],
        check=True,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
    )
    assert done.stdout.strip() == "[]"


def test_another_users_or_an_open_runtime_folder_is_not_trusted(environment):
    folder = socket_path(environment).parent
    with fake_agent(environment, lambda m: [reply(m, {})]), host(environment) as relay:
        folder.chmod(0o755)
        assert code_of(relay.ask(1, "browser.status")) == "agent_missing"
