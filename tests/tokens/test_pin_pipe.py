"""A PIN through a pipe, on pipes of the tests' own in Windows' place: who may type, and into what."""

from __future__ import annotations

from functools import partial

import pytest
from played_pipes import STRANGER, PlayedPipes
from typed_at import Worker

from agent.ground.reports import ReportedError
from agent.tokens import pin
from agent.tokens.errors import PinFormError, PinNotGivenError, PinUnansweredError
from agent.tokens.pin.pipe import PipeListener, open_endpoint
from agent.tokens.pin.transport import MAX_PIN_BYTES
from agent.tokens.worker import typed_pins


@pytest.fixture
def system(monkeypatch):
    system = PlayedPipes()
    monkeypatch.setattr(typed_pins, "open_listener", lambda: PipeListener(system))
    monkeypatch.setattr(pin, "_open_endpoint", partial(open_endpoint, system))
    yield system
    system.dispose()


@pytest.fixture
def worker(system):
    return Worker()


@pytest.mark.parametrize("pins", [(), (b"135792",), ("密码".encode(), b"x" * MAX_PIN_BYTES)])
def test_what_is_typed_arrives_and_is_wiped_where_it_was(system, worker, pins):
    typed = [bytearray(each) for each in pins]
    pin.send_pin(worker.typed.endpoint, *typed)
    assert worker.ended() is None
    assert worker.typed.take(len(pins)) == pins
    assert not any(map(any, typed))
    assert not system.open_ends


def test_what_is_no_pin_is_refused(worker):
    with pytest.raises(ReportedError) as refused:
        pin.send_pin(worker.typed.endpoint, bytearray(MAX_PIN_BYTES + 1))
    assert refused.value.code == PinFormError.code


def test_who_closes_the_window_has_given_no_pin(system, worker):
    pin.decline_pin(worker.typed.endpoint)
    assert isinstance(worker.ended(), PinNotGivenError)


def test_another_user_is_not_listened_to(system, worker):
    system.client = STRANGER
    with pytest.raises((PinNotGivenError, PinUnansweredError)):
        pin.send_pin(worker.typed.endpoint, bytearray(b"135792"))
    assert isinstance(worker.ended(), PinNotGivenError)
    assert worker.typed.take(0) == ()
    assert not system.open_ends


@pytest.mark.parametrize("owner", [STRANGER, None])
def test_nothing_is_typed_into_a_pipe_of_another_user(system, worker, owner):
    system.server = owner
    typed = bytearray(b"135792")
    with pytest.raises(PinNotGivenError):
        pin.send_pin(worker.typed.endpoint, typed)
    assert not any(typed)
    assert isinstance(worker.ended(), PinNotGivenError)


def test_a_client_that_is_gone_at_once_has_given_no_pin(system, monkeypatch):
    system.goes_at_once = True
    assert isinstance(Worker().ended(), PinNotGivenError)
    assert not system.open_ends
