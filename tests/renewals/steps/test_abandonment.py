"""What nobody goes on with is withdrawn, and what it held of people is gone."""

from __future__ import annotations

import asyncio
import datetime as dt
from contextlib import closing
from itertools import chain, repeat
from types import SimpleNamespace

import msgspec
import pytest
from certificate_maker import make_x509
from cryptography.hazmat.primitives.serialization import Encoding
from renewal_maker import NOW, PRIVATE, SECOND, new_renewal

from agent.ground.bus import EventBus
from agent.renewals.authorities.authority import AuthorityUnreachableError
from agent.renewals.authorities.ra_protocol import DocumentName
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.record import PrivatePart
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.states import ENDED, State, Waiting
from agent.renewals.service import CLOCK_SETTLES_SECONDS, RenewalService
from agent.renewals.steps.abandonment import RenewalAbandonedError, check_not_abandoned
from agent.renewals.steps.context import Wait
from agent.renewals.steps.steps import advance

LIMIT = dt.timedelta(days=30)
PERSONS = {State.DRAFTING, State.SIGNING, State.REJECTED, State.APPROVED, State.INSTALLING}
OTHERS = set(State) - PERSONS - ENDED


@pytest.mark.parametrize("state", sorted(PERSONS))
def test_a_persons_turn_ends_after_the_limit_and_not_before(state):
    renewal = new_renewal(state=state, created=NOW - 2 * LIMIT, since=NOW - LIMIT)
    check_not_abandoned(renewal, LIMIT, NOW)
    with pytest.raises(RenewalAbandonedError) as caught:
        check_not_abandoned(renewal, LIMIT, NOW + SECOND)
    assert caught.value.values == {"days": 30}


@pytest.mark.parametrize("state", sorted(OTHERS))
def test_an_authority_may_take_its_time(state):
    check_not_abandoned(new_renewal(state=state), LIMIT, NOW + 10 * LIMIT)


def test_an_installed_certificate_that_is_only_to_be_confirmed_is_never_abandoned():
    renewal = new_renewal(state=State.INSTALLING, is_proved=True)
    check_not_abandoned(renewal, LIMIT, NOW + 10 * LIMIT)


def test_the_time_counts_from_the_last_step():
    renewal = new_renewal(state=State.SUBMITTED).moved(State.REJECTED, NOW + 2 * LIMIT)
    check_not_abandoned(renewal, LIMIT, NOW + 3 * LIMIT)


@pytest.fixture
def dated():
    """Give a renewal whose certificate is ten days old, with some dates of its own."""

    def made(**dates):
        days = {"not_before": NOW - dt.timedelta(days=10), "not_after": NOW + LIMIT}
        certificate = make_x509(**days).public_bytes(Encoding.DER)
        private = msgspec.structs.replace(PRIVATE, certificate=certificate)
        return new_renewal(state=State.REJECTED, private=private, **dates)

    return made


def test_what_was_begun_before_its_certificate_was_by_a_wrong_clock(dated):
    """A flat battery has a machine start years ago; the network sets its clock a little later."""
    years_ago = NOW - dt.timedelta(days=3000)
    renewal = dated(created=years_ago, since=years_ago + SECOND, updated=NOW)
    check_not_abandoned(renewal, LIMIT, NOW + LIMIT)
    with pytest.raises(RenewalAbandonedError):
        check_not_abandoned(renewal, LIMIT, NOW + LIMIT + SECOND)


def test_what_nobody_has_touched_since_the_clock_was_set_counts_as_it_is_dated(dated):
    renewal = dated(created=NOW, since=NOW, updated=NOW + LIMIT)
    with pytest.raises(RenewalAbandonedError):
        check_not_abandoned(renewal, LIMIT, NOW + LIMIT + SECOND)


@pytest.mark.parametrize("told", [NOW + LIMIT, AuthorityUnreachableError(reason="away")])
async def test_a_clock_that_is_ahead_abandons_nothing(told):
    class Enrolment:
        async def time(self):
            if isinstance(told, Exception):
                raise told
            return told

    context = SimpleNamespace(
        enrolment=Enrolment(), dossier=None, clock=lambda: NOW + 100 * LIMIT, abandoned_after=LIMIT
    )
    with pytest.raises((Wait, AuthorityUnreachableError)):
        await advance(context, new_renewal(state=State.REJECTED, since=NOW))


class Authority:
    """Cannot be reached at first; takes withdrawals then."""

    def __init__(self):
        self.is_away = True
        self.withdrawn = []

    async def time(self):
        return None

    async def withdraw(self, credentials):
        if self.is_away:
            self.is_away = False
            raise AuthorityUnreachableError(reason="away")
        self.withdrawn.append(credentials.application)


async def test_an_abandoned_dossier_is_withdrawn_at_the_authority_and_deleted_here(
    tmp_path, vault, monkeypatch
):
    times = chain([0.0], repeat(CLOCK_SETTLES_SECONDS))
    monkeypatch.setattr("agent.renewals.service.since_boot", lambda: next(times))
    bus, authority, ended = EventBus(), Authority(), asyncio.Event()
    scans = ScanStore(tmp_path / "scans", vault)
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        left = journal.add(new_renewal(state=State.REJECTED, private=PRIVATE))
        young = journal.add(new_renewal(state=State.REJECTED, since=NOW + LIMIT))
        for renewal in (left, young):
            scans.put(renewal.id, DocumentName.ID_CARD_FRONT, b"a face")
        service = RenewalService(
            journal=journal,
            scans=scans,
            inventory=None,
            pins=SimpleNamespace(prepare=lambda _: None),
            authorities=SimpleNamespace(
                client=lambda _: SimpleNamespace(
                    enrolment=authority, dossier=authority, signed=None
                ),
                issuers=lambda _: (),
            ),
            remembered=None,
            bus=bus,
            clock=lambda: NOW + LIMIT + SECOND,
            abandoned_after=lambda: LIMIT,
        )
        bus.subscribe(lambda event: ended.set() if event.renewal.has_ended else None)
        service.resume()
        async with asyncio.timeout(20):
            await ended.wait()
        gone, kept = journal.get(left.id), journal.get(young.id)
        await service._driver.close()
    assert (gone.state, gone.error.code) == (State.FAILED, "renewal_abandoned")
    assert gone.private == PrivatePart(secret="", certificate=b"")
    assert authority.withdrawn == [left.id]
    assert (kept.state, kept.waiting) == (State.REJECTED, Waiting.APPLICANT)
    assert [folder.name for folder in (tmp_path / "scans").iterdir()] == [young.id]


async def test_a_clock_that_may_not_be_set_yet_makes_no_renewal_an_abandoned_one(tmp_path, vault):
    bus, looked_at = EventBus(), asyncio.Event()
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        renewal = journal.add(new_renewal(state=State.REJECTED, private=PRIVATE))
        service = RenewalService(
            journal=journal,
            scans=ScanStore(tmp_path / "scans", vault),
            inventory=None,
            pins=SimpleNamespace(prepare=lambda _: None),
            authorities=SimpleNamespace(
                client=lambda _: SimpleNamespace(enrolment=None, dossier=Authority(), signed=None),
                issuers=lambda _: (),
            ),
            remembered=None,
            bus=bus,
            clock=lambda: NOW + 1000 * LIMIT,
            abandoned_after=lambda: LIMIT,
        )
        waits = Waiting.APPLICANT
        bus.subscribe(lambda event: looked_at.set() if event.renewal.waiting is waits else None)
        service.resume()
        async with asyncio.timeout(20):
            await looked_at.wait()
        await service._driver.close()
        assert journal.get(renewal.id).private == PRIVATE
