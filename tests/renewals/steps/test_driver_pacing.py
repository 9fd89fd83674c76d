"""When the driver asks an authority: not at every event, not at once after a start, at once if asked to."""

from __future__ import annotations

import asyncio
from contextlib import closing
from types import SimpleNamespace

import pytest
from driving import driving
from renewal_maker import NOW, new_renewal

from agent.ground.bus import EventBus
from agent.renewals.authorities.authority import AuthorityUnreachableError, Polled
from agent.renewals.authorities.ra_protocol import ApplicationState, ApplicationStatus
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.record import RenewalChanged
from agent.renewals.journal.states import State, Waiting
from agent.renewals.service import RenewalService
from agent.renewals.steps import driver as driver_module
from agent.tokens.inventory import TokensChanged

HOUR = 3600.0


class Authority:
    """Counts how often it is asked, and asks for an hour's pause."""

    def __init__(self):
        self.asked = asyncio.Semaphore(0)
        self.is_away = False

    async def poll(self, credentials):
        self.asked.release()
        if self.is_away:
            raise AuthorityUnreachableError(reason="away")
        reviewing = ApplicationState.REVIEWING
        status = ApplicationStatus(application=credentials.application, state=reviewing, version=1)
        return Polled(status, HOUR)

    async def was_asked(self):
        async with asyncio.timeout(20):
            await self.asked.acquire()

    async def is_left_alone(self):
        """Whether a moment passes, in which a driver that wanted to would have asked."""
        for _ in range(50):
            await asyncio.sleep(0)
        return self.asked.locked()


@pytest.fixture
def journal(tmp_path, vault):
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        yield journal


async def test_a_pause_goes_on_while_the_machine_sleeps(journal, monkeypatch):
    slept = 0.0
    monkeypatch.setattr(driver_module, "since_boot", lambda: slept)
    monkeypatch.setattr(driver_module, "LOOK_SECONDS", 0.01)
    renewal = journal.add(new_renewal(state=State.REVIEWING))
    authority = Authority()
    async with driving(journal, authority) as driver:
        driver.resume(renewal)
        await authority.was_asked()
        slept = HOUR - 1
        await asyncio.sleep(0.1)  # timers that ran meanwhile do not count
        assert await authority.is_left_alone()
        slept = 2 * HOUR
        await authority.was_asked()


async def test_the_pause_an_authority_asks_for_outlives_the_agent(journal):
    renewal = journal.add(new_renewal(state=State.REVIEWING))
    authority = Authority()
    async with driving(journal, authority) as driver:
        driver.resume(renewal)
        await authority.was_asked()  # nothing is known of its wishes yet
    async with driving(journal, authority) as driver:
        driver.resume(journal.get(renewal.id))
        assert await authority.is_left_alone(), "all agents start when their offices open"
        driver.hurry(renewal.id)
        await authority.was_asked()
        driver.hurry(renewal.id)
        assert await authority.is_left_alone(), "it has just been asked"


async def test_after_a_failure_the_usual_pause_is_kept(journal):
    renewal = journal.add(new_renewal(state=State.REVIEWING))
    authority = Authority()
    async with driving(journal, authority) as driver:
        driver.wake(renewal.id)
        await authority.was_asked()
        authority.is_away = True
        driver.wake(renewal.id)
        await authority.was_asked()
        assert await authority.is_left_alone()
    stored = journal.get(renewal.id)
    assert (stored.waiting, stored.usual_pause) == (Waiting.NETWORK, HOUR)


def service_of(journal, authority, bus, *, find=lambda _: None, prepare=lambda _: None):
    """A service whose only authority, and whose tokens, are the test's."""
    return RenewalService(
        journal=journal,
        scans=None,
        inventory=SimpleNamespace(snapshot=SimpleNamespace(find=find)),
        pins=SimpleNamespace(prepare=prepare),
        authorities=SimpleNamespace(
            client=lambda _: SimpleNamespace(enrolment=None, dossier=authority, signed=None),
            issuers=lambda _: (),
            close=lambda: asyncio.sleep(0),
        ),
        remembered=None,
        bus=bus,
        clock=lambda: NOW,
    )


