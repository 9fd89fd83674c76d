"""The window that asks for a PIN on a page's behalf: what it says, what it takes, and what it never does."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QScrollArea
from question_scenes import CONTRACT, token_use

from agent.ground.language import Language
from agent.portal_signing.errors import NotSignedError
from agent.portal_signing.model import ShownItem
from agent.sites.model import Action
from agent.tokens.errors import PinEntryBusyError
from agent.windows import pin_asking

ID = "c0ffee"


@pytest.fixture
def sent(monkeypatch):
    """What is sent to the worker's endpoint, instead of a worker."""
    pins = []
    monkeypatch.setattr(
        pin_asking, "send_pin", lambda _endpoint, *typed: pins.append(bytes(typed[0]))
    )
    monkeypatch.setattr(pin_asking, "decline_pin", pins.append)
    return pins


@pytest.fixture
def opened(stage, window_of, qtbot, sent):
    def open_with(answers, *, is_ready=lambda w: w.panel.field.isVisible()):
        stage.answer(**answers)
        window = window_of("token_use", stage, ID)
        window.come_forward()
        qtbot.waitUntil(lambda: not window.deafness.lasts and is_ready(window))
        return window

    return open_with


def plain(label):
    return re.sub("[\u200b\u2068\u2069]", "", label.text())


def type_pin(window, qtbot, pin="135790"):
    window.panel.field.edit.setText(pin)
    qtbot.mouseClick(window.panel.accept, Qt.MouseButton.LeftButton)


def test_it_says_whose_site_it_is_what_for_with_what_and_until_when(opened):
    window = opened(token_use()(Language.ZH))
    assert plain(window.domain) == "example.gov.cn"
    assert "登录" in window.question.text()
    facts = plain(window.facts)
    for said in ("深圳市样例有限公司", "广东省电子商务认证有限公司", "ODC-USBKEY", "有效期至"):
        assert said in facts
    assert not window.certificate.isVisible()
    assert not window.agree.isVisible()


@pytest.mark.parametrize("of_prompt", [{}, {"tries_left": 10, "tries_most": 10}])
def test_nothing_is_out_of_sight_also_where_the_token_tells_its_tries(opened, qtbot, of_prompt):
    """Also of a page that is not encrypted, which takes a line more."""
    window = opened(token_use(origin="http://localhost:8000", **of_prompt)(Language.ZH))
    [scrolling] = [area.verticalScrollBar() for area in window.findChildren(QScrollArea)][:1]
    qtbot.wait(50)
    assert bool(of_prompt) is window.panel.told.isVisible()
    assert scrolling.maximum() == 0


def test_the_token_is_made_ready_while_the_question_is_read(opened, stage):
    window = opened(token_use()(Language.ZH))
    [asked] = stage.asked("consent.pin")
    assert asked["id"] == ID
    assert window.asked["token_use"]["candidates"][0]["thumbprint"] == asked["thumbprint"]


def test_the_pin_goes_past_the_agent_and_nothing_is_kept(opened, stage, qtbot, sent):
    window = opened(token_use()(Language.ZH))
    type_pin(window, qtbot)
    qtbot.waitUntil(lambda: sent == [b"135790"])
    assert window.panel.field.is_empty
    assert not any("135790" in str(call) for call in stage.calls)
    assert stage.asked("sites.decide") == []
    stage.tell("consent_closed", id=ID)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert stage.asked("consent.answer") == []


def test_that_the_site_may_ask_is_kept_where_it_was_ticked_and_the_pin_never(opened, stage, qtbot):
    window = opened(token_use()(Language.ZH))
    window.always.setChecked(True)
    type_pin(window, qtbot)
    qtbot.waitUntil(lambda: bool(stage.asked("sites.decide")))
    [kept] = stage.asked("sites.decide")
    assert kept == {
        "origin": "https://etax.example.gov.cn", "decision": "always", "actions": ["login"],
    }  # fmt: skip


def test_the_keyboard_is_never_left_at_what_forbids_a_site_for_good(opened, stage, qtbot):
    """Not while the token is made ready, nor while it is at work."""

    def busy(_params):
        raise PinEntryBusyError

    answers = {**token_use()(Language.ZH), "consent__pin": busy}
    window = opened(answers, is_ready=lambda w: w.panel.progress.isVisible())
    assert window.focusWidget() is window.panel.cancel
    stage.answer(**token_use()(Language.ZH))
    qtbot.waitUntil(window.panel.field.isVisible)
    assert window.focusWidget() is window.panel.field.edit
    type_pin(window, qtbot)
    assert window.panel.progress.isVisible()
    assert window.focusWidget() is window.panel.cancel


