"""The queue: the dossier of an organisation's next renewal is filled in from the one before."""

from __future__ import annotations

import msgspec
import pytest
from actors import pair, put_away, token, tokens
from renew_scenes import answers, dossier, fillable
from test_drawer_windows import plain

from agent.ground.language import Language
from agent.renewals.authorities.ra_protocol import ApplicantField
from agent.renewals.ground.errors import WrongStateError
from sandbox.authority.dossier import sample_applicant

ZH = Language.ZH
SAME = token(*pair(days=-9, number=6), label="ODC-06", number=6)
"""Another token of the organisation whose renewal is under way."""


@pytest.fixture
def queue(stage, window_of, qtbot):
    """The first of an organisation's renewals is being reviewed, the next one has an empty dossier."""
    [begun] = answers("drafting", "APPLICANT")(ZH)["renewals__list"].renewals
    another = token(*pair(days=-20, number=5, organisation="乙公司"), number=5)
    stage.answer(**answers("reviewing", "REVIEW", id="first")(ZH))
    stage.answer(
        tokens__list=tokens(token(*pair()), remembered=[put_away(another), put_away(SAME)]),
        dossiers__get=fillable(ZH),
        dossiers__take_over=dossier(ZH),
        dossiers__remove=dossier(ZH),
        renewals__start=msgspec.structs.replace(
            begun, thumbprint=SAME.certificates[0].thumbprint, token_label="ODC-06"
        ),
    )
    window = window_of("renew", stage)
    qtbot.waitUntil(lambda: window.renewal is not None and window.pages.waiting.next.isVisible())
    return window


def test_during_a_review_the_next_of_the_organisation_is_filled_in_by_itself_to_be_checked(
    queue, stage, qtbot
):
    queue.pages.waiting.next.click()
    qtbot.waitUntil(queue.banner.action.isVisible)
    assert stage.asked("renewals.start") == [{"thumbprint": SAME.certificates[0].thumbprint}]
    page = queue.pages.dossier
    assert plain(queue.banner.text) == "已按“ODC-53”的资料填写,请核对后再提交。"
    assert page.rows[ApplicantField.NAME].text == sample_applicant().name
    assert page.submit.isEnabled()
    assert not page.source.isVisible()
    [taken] = stage.asked("dossiers.take_over")
    assert taken == {"id": page._view["id"], "source": "first"}
    assert not stage.asked("dossiers.submit")


def test_what_was_filled_in_by_itself_is_taken_back(queue, stage, qtbot):
    queue.pages.waiting.next.click()
    qtbot.waitUntil(queue.banner.action.isVisible)
    page = queue.pages.dossier
    scans = [scan["name"] for scan in page._view["scans"]]
    queue.banner.action.click()
    qtbot.waitUntil(page.source.isVisible)
    assert stage.asked("dossiers.write")[-1]["applicant"] == dict.fromkeys(ApplicantField, "")
    assert [given["name"] for given in stage.asked("dossiers.remove")] == scans
    assert not page.rows[ApplicantField.NAME].text
    assert len(stage.asked("dossiers.take_over")) == 1, "it stays as the person wants it"


def test_outside_the_queue_the_person_asks_for_it(stage, window_of, qtbot):
    stage.answer(**answers("drafting", "APPLICANT")(ZH))
    stage.answer(dossiers__get=fillable(ZH), dossiers__take_over=dossier(ZH))
    window = window_of("renew", stage)
    qtbot.waitUntil(lambda: window.renewal is not None and window.pages.dossier.is_ready)
    page = window.pages.dossier
    assert plain(page.source.text()) == "使用“ODC-53”的资料"
    assert not stage.asked("dossiers.take_over")
    page.source.click()
    qtbot.waitUntil(lambda: bool(page.rows[ApplicantField.NAME].text))
    assert not page.source.isVisible()


def test_a_source_that_has_ended_is_told_and_the_dossier_can_be_filled_in(queue, stage, qtbot):
    stage.answer(dossiers__take_over=WrongStateError(state="cancelled"))
    queue.pages.waiting.next.click()
    qtbot.waitUntil(lambda: bool(queue.banner.text))
    assert "cancelled" in queue.banner.text
    qtbot.waitUntil(lambda: queue.pages.dossier.is_ready)
    assert len(stage.asked("dossiers.take_over")) == 1
