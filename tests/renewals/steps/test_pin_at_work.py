"""While a step has its PIN, the renewal waits for none, whatever the list of tokens says."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import closing
from types import SimpleNamespace

import msgspec
import pytest
from renewal_maker import new_renewal

from agent.ground.bus import EventBus
from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.record import RenewalChanged
from agent.renewals.journal.states import State, Waiting
from agent.renewals.service import RenewalService
from agent.system.files import NotSavedError
from agent.tokens.errors import PinIncorrectError, TokenMissingError
from agent.tokens.inventory import TokensChanged
from agent.tokens.model import PinState


class Sessions:
    """One session, whose PIN a test sends and whose end it makes."""

    def __init__(self):
        self.ended, self.is_cancelled = asyncio.Event(), asyncio.Event()

    def prepare(self, token):
        pass

    async def ask(self, _wish, _work, done):
        self.done = done
        task = asyncio.create_task(self.ended.wait())
        self.asked = SimpleNamespace(task=task, has_pin=False, cancel=self._cancelled)
        return self.asked

    async def _cancelled(self):
        self.is_cancelled.set()
        await self.ended.wait()

    async def end(self, outcome):
        self.done(outcome)
        self.ended.set()
        await self.asked.task


class Desk:
    """A service, its one renewal and its one token, which a test plugs in and pulls out."""

    def __init__(self, journal, renewal):
        self.journal, self.bus, self.pins, self.told = journal, EventBus(), Sessions(), []
        self.id = journal.add(renewal).id
        self.found = (SimpleNamespace(reference=renewal.token), None)
        self.service = RenewalService(
            journal=journal,
            scans=SimpleNamespace(forget=lambda _: None),
            inventory=SimpleNamespace(snapshot=SimpleNamespace(find=lambda _: self.found)),
            pins=self.pins,
            authorities=SimpleNamespace(
                client=lambda _: SimpleNamespace(enrolment=None, dossier=None, signed=None),
                issuers=lambda _: (),
                close=lambda: asyncio.sleep(0),
            ),
            remembered=None,
            bus=self.bus,
            clock=lambda: renewal.updated + dt.timedelta(seconds=1),
        )
        self.views = []
        self.bus.subscribe(self._hear)

    def _hear(self, event):
        if isinstance(event, RenewalChanged):
            self.told.append(event.renewal.waiting)
            self.views.append(self.service.shown(event.renewal))

    async def lists(self, found):
        self.found = found
        self.bus.publish(TokensChanged())
        for _ in range(50):
            await asyncio.sleep(0)

    @property
    def kept(self):
        return self.journal.get(self.id)

    @property
    def shown(self):
        return self.service.shown(self.kept)


@pytest.fixture(params=[State.SIGNING, State.INSTALLING])
async def desk(request, tmp_path, vault):
    renewal = new_renewal(state=request.param, waiting=Waiting.PIN, policy=Policy(authority="x"))
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        desk = Desk(journal, renewal)
        yield desk
        await desk.service._driver.close()


async def test_a_list_made_during_the_step_says_nothing_of_the_renewal(desk):
    plugged_in = desk.found
    await desk.service.pin_entry.ask(desk.kept)
    assert desk.shown.waiting is Waiting.PIN
    desk.pins.asked.has_pin = True
    before = desk.kept
    for found in (None, plugged_in, None, plugged_in):
        await desk.lists(found)
        assert desk.kept == before
        assert (desk.shown.waiting, desk.shown.error) == (None, None)
    assert desk.told == []
    await desk.pins.end(PinIncorrectError(pin_state=PinState.OK))
    assert (desk.shown.waiting, desk.shown.error.code) == (Waiting.PIN, "pin_incorrect")
    await desk.lists(None)
    assert desk.shown.waiting is Waiting.TOKEN, "the step is over: now the list counts again"


async def test_what_was_pulled_out_during_the_step_is_waited_for(desk):
    await desk.service.pin_entry.ask(desk.kept)
    desk.pins.asked.has_pin = True
    await desk.lists(None)
    await desk.pins.end(TokenMissingError(label="x"))
    await desk.lists(None)
    assert desk.shown.waiting is Waiting.TOKEN


async def test_a_step_that_was_given_up_with_its_window_is_in_nobodys_way(desk):
    await desk.service.pin_entry.ask(desk.kept)
    desk.pins.asked.has_pin = True
    desk.pins.asked.task.cancel()
    await asyncio.sleep(0)
    assert desk.shown.waiting is Waiting.PIN
    await desk.lists(None)
    assert desk.shown.waiting is Waiting.TOKEN


async def test_a_token_of_another_name_is_taken_up_once_the_step_is_over(desk):
    named_anew = msgspec.structs.replace(desk.kept.token, label="另一个名称")
    await desk.service.pin_entry.ask(desk.kept)
    desk.pins.asked.has_pin = True
    await desk.lists((SimpleNamespace(reference=named_anew), None))
    assert desk.told == []
    await desk.pins.end(PinIncorrectError(pin_state=PinState.OK))
    assert desk.kept.token == named_anew


@pytest.mark.parametrize("is_done", [True, False], ids=["the step was done", "it was not"])
async def test_who_entered_a_pin_whose_step_cannot_be_saved_is_told(desk, monkeypatch, is_done):
    """The disk is full: nothing has happened, and whoever waits would wait for ever."""
    stored = desk.kept

    def full(_renewal):
        raise NotSavedError(reason="disk full")

    await desk.service.pin_entry.ask(stored)
    desk.pins.asked.has_pin = True
    monkeypatch.setattr(desk.journal, "save", full)
    done = stored.changed(stored.updated, waiting=None, is_proved=True)
    await desk.pins.end(done if is_done else PinIncorrectError(pin_state=PinState.OK))
    await desk.lists(desk.found)
    [view] = desk.views
    assert (view.state, view.waiting, view.error.code) == (stored.state, Waiting.PIN, "not_saved")
    assert view.updated != stored.updated
    assert desk.shown == view
    monkeypatch.undo()
    await desk.service.pin_entry.ask(stored)
    desk.pins.asked.has_pin = True
    await desk.pins.end(PinIncorrectError(pin_state=PinState.OK))
    assert desk.shown.error.code == "pin_incorrect"


async def test_a_row_that_is_damaged_during_the_step_is_told_of_and_ends_nothing_else(desk):
    lost = []
    desk.journal.on_lost = lost.append
    await desk.service.pin_entry.ask(desk.kept)
    desk.pins.asked.has_pin = True
    desk.journal._database.execute("UPDATE renewal SET private = x'00'")
    await desk.pins.end(PinIncorrectError(pin_state=PinState.OK))
    assert [one.id for one in lost] == [desk.id]


async def test_a_renewal_is_cancelled_though_its_window_closes_while_the_session_ends(desk):
    """A worker takes seconds to end, and with the window goes what it has asked."""
    await desk.service.pin_entry.ask(desk.kept)
    pressed = asyncio.create_task(desk.service.cancel(desk.id))
    await desk.pins.is_cancelled.wait()
    pressed.cancel()
    await asyncio.gather(pressed, return_exceptions=True)
    desk.pins.ended.set()
    await desk.lists(desk.found)
    assert desk.kept.state is State.CANCELLED


async def test_an_agent_that_ends_takes_the_cancellation_along(desk):
    await desk.service.pin_entry.ask(desk.kept)
    pressed = asyncio.create_task(desk.service.cancel(desk.id))
    await desk.pins.is_cancelled.wait()
    pressed.cancel()
    desk.pins.ended.set()  # the sessions are closed first
    closed = desk.journal.close
    desk.journal.close = lambda: None
    await desk.service.close()
    desk.journal.close = closed
    assert desk.kept.is_withdrawing