def test_a_pin_that_nobody_types_leaves_the_keyboard_at_the_button_that_asks_again(opened, qtbot):
    window = opened(token_use()(Language.ZH))
    window.panel.idle.timeout.emit()
    assert window.again.isVisible()
    assert window.focusWidget() is window.again
    qtbot.waitUntil(lambda: not window.deafness._is_too_early(QEvent.Type.KeyPress))
    qtbot.keyClick(window.again, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.focusWidget() is window.panel.field.edit)


def test_closing_declines_and_lets_the_token_go(opened, stage, qtbot, sent):
    window = opened(token_use()(Language.ZH))
    window.close()
    qtbot.waitUntil(lambda: bool(stage.asked("consent.answer")))
    assert stage.asked("consent.answer")[0]["decision"] == "decline"
    qtbot.waitUntil(lambda: len(sent) == 1)


def test_keys_from_elsewhere_leave_nothing_of_a_pin(opened, stage, qtbot):
    window = opened(token_use()(Language.ZH))
    window.panel.field.edit.setText("13")
    window.deafness.begin()
    assert window.panel.field.is_empty
    assert not window.panel.isEnabled()
    assert window.banner.text
    qtbot.keyClicks(window.panel.field.edit, "5790")
    assert window.panel.field.is_empty
    qtbot.waitUntil(window.panel.isEnabled)


def test_what_has_expired_asks_for_no_pin_and_the_site_hears_of_it_where_the_person_lets_it(
    opened, stage, qtbot
):
    window = opened(token_use(days=-961)(Language.ZH), is_ready=lambda w: w.agree.isVisible())
    assert "已过期" in window.problem.text()
    assert not window.panel.isVisible()
    assert stage.asked("consent.pin") == []
    qtbot.mouseClick(window.agree, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(stage.asked("consent.answer")))
    assert stage.asked("consent.answer")[0]["decision"] == "once"


def test_a_token_that_is_pulled_and_plugged_in_is_followed(opened, stage, qtbot):
    there, gone = token_use()(Language.ZH), token_use(days=-1)(Language.ZH)
    window = opened(there)
    stage.answer(consent__get=gone["consent__get"])
    stage.tell("tokens_changed")
    qtbot.waitUntil(lambda: window.agree.isVisible() and not window.panel.isVisible())
    stage.answer(consent__get=there["consent__get"])
    stage.tell("tokens_changed")
    qtbot.waitUntil(window.panel.field.isVisible)
    assert len(stage.asked("consent.pin")) == 2


def test_what_goes_wrong_after_the_pin_is_read_before_the_window_closes(opened, stage, qtbot):
    window = opened(token_use()(Language.ZH))
    type_pin(window, qtbot)
    stage.tell("consent_closed", id=ID, problem=NotSignedError().report())
    qtbot.waitUntil(lambda: bool(window.banner.text))
    assert window.isVisible()
    assert not window.panel.isVisible()
    window.close()
    assert stage.asked("consent.answer") == []


def test_another_certificate_makes_its_own_token_ready(opened, stage, qtbot):
    organisations = ("深圳市样例有限公司", "广州市样例贸易有限公司")
    window = opened(token_use(organisations=organisations)(Language.ZH))
    window.certificate.setCurrentIndex(1)
    qtbot.waitUntil(lambda: len(stage.asked("consent.pin")) == 2)
    first, second = (asked["thumbprint"] for asked in stage.asked("consent.pin"))
    assert first != second
    assert organisations[1] in window.facts.text()


def test_what_is_signed_is_shown_whole_with_what_hides_in_it(opened):
    window = opened(token_use(Action.SIGN, shown=CONTRACT)(Language.ZH))
    [text] = window.items.findChildren(QPlainTextEdit)
    assert text.toPlainText().endswith("‹U+202E›000,1 元")
    assert any("采购合同.pdf" in plain(label) for label in window.items.findChildren(QLabel))
    assert not window.always.isVisible()


@pytest.mark.parametrize("action", [Action.SIGN, Action.DECRYPT])
def test_a_documents_name_hides_nothing_either(opened, action):
    shown = ShownItem(kind="document", name="合同\u202efdp.exe\n\x1b", size=7, sha256="00" * 32)
    window = opened(token_use(action, shown=(shown,))(Language.ZH))
    said = " ".join(plain(label) for label in window.items.findChildren(QLabel))
    assert "合同‹U+202E›fdp.exe" in said
    assert "‹U+001B›" in said
    assert not set("\u202e\x1b") & set(said)


def test_a_hash_is_said_to_be_none_of_a_document_in_red(opened):
    digest = f"SHA-256 {'5e' * 32}"
    shown = (ShownItem(kind="hash", hash=digest),)
    window = opened(token_use(Action.SIGN, shown=shown)(Language.ZH))
    [said] = [label for label in window.items.findChildren(QLabel) if "摘要值" in label.text()]
    assert digest in plain(said)
    assert said.property("kind") == "bad"
    assert not window.always.isVisible()
