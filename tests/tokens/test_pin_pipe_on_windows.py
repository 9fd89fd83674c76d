"""The pipe a PIN goes through on Windows: what the worker is told where it comes, and where it does not."""

from __future__ import annotations

import json

import pytest
from typed_at import Worker

from agent.system.pipes.windows import WindowsSystem
from agent.tokens.errors import PinFormError, PinNotGivenError, PinUnansweredError
from agent.tokens.pin import send_pin
from agent.tokens.pin.framed import StreamClient
from agent.tokens.pin.pipe import open_endpoint
from agent.tokens.pin.transport import MAX_PIN_BYTES, MAX_SECRETS

pytestmark = pytest.mark.windows

ANOTHER = "S-1-5-21-1-1-1-1001"


@pytest.fixture
def worker():
    return Worker()


@pytest.fixture
def client(worker):
    client = StreamClient(lambda: open_endpoint(WindowsSystem(), worker.typed.endpoint, 20))
    client.connect()
    yield client
    client.close()


@pytest.mark.parametrize("pins", [(), (b"135792",), ("密码".encode(), b"x" * MAX_PIN_BYTES)])
def test_what_is_typed_arrives_and_its_outcome_comes_back(worker, client, pins):
    assert client.send([bytearray(pin) for pin in pins])
    assert client.outcome() == b""
    assert worker.ended() is None
    assert worker.typed.take(len(pins)) == pins


@pytest.mark.parametrize("before", [b"", b"\6\0", b"\x06\x00\x00\x00135792"])
def test_who_closes_the_window_has_given_no_pin(worker, client, before):
    if before:
        client._stream.sendall(before)
    client.close()
    assert isinstance(worker.ended(), PinNotGivenError)


@pytest.mark.parametrize(
    "pins", [(b"x" * (MAX_PIN_BYTES + 1),), (b"1", b"2" * 70_000), (b"1",) * (MAX_SECRETS + 1)]
)
def test_what_is_no_pin_is_refused_and_that_is_told(worker, client, pins):
    client.send([bytearray(pin) for pin in pins])
    assert json.loads(client.outcome())["code"] == PinFormError.code
    assert isinstance(worker.ended(), PinFormError)


def test_there_is_one_connection_and_then_no_pipe(worker, client):
    with pytest.raises(OSError, match="WinError"):
        WindowsSystem().open(worker.typed.endpoint)
    assert client.send([bytearray(b"135792")])
    assert client.outcome() == b""
    assert worker.ended() is None
    with pytest.raises(FileNotFoundError):
        WindowsSystem().open(worker.typed.endpoint)


def test_another_users_program_is_not_listened_to(worker, monkeypatch):
    """The call is the real one; that there is another user at the pipe's end is played."""
    asked = []

    def client_sid(_system, handle):
        asked.append(real(WindowsSystem(), handle))
        return ANOTHER

    real = WindowsSystem.client_sid
    monkeypatch.setattr(WindowsSystem, "client_sid", client_sid)
    typed = bytearray(b"135792")
    # The pipe may have taken what was typed by the time the other end hangs up.
    with pytest.raises((PinNotGivenError, PinUnansweredError)):
        send_pin(worker.typed.endpoint, typed)
    assert not any(typed)
    assert isinstance(worker.ended(), PinNotGivenError)
    assert asked == [WindowsSystem().own_sid()]


def test_nothing_is_typed_into_another_users_pipe(worker, monkeypatch):
    monkeypatch.setattr(WindowsSystem, "server_sid", lambda _system, _handle: ANOTHER)
    typed = bytearray(b"135792")
    with pytest.raises(PinNotGivenError):
        send_pin(worker.typed.endpoint, typed)
    assert not any(typed)
    assert isinstance(worker.ended(), PinNotGivenError)
    assert worker.typed.take(0) == ()
