"""A window tells the agent what a person looks at in it, so that no notice says the same."""

from __future__ import annotations

import pytest
from actors import pair, token, tokens
from PySide6.QtWidgets import QWidget
from renew_scenes import answers, drawer

from agent.ground.language import Language

ZH = Language.ZH


@pytest.fixture
def renew(stage, window_of, qtbot):
    stage.answer(**answers("signing", "TOKEN")(ZH) | {"tokens__list": drawer(ZH)})
    window = window_of("renew", stage)
    qtbot.waitUntil(lambda: window.renewal is not None)
    return window


def told(stage):
    return [params["subject"] for params in stage.asked("windows.in_front")]


def test_it_tells_what_it_shows_and_that_it_is_looked_at_no_more(renew, stage, qtbot):
    window, elsewhere = renew, QWidget()
    qtbot.addWidget(elsewhere)
    window.come_forward()
    thumbprint = window.renewal["thumbprint"]
    qtbot.waitUntil(lambda: told(stage)[-1:] == [thumbprint])
    elsewhere.show()
    elsewhere.activateWindow()
    qtbot.waitUntil(lambda: told(stage)[-1:] == [""])
    window.come_forward()
    qtbot.waitUntil(lambda: told(stage)[-1:] == [thumbprint])
    window.back.click()
    qtbot.waitUntil(lambda: told(stage)[-1:] == [""])


def test_what_has_not_changed_is_not_said_again(renew, stage, qtbot):
    renew.come_forward()
    qtbot.waitUntil(lambda: bool(told(stage)))
    stage.answer(tokens__list=tokens(token(*pair())))
    stage.tell("tokens_changed")
    qtbot.waitUntil(lambda: len(stage.asked("tokens.list")) > 1)
    before = told(stage)
    renew.follow(dict(renew.renewal))
    renew.come_forward()
    assert told(stage) == before
