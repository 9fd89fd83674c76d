"""A dossier submitted twice at the same moment, with other scans: what is kept is what is signed for."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import threading
from contextlib import closing
from types import SimpleNamespace

import msgspec
import pytest
from invented_people import id_number
from renewal_maker import APPLICANT, NOW, new_renewal

from agent.ground.bus import EventBus
from agent.renewals.authorities.ra_protocol import DocumentDigest, DocumentName, Policy
from agent.renewals.ground.errors import WrongStateError
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.record import PrivatePart
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.states import State
from agent.renewals.service import RenewalService
from agent.system.files import NotSavedError

FRONT, BACK = DocumentName.ID_CARD_FRONT, DocumentName.ID_CARD_BACK
PERSON = msgspec.structs.replace(APPLICANT, id_number=id_number())
POLICY = Policy(authority="样例服务商", required_documents=(FRONT,))


class Slow(ScanStore):
    """Stores a scan when another one is about to be stored, too; after a moment all the same."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self._both = threading.Barrier(2, timeout=1)

    def put(self, *arguments) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            self._both.wait()
        super().put(*arguments)


def digested(scans):
    return {
        name: DocumentDigest(
            sha256=hashlib.sha256(scan).hexdigest(), size=len(scan), media_type="image/png"
        )
        for name, scan in scans.items()
    }


def service_of(journal, scans, monkeypatch):
    """A service whose renewals nobody drives on."""
    service = RenewalService(
        journal=journal, scans=scans, inventory=None, remembered=None,
        pins=SimpleNamespace(prepare=lambda _: None), authorities=None, bus=EventBus(),
        clock=lambda: NOW,
    )  # fmt: skip
    monkeypatch.setattr(service._driver, "wake", lambda _id: None)
    return service


async def test_the_scan_that_is_kept_is_the_one_that_is_signed_for(tmp_path, vault, monkeypatch):
    monkeypatch.setattr("agent.renewals.service.digest_scans", digested)
    scans = Slow(tmp_path / "scans", vault)
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        private = PrivatePart(secret="secret", certificate=b"")
        renewal = journal.add(new_renewal(policy=POLICY, private=private))
        service = service_of(journal, scans, monkeypatch)
        outcomes = await asyncio.gather(
            *(service.submit_dossier(renewal.id, PERSON, {FRONT: scan}) for scan in (b"1", b"2")),
            return_exceptions=True,
        )
        taken = journal.get(renewal.id)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        "Renewal", WrongStateError.__name__
    ]  # fmt: skip
    assert taken.state is State.SIGNING
    kept = scans.get(renewal.id, FRONT)
    assert taken.private.documents[FRONT].sha256 == hashlib.sha256(kept).hexdigest()


class Killed(BaseException):
    """The agent was killed."""


@pytest.mark.parametrize("harm", ["killed", "disk full", "second scan not taken"])
async def test_an_amendment_that_came_half_way_leaves_no_scan_that_is_not_signed_for(
    tmp_path, vault, monkeypatch, harm
):
    """Its scan is kept and its digest is not; what is amended next may be something else."""
    monkeypatch.setattr("agent.renewals.service.digest_scans", digested)
    monkeypatch.setattr("agent.renewals.kept_scans.digest_scans", digested)
    scans = ScanStore(tmp_path / "scans", vault)
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        private = PrivatePart(
            secret="secret", certificate=b"", documents=digested({FRONT: b"1", BACK: b"1"})
        )
        renewal = new_renewal(state=State.REJECTED, policy=POLICY, private=private)
        renewal = journal.add(renewal)
        for name in (FRONT, BACK):
            scans.put(renewal.id, name, b"1")
        service = service_of(journal, scans, monkeypatch)

        def harmed(*arguments):
            if harm == "second scan not taken" and arguments[1] is FRONT:
                return ScanStore.put(scans, *arguments)
            raise Killed if harm == "killed" else NotSavedError(reason="disk full")

        with monkeypatch.context() as harming:
            place = scans if harm == "second scan not taken" else journal
            harming.setattr(place, "put" if place is scans else "save", harmed)
            with pytest.raises((Killed, NotSavedError)):
                await service.submit_dossier(renewal.id, PERSON, {FRONT: b"2", BACK: b"2"})
        await service.submit_dossier(renewal.id, PERSON, {})
        taken = journal.get(renewal.id)
    for name in (FRONT, BACK):
        kept = scans.get(renewal.id, name)
        assert taken.private.documents[name] == digested({name: kept})[name]
