"""One dossier for all of one organisation: what is taken over from where, and what never is."""

from __future__ import annotations

from contextlib import closing
from types import SimpleNamespace

import msgspec
import pytest
from certificate_maker import USCC, make_der, name, utf8_string
from pictures import noise
from renewal_maker import APPLICANT, NOW, new_renewal

from agent.certificates.identity_oids import IDENTITY_OIDS
from agent.ground.bus import EventBus
from agent.renewals.authorities.ra_protocol import (
    ApplicantField,
    DocumentDigest,
    DocumentName,
    Policy,
)
from agent.renewals.drafts.service import DossierService
from agent.renewals.drafts.taking_over import OtherOrganisationError
from agent.renewals.ground.errors import WrongStateError
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.keeping import Keeper
from agent.renewals.journal.record import PrivatePart
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.states import State
from agent.renewals.service import RenewalService

OTHER_USCC = "91440300MA5DA0001J"
USCC_OID = "1.2.156.10260.4.1.4"
FRONT, BACK = DocumentName.ID_CARD_FRONT, DocumentName.ID_CARD_BACK
NAME, ADDRESS = ApplicantField.NAME, ApplicantField.ADDRESS
POLICY = Policy(authority="", required_documents=(FRONT, BACK))


def belongs_to(organisation, uscc=USCC, **private):
    """Return what a renewal of that organisation's certificate is made of."""
    extensions = {USCC_OID: utf8_string(uscc)} if uscc else {}
    der = make_der(subject=name(organisation=organisation), extensions=extensions)
    part = PrivatePart(secret="secret", certificate=der, **private)
    return {"organisation": organisation, "policy": POLICY, "private": part}


class Desk:
    """Renewals in a journal, and the dossiers that belong to them."""

    def __init__(self, folder, vault, journal):
        self.folder, bus = folder / "dossiers", EventBus()
        self.scans = ScanStore(self.folder, vault)
        self.keeper = Keeper(journal, self.scans, bus)
        self.renewals = RenewalService(
            journal=journal, scans=self.scans, inventory=None, remembered=None,
            pins=SimpleNamespace(prepare=lambda _: None), authorities=None, bus=bus, clock=lambda: NOW,
        )  # fmt: skip
        self.dossiers = DossierService(
            renewals=self.renewals, folder=self.folder, profile=folder / "applicant", vault=vault,
            identity_oids=lambda: IDENTITY_OIDS,
        )  # fmt: skip

    def begin(self, organisation="甲公司", uscc=USCC, **changes):
        return self.keeper.add(new_renewal(**belongs_to(organisation, uscc) | changes))

    async def fill_in(self, renewal, *documents):
        self.dossiers.write(renewal.id, {NAME: "欧阳经办", ADDRESS: "样例路1号"})
        for document in documents:
            await self.dossiers.choose(
                renewal.id, document, f"{document}-mine.png", PICTURES[document]
            )
        return renewal

    def source_of(self, renewal):
        source = self.dossiers.source_of(self.renewals.get(renewal.id))
        return source and source.id


PICTURES = {document: noise("PNG") for document in DocumentName}


@pytest.fixture
def desk(tmp_path, vault):
    with closing(Journal(tmp_path / "renewals.sqlite", vault)) as journal:
        yield Desk(tmp_path, vault, journal)


async def test_fields_and_the_scans_that_are_asked_for_are_taken_over_sealed(desk):
    first, second = await desk.fill_in(desk.begin(), *DocumentName), desk.begin()
    assert desk.source_of(second) == first.id
    taken = await desk.dossiers.take_over(second.id, first.id)
    assert (taken.applicant[NAME], taken.applicant[ADDRESS]) == ("欧阳经办", "样例路1号")
    assert {scan: kept.file for scan, kept in taken.draft.scans.items()} == {
        FRONT: "id_card_front-mine.png",
        BACK: "id_card_back-mine.png",
    }
    assert desk.source_of(second) is None, "there is nothing more to be had"
    files = [file.read_bytes() for file in (desk.folder / second.id).iterdir()]
    assert files
    for content in (*PICTURES.values(), "欧阳经办".encode()):
        assert not any(content in file for file in files)
    assert desk.renewals.get(second.id).state is State.DRAFTING, "nothing is submitted"


