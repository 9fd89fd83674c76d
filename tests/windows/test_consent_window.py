from __future__ import annotations

import datetime as dt

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from agent.api.views.sites import consent_view
from agent.ground.language import Language
from agent.sites.errors import QuestionNotFoundError
from agent.sites.model import Action, ConsentQuestion

ORIGIN = "https://etax.example.gov.cn"
ID = "0" * 8 + "-0000-4000-8000-" + "0" * 12


def question(action=Action.CERTIFICATES):
    now = dt.datetime.now(dt.UTC)
    asked = ConsentQuestion(
        id=ID, origin=ORIGIN, action=action, asked=now, expires=now + dt.timedelta(seconds=120)
    )
    return consent_view(asked, Language.ZH)


@pytest.fixture
def window(stage, window_of, qtbot):
    stage.answer(consent__get=question(), consent__answer={})
    opened = window_of("consent", stage, ID)
    opened.come_forward()
    qtbot.waitUntil(opened.buttons["once"].isEnabled)
    return opened


def listens(window):
    return window._since.isValid() and window._since.elapsed() > 600


def answers(stage):
    return [answer["decision"] for answer in stage.asked("consent.answer")]


def test_it_says_which_site_asks_and_what_it_will_see(window):
    assert window.origin.text().replace("\u200b", "") == ORIGIN
    assert "请求查看您电子钥匙中的证书" in window.question.text()
    shown = [window.shows.itemAt(n).widget().text() for n in range(window.shows.count())]
    assert any("单位的名称和编号" in line for line in shown)
    assert any("无法获取您的证书密码" in line for line in shown)


def test_it_is_shown_without_taking_the_keyboard(window):
    assert window.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    assert window.buttons["decline"].isDefault()


def test_keys_and_clicks_of_the_first_half_second_are_ignored(window, stage, qtbot):
    window.come_forward()
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Escape):
        qtbot.keyClick(window.buttons["always"], key)
    qtbot.mouseClick(window.buttons["always"], Qt.MouseButton.LeftButton)
    was_early = window._since.elapsed() < 500
    QApplication.processEvents()
    assert was_early, "this machine is too slow to try it"
    assert answers(stage) == []
    assert window.isVisible()


@pytest.mark.parametrize("decision", ["decline", "once", "always", "never"])
def test_each_answer_is_sent_once_and_closes_the_window(window, stage, qtbot, decision):
    qtbot.waitUntil(lambda: listens(window))
    qtbot.mouseClick(window.buttons[decision], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: answers(stage) == [decision])
    assert not window.isVisible()


def test_closing_the_window_declines(window, stage, qtbot):
    window.close()
    qtbot.waitUntil(lambda: answers(stage) == ["decline"])


def test_it_closes_when_nobody_waits_any_more(window, stage, qtbot):
    stage.tell("consent_closed", id=ID)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert answers(stage) == []


def test_a_question_that_is_no_longer_open_shows_nothing(stage, window_of, qtbot):
    stage.answer(consent__get=QuestionNotFoundError())
    window = window_of("consent", stage, ID)
    qtbot.waitUntil(lambda: not window.isVisible())
