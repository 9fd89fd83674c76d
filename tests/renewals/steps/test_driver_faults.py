"""What the driver makes of what goes wrong beside the authority's answers."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing

import msgspec
import pytest
from driving import driving
from renewal_maker import PRIVATE, new_renewal

from agent.ground.held_files import FileHeldError
from agent.renewals.authorities.authority import Polled
from agent.renewals.authorities.ra_protocol import (
    ApplicationState,
    ApplicationStatus,
    DocumentName,
)
from agent.renewals.journal import vault as vault_module
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.states import State, Waiting

FRONT = DocumentName.ID_CARD_FRONT


class Authority:
    """Fails as it is told to."""

    def __init__(self, error):
        self.asked = 0
        self._error = error

    async def poll(self, _credentials):
        self.asked += 1
        raise self._error


@pytest.fixture
def file(tmp_path):
    return tmp_path / "renewals.sqlite"


@pytest.fixture
def journal(file, vault):
    with closing(Journal(file, vault)) as journal:
        yield journal


async def until(ask):
    async with asyncio.timeout(20):
        while not ask():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("error", [OSError(13, "Permission denied"), TimeoutError(), EOFError()])
async def test_what_a_step_meets_is_said_and_is_no_full_disk(journal, error, caplog):
    renewal = journal.add(new_renewal(state=State.REVIEWING))
    async with driving(journal, Authority(error)) as driver:
        driver.wake(renewal.id)
        await until(lambda: journal.get(renewal.id).error)
    stored = journal.get(renewal.id)
    assert stored.waiting is Waiting.NETWORK
    assert stored.error.details["reason"] == type(error).__name__
    assert "not saved" not in caplog.text


class Submission:
    """An authority that has all of a dossier but one scan."""

    def __init__(self):
        self.came = []

    async def submit(self, _credentials, _version, _manifest):
        return self._status(ApplicationState.OPEN, FRONT)

    async def upload(self, _credentials, _name, content, _media_type):
        self.came.append(content)

    async def complete(self, _credentials):
        return self._status(ApplicationState.REVIEWING)

    async def poll(self, _credentials):
        return Polled(self._status(ApplicationState.REVIEWING), 60.0)

    def _status(self, state, *missing):
        return ApplicationStatus(application="a", state=state, version=1, missing_documents=missing)


@pytest.mark.parametrize(
    "error",
    [FileHeldError("front.sealed"), OSError(5, "Input/output error"), OSError(116, "Stale file")],
    ids=["held", "EIO", "ESTALE"],
)
async def test_a_scan_that_cannot_be_read_for_a_moment_ends_no_renewal(
    journal, tmp_path, vault, monkeypatch, error
):
    """A backup or a scanner has it open, or its share is away."""

    def refuse(_file):
        raise error

    renewal = journal.add(new_renewal(state=State.SUBMITTED))
    scans, authority = ScanStore(tmp_path / "dossiers", vault), Submission()
    scans.put(renewal.id, FRONT, b"front")
    monkeypatch.setattr(vault_module, "read_whole", refuse)
    async with driving(journal, authority, scans) as driver:
        driver.wake(renewal.id)
        await until(lambda: journal.get(renewal.id).error or journal.get(renewal.id).has_ended)
        stored = journal.get(renewal.id)
        assert (stored.state, stored.waiting) == (State.SUBMITTED, Waiting.NETWORK)
        assert stored.error.code == "not_read"
        monkeypatch.undo()
        driver.wake(renewal.id)
        await until(lambda: journal.get(renewal.id).state is State.REVIEWING)
    assert authority.came == [b"front"]
    assert journal.get(renewal.id).error is None


async def test_a_renewal_that_was_damaged_while_it_waited_is_let_go(journal, file, caplog):
    renewal = journal.add(new_renewal(state=State.REVIEWING))
    authority, lost = Authority(EOFError()), []
    journal.on_lost = lost.append
    async with driving(journal, authority) as driver:
        for times in (1, 2):  # also when it is woken again
            with closing(sqlite3.connect(file)) as other, other:
                other.execute("UPDATE renewal SET private = x'00'")
            driver.wake(renewal.id)
            await until(lambda n=times: caplog.text.count("cannot be decrypted") == n)
    assert authority.asked == 0
    assert [one.id for one in lost] == [renewal.id], "it is told, once"


async def test_what_an_authority_asks_for_beyond_its_policy_is_named(journal, tmp_path, vault):
    private = msgspec.structs.replace(PRIVATE, documents={})
    renewal = journal.add(new_renewal(state=State.SUBMITTED, private=private))
    scans, authority = ScanStore(tmp_path / "dossiers", vault), Submission()
    async with driving(journal, authority, scans) as driver:
        driver.wake(renewal.id)
        await until(lambda: journal.get(renewal.id).error)
    error = journal.get(renewal.id).error
    assert error.code == "authority_unreachable"
    assert FRONT.value in error.details["reason"]