async def test_what_is_plugged_in_concerns_those_alone_who_wait_for_a_token(journal):
    reviewing = journal.add(new_renewal(state=State.REVIEWING))
    signing = journal.add(new_renewal(state=State.SIGNING))
    authority, bus = Authority(), EventBus()
    plugged_in = None
    service = service_of(journal, authority, bus, find=lambda _: plugged_in)
    service.resume()
    await authority.was_asked()
    await authority.is_left_alone()
    assert journal.get(signing.id).waiting is Waiting.TOKEN
    plugged_in = (SimpleNamespace(reference=signing.token), None)
    bus.publish(TokensChanged())
    assert await authority.is_left_alone()
    assert journal.get(signing.id).waiting is Waiting.PIN
    assert journal.get(reviewing.id).waiting is Waiting.REVIEW
    await service._driver.close()


async def test_a_pause_is_of_one_state_alone(journal):
    renewal = new_renewal(state=State.REVIEWING, usual_pause=HOUR)
    assert renewal.moved(State.APPROVED, NOW).usual_pause is None


async def test_nothing_is_kept_of_a_renewal_that_has_ended(journal):
    renewal = journal.add(new_renewal(state=State.REVIEWING))
    authority = Authority()
    async with driving(journal, authority) as driver:
        driver.wake(renewal.id)
        await authority.was_asked()
        journal.save(journal.get(renewal.id).moved(State.FAILED, NOW))
        driver.wake(renewal.id)
        assert await authority.is_left_alone()
        assert not driver._runs


async def test_tokens_that_come_and_go_cost_nothing_for_what_has_ended(journal, vault, monkeypatch):
    """An agency has hundreds of renewals behind it, and each event would decrypt them all."""
    for number in range(5):
        renewal = journal.add(new_renewal(id=f"ended {number}", state=State.REVIEWING))
        journal.save(renewal.moved(State.FAILED, NOW))
    under_way = journal.add(new_renewal(state=State.SIGNING))
    bus, opened = EventBus(), []
    service = service_of(journal, Authority(), bus)
    decrypt = vault.open
    monkeypatch.setattr(
        vault, "open", lambda sealed, context: opened.append(context) or decrypt(sealed, context)
    )
    bus.publish(TokensChanged())
    assert opened == [under_way.id]
    await service._driver.close()


@pytest.mark.parametrize(
    ("state", "changes", "is_made_ready"),
    [
        (State.DRAFTING, {}, True),
        (State.SIGNING, {"waiting": Waiting.PIN}, True),
        (State.ISSUING, {}, True),
        (State.INSTALLING, {"waiting": Waiting.PIN}, True),
        (State.DRAFTING, {"waiting": Waiting.APPLICANT}, False),
        (State.SIGNING, {"waiting": Waiting.TOKEN}, False),
        (State.ISSUING, {"waiting": Waiting.NETWORK}, False),
        (State.ISSUING, {"is_withdrawing": True}, False),
        (State.REVIEWING, {"waiting": Waiting.REVIEW}, False),
        (State.CANCELLED, {}, False),
    ],
)
async def test_a_worker_is_made_ready_where_a_pin_is_asked_for_in_a_moment(
    journal, state, changes, is_made_ready
):
    made_ready, bus = [], EventBus()
    service = service_of(journal, Authority(), bus, prepare=made_ready.append)
    renewal = new_renewal(state=state, **changes)
    bus.publish(RenewalChanged(renewal=renewal))
    assert made_ready == ([renewal.token] if is_made_ready else [])
    await service.close()


async def test_none_is_made_ready_while_a_step_has_its_pin(journal):
    made_ready, bus, ended = [], EventBus(), asyncio.Event()
    service = service_of(journal, Authority(), bus, prepare=made_ready.append)
    renewal = new_renewal(state=State.INSTALLING)
    step = asyncio.create_task(ended.wait())
    service.pin_entry._asked[renewal.id] = SimpleNamespace(task=step)
    bus.publish(RenewalChanged(renewal=renewal))
    assert made_ready == []
    ended.set()
    await step
    bus.publish(RenewalChanged(renewal=renewal))  # one that was abandoned is in nobody's way
    assert made_ready == [renewal.token]
    await service.close()
