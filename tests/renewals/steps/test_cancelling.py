"""A cancellation and a PIN at the same moment: one of them counts, and the token is as the journal says."""

from __future__ import annotations

import asyncio
from contextlib import closing
from types import SimpleNamespace

import pytest
from renewal_maker import NOW, new_renewal

from agent.ground.bus import EventBus
from agent.renewals.ground.errors import WrongStateError
from agent.renewals.journal.journal import Journal, StaleRenewalError
from agent.renewals.journal.keeping import Keeper
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.states import State
from agent.renewals.service import RenewalService


@pytest.fixture
def journal(tmp_path, vault):
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        yield journal


@pytest.fixture
def keeper(tmp_path, vault, journal):
    return Keeper(journal, ScanStore(tmp_path / "scans", vault), EventBus())


@pytest.mark.parametrize("state", [State.SIGNING, State.ISSUING, State.INSTALLING])
def test_what_a_pin_did_takes_no_cancellation_back(keeper, journal, state):
    before = journal.add(new_renewal(state=state))
    keeper.save(before.changed(NOW, is_withdrawing=True))
    with pytest.raises(StaleRenewalError):
        keeper.save_after_pin(before, before.changed(NOW, waiting=None))
    assert journal.get(before.id).is_withdrawing


async def test_a_certificate_that_is_proved_just_then_stays(keeper, journal):
    """The session is over when it is ended, and the certificate is on the token."""
    installing = journal.add(new_renewal(state=State.INSTALLING))

    async def proved_first(renewal_id):
        keeper.save_after_pin(installing, installing.changed(NOW, is_proved=True))

    service = RenewalService(
        journal=journal,
        scans=None,
        inventory=None,
        pins=None,
        authorities=SimpleNamespace(close=lambda: asyncio.sleep(0)),
        remembered=None,
        bus=EventBus(),
        clock=lambda: NOW,
    )
    service.pin_entry.cancel = proved_first
    with pytest.raises(WrongStateError):
        await service.cancel(installing.id)
    stored = journal.get(installing.id)
    assert (stored.state, stored.is_withdrawing) == (State.INSTALLING, False)
