"""How the pages of the renew window look, in states no desk is brought to quickly."""

from __future__ import annotations

import asyncio

import pytest
from renew_scenes import OF_CMP, SCENES, SMALL_SCREEN, answers, renewal

from agent.ground.language import Language
from agent.renewals.course import Step
from agent.windows.renew.plan import Page

ZH = Language.ZH


@pytest.fixture
def opened(stage, window_of, qtbot):
    def open_scene(name):
        scene = SCENES[name]
        stage.answer(**scene.answers(ZH))
        window = window_of("renew", stage)
        qtbot.waitUntil(lambda: scene.is_ready(window), timeout=20_000)
        return window

    return open_scene


def test_the_time_line_has_no_step_that_the_authority_has_not(opened):
    line = opened("renew-secret").time_line
    assert [step for step in Step if line._signs[step].isVisible()] == list(OF_CMP)
    assert [step for step in Step if line._labels[step].isVisible()] == list(OF_CMP)
    assert "进行中" in line.text(Step.SUBMISSION)


def test_nothing_is_drawn_while_the_steps_are_not_known(stage, window_of, qtbot):
    stage.answer(**answers("drafting", "NETWORK", steps=())(ZH))
    window = window_of("renew", stage)
    qtbot.waitUntil(lambda: window.renewal is not None)
    assert not window.time_line.isVisible()
    assert window.pages.waiting.isVisible()


def test_the_sentence_about_a_code_names_the_telephone_once_it_was_sent(opened, stage, qtbot):
    window = opened("renew-sms")
    sms = window.pages.sms
    assert "请输入发送至" not in sms.about.text()
    stage.answer(renewals__send_sms=renewal(ZH, "approved", "SMS_CODE"))
    sms.send.click()
    qtbot.waitUntil(lambda: "请输入发送至" in sms.about.text())
    assert sms.told.text() == "", "it is said once"
    sms._countdown.begin(0.0, 0.0)
    sms._say()
    sms.send.click()
    qtbot.waitUntil(lambda: "已重新发送" in sms.told.text())


def test_the_window_grows_for_the_dossier_and_stays_on_the_screen(stage, window_of, qtbot):
    stage.answer(**answers("drafting", "NETWORK")(ZH))
    window = window_of("renew", stage)
    qtbot.waitUntil(lambda: window.renewal is not None)
    before = window.height()
    window.move(3000, 3000)
    window.follow({**window.renewal, "waiting": "APPLICANT", "revision": 1})
    qtbot.waitUntil(lambda: window.pages.dossier.is_ready)
    room = window.screen().availableGeometry()
    assert window.height() > before
    assert room.contains(window.frameGeometry())


def test_an_address_has_a_row_for_itself(opened):
    window = opened("renew-dossier")
    window.resize(900, 980)
    rows = {field.value: row for field, row in window.pages.dossier.rows.items()}
    tops = [rows[name].y() for name in ("id_number", "name", "address", "phone", "email")]
    assert tops[0] == tops[1] < tops[2] < tops[3] == tops[4]
    assert rows["address"].width() > 1.9 * rows["phone"].width()


@pytest.mark.parametrize("size", [(900, 700), SMALL_SCREEN])
def test_the_letter_and_the_way_on_are_in_sight_wherever_a_long_dossier_is_scrolled_to(
    opened, qtbot, size
):
    window = opened("renew-dossier")
    window.resize(*size)
    page = window.pages.dossier
    for row in page.rows.values():
        row.edit.setFocus()
        for button in (page.letter, page.submit):
            assert button.visibleRegion().boundingRect() == button.rect()


def test_an_empty_dossier_is_not_submitted_while_it_is_read(stage, window_of, qtbot):
    stage.answer(**answers("drafting", "APPLICANT")(ZH))
    stage.answer(dossiers__get=lambda _: asyncio.sleep(3600))
    window = window_of("renew", stage)
    qtbot.waitUntil(lambda: bool(stage.asked("dossiers.get")))
    assert window.pages.dossier.submit.isVisible()
    assert not window.pages.dossier.submit.isEnabled()


def test_after_the_installation_it_is_said_that_the_token_may_go(opened, qtbot):
    window = opened("renew-installed")
    SCENES["renew-installed"].prepare(window)
    assert window.pages.end.unplug.text() == "现在可以拔出电子钥匙。"
    failed = {**window.renewal, "state": "failed", "text": "失败", "advice_text": ""}
    window.pages.update(Page.END, failed)
    assert not window.pages.end.unplug.isVisible()
