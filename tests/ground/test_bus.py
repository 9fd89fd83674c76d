"""Events inside the agent."""

from __future__ import annotations

from agent.ground.bus import Event, EventBus


class Rang(Event, frozen=True, kw_only=True, tag="rang"):
    """An event of this test."""


def test_every_listener_hears_every_event_in_order():
    bus, heard = EventBus(), []
    bus.subscribe(lambda event: heard.append(("first", event)))
    bus.subscribe(lambda event: heard.append(("second", event)))
    bus.publish(Rang())
    assert heard == [("first", Rang()), ("second", Rang())]


def test_a_listener_that_fails_does_not_keep_the_event_from_the_others(caplog):
    bus, heard = EventBus(), []
    bus.subscribe(lambda _event: 1 / 0)
    bus.subscribe(heard.append)
    bus.publish(Rang())
    assert heard == [Rang()]
    assert "Rang" in caplog.text


def test_who_has_unsubscribed_hears_no_more():
    bus, heard = EventBus(), []
    unsubscribe = bus.subscribe(heard.append)
    unsubscribe()
    unsubscribe()
    bus.publish(Rang())
    assert heard == []


def test_who_listens_for_a_block_hears_what_happens_in_it():
    bus, heard = EventBus(), []
    with bus.listening(heard.append):
        bus.publish(Rang())
    bus.publish(Rang())
    assert heard == [Rang()]


def test_a_listener_may_unsubscribe_while_it_is_called():
    bus, heard = EventBus(), []
    ends = []

    def once(event: Event) -> None:
        heard.append(event)
        ends.pop()()

    ends.append(bus.subscribe(once))
    bus.subscribe(heard.append)
    bus.publish(Rang())
    bus.publish(Rang())
    assert len(heard) == 3
