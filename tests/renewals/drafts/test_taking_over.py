"""One dossier for all of one organisation: what is taken over from where, and what never is."""

from __future__ import annotations

import msgspec
import pytest
from dossier_desk import ADDRESS, BACK, FRONT, NAME, PICTURES, belongs_to
from renewal_maker import APPLICANT, NOW

from agent.renewals.authorities.ra_protocol import (
    DocumentDigest,
    DocumentName,
)
from agent.renewals.drafts.taking_over import OtherOrganisationError
from agent.renewals.ground.errors import WrongStateError
from agent.renewals.journal.states import State

OTHER_USCC = "91440300MA5DA0001J"


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
