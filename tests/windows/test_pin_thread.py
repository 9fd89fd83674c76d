"""The thread that waits for a PIN's outcome leaves Qt's objects to Qt's thread."""

from __future__ import annotations

import gc
import threading

import pytest
from PySide6.QtCore import Qt

from agent.tokens.errors import PinEntryBusyError
from agent.windows import pin_asking
from agent.windows.link import Link
from agent.windows.pin_asking import PinAsking


@pytest.mark.parametrize("refusal", [None, PinEntryBusyError()])
def test_no_garbage_is_collected_in_it_and_afterwards_it_is_again(
    stage, qtbot, monkeypatch, refusal
):
    collects = []

    def send(_endpoint, *_secrets):
        collects.append((threading.current_thread(), gc.isenabled()))
        if refusal:
            raise refusal

    monkeypatch.setattr(pin_asking, "send_pin", send)
    gc.enable()
    link = Link(stage.connect())
    asking = PinAsking(link, "pin.change", {})
    with qtbot.waitSignal(asking.failed if refusal else asking.done):
        asking.send(bytearray(b"123456"))
    qtbot.waitUntil(gc.isenabled)
    [(thread, collected)] = collects
    assert thread is not threading.main_thread()
    assert not collected
    link.close()


def test_it_is_again_once_the_last_of_two_has_ended(stage, qtbot, monkeypatch):
    """The outcome is told before the thread has ended, so that the next entry may begin beside it."""
    may_end = threading.Event()
    monkeypatch.setattr(pin_asking, "send_pin", lambda *_secrets: may_end.wait(20))
    gc.enable()
    link = Link(stage.connect())
    asking = PinAsking(link, "pin.change", {})
    for _ in range(2):
        asking.send(bytearray(b"123456"))
    assert not gc.isenabled()
    may_end.set()
    qtbot.waitUntil(gc.isenabled)
    link.close()


def test_it_is_again_once_the_last_of_any_two_has_ended(stage, qtbot, monkeypatch):
    """A window begins another asking as soon as one is over, or is let go."""
    may_end, collects = [threading.Event(), threading.Event()], []
    turns = iter(may_end)

    def send(_endpoint, *_secrets):
        next(turns).wait(20)
        collects.append(gc.isenabled())

    monkeypatch.setattr(pin_asking, "send_pin", send)
    gc.enable()
    link = Link(stage.connect())
    both = [PinAsking(link, "pin.change", {}) for _ in range(2)]
    for asking in both:
        asking.send(bytearray(b"123456"))
    for turn, asking in zip(may_end, both, strict=True):
        with qtbot.waitSignal(asking.done):
            turn.set()
        qtbot.wait(20)
    assert collects == [False, False]
    qtbot.waitUntil(gc.isenabled)
    link.close()


@pytest.mark.parametrize("refusal", [None, PinEntryBusyError])
def test_an_asking_everybody_has_let_go_of_ends_in_qts_thread(stage, qtbot, monkeypatch, refusal):
    """As one whose PIN is on its way while its certificate is chosen anew."""
    may_end, ends = threading.Event(), []

    def send(_endpoint, *_secrets):
        may_end.wait(20)
        if refusal:
            raise refusal()

    monkeypatch.setattr(pin_asking, "send_pin", send)
    gc.enable()
    link = Link(stage.connect())
    asking = PinAsking(link, "pin.change", {})
    asking.destroyed.connect(
        lambda _: ends.append(threading.current_thread()), Qt.ConnectionType.DirectConnection
    )
    asking.send(bytearray(b"123456"))
    del asking
    may_end.set()
    qtbot.waitUntil(lambda: bool(ends))
    assert ends == [threading.main_thread()]
    qtbot.waitUntil(gc.isenabled)
    link.close()