async def test_what_the_person_gave_already_is_never_replaced(desk):
    first, second = await desk.fill_in(desk.begin(), FRONT), desk.begin()
    desk.dossiers.write(second.id, {NAME: "另一经办"})
    await desk.dossiers.choose(second.id, FRONT, "other.png", PICTURES[BACK])
    taken = await desk.dossiers.take_over(second.id, first.id)
    assert (taken.applicant[NAME], taken.applicant[ADDRESS]) == ("另一经办", "样例路1号")
    assert taken.draft.scans[FRONT].file == "other.png"


async def test_what_was_submitted_is_taken_over_too_and_comes_before_a_draft(desk):
    digest = DocumentDigest(sha256="ab" * 32, size=7, media_type="image/png")
    submitted = belongs_to("甲公司", applicant=APPLICANT, documents={FRONT: digest})
    first = desk.begin(state=State.REVIEWING, **submitted)
    desk.scans.put(first.id, FRONT, PICTURES[FRONT])
    await desk.fill_in(desk.begin())
    second = desk.begin()
    assert desk.source_of(second) == first.id
    taken = await desk.dossiers.take_over(second.id, first.id)
    assert taken.applicant == msgspec.to_builtins(APPLICANT)
    assert {scan: kept.file for scan, kept in taken.draft.scans.items()} == {
        FRONT: "id_card_front.png"
    }


@pytest.mark.parametrize(
    "other",
    [
        {"organisation": "甲公司", "uscc": OTHER_USCC},
        {"organisation": "乙公司", "uscc": None},
        {"authority": "another"},
    ],
    ids=["another code", "another name", "another authority"],
)
async def test_another_organisation_and_another_authority_get_nothing(desk, other):
    first, second = await desk.fill_in(desk.begin(), FRONT), desk.begin(**other)
    assert desk.source_of(second) is None
    with pytest.raises(OtherOrganisationError):
        await desk.dossiers.take_over(second.id, first.id)
    assert not (await desk.dossiers.open(second.id)).draft.scans


@pytest.mark.parametrize(
    "same",
    [{"organisation": "甲公司(曾用名)"}, {"uscc": None}],
    ids=["same code", "same name where a certificate tells no code"],
)
async def test_an_organisation_is_known_by_its_code_else_by_its_name(desk, same):
    first, second = await desk.fill_in(desk.begin()), desk.begin(**same)
    assert desk.source_of(second) == first.id


async def test_of_a_renewal_that_has_ended_nothing_is_taken(desk):
    first, second = await desk.fill_in(desk.begin(), FRONT), desk.begin()
    desk.keeper.save(first.moved(State.CANCELLED, NOW))
    assert desk.source_of(second) is None
    with pytest.raises(WrongStateError):
        await desk.dossiers.take_over(second.id, first.id)
    assert not list(desk.folder.rglob("*.sealed"))


async def test_a_source_that_ends_meanwhile_gives_nothing_more(desk, monkeypatch):
    first, second = await desk.fill_in(desk.begin(), FRONT, BACK), desk.begin()
    choose = desk.dossiers.choose

    async def choose_and_end(*given):
        opened = await choose(*given)
        desk.keeper.save(desk.renewals.get(first.id).moved(State.CANCELLED, NOW))
        return opened

    monkeypatch.setattr(desk.dossiers, "choose", choose_and_end)
    with pytest.raises(WrongStateError):
        await desk.dossiers.take_over(second.id, first.id)
    assert list((await desk.dossiers.open(second.id)).draft.scans) == [FRONT]


async def test_a_dossier_that_is_not_awaited_is_not_filled_in(desk):
    first, second = await desk.fill_in(desk.begin()), desk.begin(state=State.REVIEWING)
    assert desk.source_of(second) is None
    with pytest.raises(WrongStateError):
        await desk.dossiers.take_over(second.id, first.id)
