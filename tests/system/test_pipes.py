"""The agent's and its clients' ends of a pipe, on pipes of the tests' own in Windows' place."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest
from played_pipes import ME, STRANGER, PlayedPipes

from agent.system.pipes.bridge import bridge
from agent.system.pipes.listener import PipeListener
from agent.system.pipes.stream import open_pipe, pipe_name

NAME = pipe_name("/run/user/1/odc-agent/control.sock")


def echo(client):
    with client, contextlib.suppress(OSError):
        while data := client.recv(1000):
            client.sendall(data.upper())


@pytest.fixture
def system():
    system = PlayedPipes()
    yield system
    system.dispose()


@pytest.fixture
def listener(system):
    def accepted(client):
        threading.Thread(target=echo, args=(client,), daemon=True).start()

    listener = PipeListener(system, NAME, accepted)
    yield listener
    listener.close()


def received(stream, count):
    data = b""
    while len(data) < count:
        more = stream.recv(1000)
        assert more
        data += more
    return data


def until(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_clients_are_served_one_beside_the_other_and_each_to_its_end(system, listener):
    first, second = open_pipe(system, NAME), open_pipe(system, NAME)
    for stream in (second, first):
        stream.sendall(b"a" * 100_000)
        assert received(stream, 100_000) == b"A" * 100_000
    first.close()
    second.sendall(b"b")
    assert second.recv(10) == b"B"
    second.close()
    until(lambda: len(system.open_ends) == 1)  # the one that waits for the next client
    listener.close()
    assert not system.open_ends


def test_a_client_that_wants_a_socket_gets_one(system, listener):
    with bridge(open_pipe(system, NAME)) as client:
        client.sendall(b"hello")
        assert client.recv(10) == b"HELLO"
    until(lambda: len(system.open_ends) == 1)


@pytest.mark.parametrize("owner", [STRANGER, None])
def test_a_pipe_that_is_not_this_users_is_not_spoken_to(system, listener, owner):
    system.server = owner
    with pytest.raises(OSError, match=r"another user|no such process"):
        open_pipe(system, NAME)
    assert not system.clients & system.open_ends.keys()


def test_another_users_client_is_not_served_and_the_next_one_is(system, listener):
    system.client = STRANGER
    stranger = open_pipe(system, NAME)
    assert stranger.recv(10) == b""
    stranger.close()
    system.client = ME
    mine = open_pipe(system, NAME)
    mine.sendall(b"a")
    assert mine.recv(10) == b"A"
    mine.close()


def test_a_client_that_is_gone_at_once_keeps_nobody_else_out(system, listener):
    system.goes_at_once = True  # of the instance after this one
    for _ in range(2):
        stream = open_pipe(system, NAME)
        stream.sendall(b"a")
        if stream.recv(10) != b"A":
            continue  # that instance
        stream.close()
        return
    pytest.fail("nobody was served")


def test_a_pipe_somebody_has_already_is_not_listened_on(system, listener):
    with pytest.raises(PermissionError):
        PipeListener(system, NAME, echo)


def test_a_reader_is_woken_by_the_end_and_by_its_timeout(system, listener):
    stream = open_pipe(system, NAME)
    read = []
    reader = threading.Thread(target=lambda: read.append(stream.recv(10)))
    reader.start()
    stream.shutdown()
    reader.join(20)
    assert read == [b""]
    with pytest.raises(OSError, match="shut down"):
        stream.sendall(b"more")
    stream.close()
    stream.close()

    slow = open_pipe(system, NAME)
    slow.settimeout(0.01)
    with pytest.raises(TimeoutError):
        slow.recv(10)
    assert slow.recv(10) == b"", "a part may have been lost"
    slow.close()


def test_each_home_and_role_has_a_pipe_of_its_own():
    paths = ["/a/odc-agent/control.sock", "/a/odc-agent/browser.sock", "/b/odc-agent/control.sock"]
    assert len({pipe_name(path) for path in paths}) == 3
    assert all(pipe_name(path).startswith("\\\\.\\pipe\\odc-agent-") for path in paths)
