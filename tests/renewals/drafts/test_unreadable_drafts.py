"""A dossier whose files cannot be read or written for a moment: it is said, and nothing of it is lost."""

from __future__ import annotations

import errno
import os

import msgspec
import pytest
from dossier_desk import ADDRESS, BACK, FRONT, NAME, PICTURES
from invented_people import id_number
from renewal_maker import APPLICANT

from agent.ground.held_files import FileHeldError
from agent.ground.language import Language
from agent.renewals.authorities.ra_protocol import ApplicantField
from agent.renewals.drafts import store as drafts
from agent.renewals.drafts.store import ScanNotChosenError
from agent.renewals.journal import vault
from agent.renewals.journal.states import State
from agent.renewals.journal.vault import NotReadError
from agent.system import files
from agent.system.files import NotSavedError

PERSON = msgspec.structs.replace(APPLICANT, id_number=id_number())
PASSES = [FileHeldError("draft.sealed"), OSError(errno.EIO, "Input/output error")]
LASTS = OSError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.fixture
def unreadable(monkeypatch):
    """Have nothing be read, for the reason that is given."""

    def refuse(error):
        def read(_file):
            raise error

        monkeypatch.setattr(vault, "read_whole", read)

    return refuse


@pytest.mark.parametrize("error", PASSES, ids=["held", "EIO"])
async def test_what_was_filled_in_is_not_replaced_by_what_is_typed_now(
    desk, unreadable, monkeypatch, error
):
    renewal = await desk.fill_in(desk.begin(), FRONT)
    unreadable(error)
    for change in (
        lambda: desk.dossiers.write(renewal.id, {NAME: "另一人"}),
        lambda: desk.dossiers._keep(renewal.id, FRONT, None),
    ):
        with pytest.raises(NotReadError) as caught:
            change()
        assert "暂时无法读取" in caught.value.text(Language.ZH)
    monkeypatch.undo()
    opened = await desk.dossiers.open(renewal.id)
    assert (opened.applicant[NAME], opened.applicant[ADDRESS]) == ("欧阳经办", "样例路1号")
    assert set(opened.draft.scans) == set(opened.thumbnails) == {FRONT}


@pytest.mark.parametrize("error", PASSES, ids=["held", "EIO"])
async def test_a_scan_that_is_not_read_now_is_none_that_was_not_chosen(
    desk, unreadable, monkeypatch, error
):
    renewal = await desk.fill_in(desk.begin(), FRONT)
    desk.scans.put(renewal.id, BACK, PICTURES[BACK])
    scan = (await desk.dossiers.open(renewal.id)).draft.scans[FRONT]
    unreadable(error)
    for name, chosen in ((FRONT, scan), (BACK, None)):
        with pytest.raises(NotReadError):
            desk.dossiers._content(renewal.id, name, chosen)
    assert desk.source_of(desk.begin()) is None
    monkeypatch.undo()
    assert desk.dossiers._content(renewal.id, FRONT, scan) == PICTURES[FRONT]
    assert desk.dossiers._content(renewal.id, BACK, None) == PICTURES[BACK]


async def test_one_that_never_will_be_is_chosen_again(desk, unreadable):
    renewal = await desk.fill_in(desk.begin(), FRONT)
    scan = (await desk.dossiers.open(renewal.id)).draft.scans[FRONT]
    unreadable(LASTS)
    with pytest.raises(ScanNotChosenError):
        desk.dossiers._content(renewal.id, FRONT, scan)


async def test_what_a_scanner_holds_keeps_nobody_from_going_on(desk, monkeypatch):
    """On Windows nothing is removed that somebody has open."""

    def refuse(file):
        raise FileHeldError(file)

    renewal = await desk.fill_in(desk.begin(), FRONT, BACK)
    monkeypatch.setattr(drafts.held_files, "remove", refuse)
    chosen = await desk.dossiers.choose(renewal.id, FRONT, "new.png", PICTURES[BACK])
    assert chosen.draft.scans[FRONT].file == "new.png"
    removed = await desk.dossiers.remove(renewal.id, FRONT)
    assert set(removed.draft.scans) == {BACK}
    person = {field: getattr(PERSON, field.value) for field in ApplicantField}
    desk.dossiers.write(renewal.id, person)
    await desk.dossiers.choose(renewal.id, FRONT, "new.png", PICTURES[FRONT])
    submitted = await desk.dossiers.submit(renewal.id)
    assert submitted.state is State.SIGNING


@pytest.mark.parametrize("is_converted", [False, True])
@pytest.mark.parametrize("fails_at", range(3))
async def test_a_full_disk_costs_no_file_that_was_chosen_before(
    desk, monkeypatch, fails_at, is_converted
):
    """Nor does it leave another one to be sent than the one that is shown."""
    renewal = await desk.fill_in(desk.begin(), FRONT)
    if is_converted:
        await desk.dossiers.convert(renewal.id, FRONT, page=1, turns=1)
        await desk.dossiers.use(renewal.id, FRONT, is_converted=True)
    before = await desk.dossiers.open(renewal.id)
    sent = desk.sent(renewal, FRONT)
    full_after(monkeypatch, fails_at)
    with pytest.raises(NotSavedError):
        await desk.dossiers.choose(renewal.id, FRONT, "new.png", PICTURES[BACK])
    monkeypatch.undo()
    opened = await desk.dossiers.open(renewal.id)
    assert (opened.draft.scans, opened.thumbnails) == (before.draft.scans, before.thumbnails)
    assert desk.sent(renewal, FRONT) == sent


@pytest.mark.parametrize("fails_at", range(2))
async def test_nor_does_it_have_one_use_half_of_a_conversion(desk, monkeypatch, fails_at):
    renewal = await desk.fill_in(desk.begin(), FRONT)
    await desk.dossiers.convert(renewal.id, FRONT, page=1, turns=1)
    before = await desk.dossiers.open(renewal.id)
    full_after(monkeypatch, fails_at)
    with pytest.raises(NotSavedError):
        await desk.dossiers.use(renewal.id, FRONT, is_converted=True)
    monkeypatch.undo()
    opened = await desk.dossiers.open(renewal.id)
    assert (opened.draft.scans, opened.thumbnails) == (before.draft.scans, before.thumbnails)
    assert desk.sent(renewal, FRONT) == PICTURES[FRONT]


def full_after(monkeypatch, count):
    """Have the disk take so many files more."""
    written, sync = [], os.fsync

    def refuse(descriptor):
        written.append(descriptor)
        if len(written) > count:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    monkeypatch.setattr(files.os, "fsync", refuse)
