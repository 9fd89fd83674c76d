"""The pipe a PIN goes through on Windows: what the worker is told where it comes, and where it does not."""

from __future__ import annotations

import json
import threading

import pytest

from agent.tokens.errors import PinFormError, PinNotGivenError
from agent.tokens.pin.transport import MAX_PIN_BYTES, MAX_SECRETS
from agent.tokens.pin.windows import PipeClient
from agent.tokens.worker.typed_pins import TypedPins

pytestmark = pytest.mark.windows


class Worker:
    """Takes what is typed, as a session does, in a thread; tells that it was taken."""

    def __init__(self):
        self.typed = TypedPins()
        self.error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self.typed.receive()
        except Exception as error:  # noqa: BLE001 - told by ended()
            self.error = error
        else:
            self.typed.answer(None)

    def ended(self):
        self._thread.join(20)
        assert not self._thread.is_alive()
        return self.error


@pytest.fixture
def worker():
    return Worker()


@pytest.fixture
def client(worker):
    client = PipeClient(worker.typed.endpoint, 20)
    client.connect()
    yield client
    client.close()


@pytest.mark.parametrize("pins", [(), (b"135792",), ("密码".encode(), b"x" * MAX_PIN_BYTES)])
def test_what_is_typed_arrives_and_its_outcome_comes_back(worker, client, pins):
    assert client.send([bytearray(pin) for pin in pins])
    assert client.outcome() == b""
    assert worker.ended() is None
    assert worker.typed.take(len(pins)) == pins


@pytest.mark.parametrize("before", [(), (b"135792",)])
def test_who_closes_the_window_has_given_no_pin(worker, client, before):
    for pin in before:
        client._connection.send_bytes(pin)
    client.close()
    assert isinstance(worker.ended(), PinNotGivenError)


@pytest.mark.parametrize(
    "pins", [(b"x" * (MAX_PIN_BYTES + 1),), (b"1", b"2" * 70_000), (b"1",) * (MAX_SECRETS + 1)]
)
def test_what_is_no_pin_is_refused_and_that_is_told(worker, client, pins):
    client.send([bytearray(pin) for pin in pins])
    assert json.loads(client.outcome())["code"] == PinFormError.code
    assert isinstance(worker.ended(), PinFormError)
