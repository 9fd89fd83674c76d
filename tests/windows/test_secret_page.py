"""The page that takes reference value and secret: both or nothing, sent once, and then forgotten."""

from __future__ import annotations

import pytest
from renew_scenes import SCENES, renewal

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


def test_what_was_not_taken_stays_and_is_explained(page, stage, qtbot):
    stage.answer(renewals__give_secret=WrongStateError(state="signing"))
    qtbot.keyClicks(page.reference, "7")
    qtbot.keyClicks(page.secret, "secret")
    page.accept.click()
    qtbot.waitUntil(lambda: bool(page.told.text()))
    assert (page.reference.text(), page.secret.text()) == ("7", "secret")
    assert page.accept.isEnabled()
