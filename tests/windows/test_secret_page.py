"""The page that takes reference value and secret: both or nothing, sent once, and then forgotten."""

from __future__ import annotations

import pytest
from renew_scenes import SCENES, answers, renewal

from agent.ground.language import Language
from agent.renewals.ground.errors import WrongStateError


@pytest.fixture
def page(stage, window_of, qtbot):
    scene = SCENES["renew-secret"]
    stage.answer(**scene.answers(Language.ZH))
    window = window_of("renew", stage)
    qtbot.waitUntil(lambda: scene.is_ready(window), timeout=20_000)
    return window.pages.secret


def test_both_are_sent_and_the_renewal_goes_on(page, stage, qtbot):
    signing = renewal(Language.ZH, "signing", "TOKEN")
    stage.answer(renewals__give_secret=signing)
    qtbot.keyClicks(page.reference, " 7-7 ")
    assert not page.accept.isEnabled()
    qtbot.keyClicks(page.secret, "8d1f c2a4")
    page.accept.click()
    qtbot.waitUntil(lambda: not page.secret.text())
    given = {"id": signing.id, "reference": "7-7", "secret": "8d1f c2a4"}
    assert stage.asked("renewals.give_secret") == [given]
    for field in (page.reference, page.secret):
        field.undo()
        assert field.text() == "", "what was given away can be had back"


@pytest.mark.parametrize(
    ("state", "page"),
    [("signing", "submission"), ("issuing", "question"), ("installing", "installation")],
)
def test_each_pin_has_a_page_that_says_what_it_is_for(stage, window_of, qtbot, state, page):
    """By CMP a token may have to sign each question to the authority."""
    notes = {"submission": "", "question": "每次询问", "installation": "密钥"}
    stage.answer(**answers(state, "PIN")(Language.ZH))
    window = window_of("renew", stage)
    qtbot.waitUntil(lambda: page in vars(window.pages), timeout=20_000)
    shown = getattr(window.pages, page)
    qtbot.waitUntil(shown.panel.field.isVisible, timeout=20_000)
    assert notes[page] in shown.note.text()


def test_what_was_not_taken_stays_and_is_explained(page, stage, qtbot):
    stage.answer(renewals__give_secret=WrongStateError(state="signing"))
    qtbot.keyClicks(page.reference, "7")
    qtbot.keyClicks(page.secret, "secret")
    page.accept.click()
    qtbot.waitUntil(lambda: bool(page.told.text()))
    assert (page.reference.text(), page.secret.text()) == ("7", "secret")
    assert page.accept.isEnabled()
