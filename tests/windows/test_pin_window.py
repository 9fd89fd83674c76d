from __future__ import annotations

import pytest
from actors import prompt, token, tokens
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLineEdit

from agent.tokens.errors import PinFinalTryError, PinLockedError
from agent.tokens.model import PinState

OLD, NEW = "135792", "8246zx"
SECONDS = 40_000
Key = Qt.Key


@pytest.fixture
def typed(qtbot):
    """Type the old and the new PIN into a window that is ready for them."""

    def type_all(window, old, new, again=None):
        form = window.form
        qtbot.waitUntil(lambda: window.form.isVisible() and form.isEnabled(), timeout=SECONDS)
        for field, text in ((form.old, old), (form.new, new), (form.again, again or new)):
            field.clear()
            qtbot.keyClicks(field.edit, text)

    return type_all


def wait_for(qtbot, window, text):
    qtbot.waitUntil(lambda: text in window.banner.text, timeout=SECONDS)


def test_the_pin_of_a_real_token_is_changed_and_changed_back(desk, window_of, qtbot, typed):
    window = window_of("pin", desk)
    for old, new in ((OLD, NEW), (NEW, OLD)):
        typed(window, old, new)
        qtbot.keyClick(window.form.again.edit, Key.Key_Return)
        wait_for(qtbot, window, "PIN 码已修改")
        assert all(f.is_empty for f in (window.form.old, window.form.new, window.form.again))
        window.banner.hush()


def test_a_wrong_old_pin_says_so_and_asks_anew(desk, window_of, qtbot, typed):
    window = window_of("pin", desk)
    typed(window, "000001", NEW)
    qtbot.mouseClick(window.change, Qt.MouseButton.LeftButton)
    wait_for(qtbot, window, "旧密码错误")
    typed(window, OLD, NEW)
    assert window.change.isEnabled()


@pytest.fixture
def asked(stage, window_of, qtbot):
    """A window that may be typed into, of a token that is only told of."""
    stage.answer(tokens__list=tokens(token()), pin__change=prompt())
    window = window_of("pin", stage)
    qtbot.waitUntil(window.form.isEnabled)
    return window


@pytest.mark.parametrize(
    ("new", "again", "said"),
    [
        ("123", "", "太短"),
        ("123456", "", "简单序列"),
        ("777777", "", "重复"),
        (OLD, "", "旧密码"),
        (NEW, "8246", "不一致"),
        (NEW, NEW, "4 至 16 个字符"),
    ],
)
def test_rules_are_told_while_the_new_pin_is_typed(asked, qtbot, new, again, said):
    for field, text in ((asked.form.old, OLD), (asked.form.new, new), (asked.form.again, again)):
        qtbot.keyClicks(field.edit, text)
    assert said in asked.form.finding.text()
    assert asked.change.isEnabled() == (new == again)


def test_the_pin_shows_only_while_the_button_is_held(asked, qtbot):
    field = asked.form.old
    qtbot.keyClicks(field.edit, OLD)
    assert field.edit.echoMode() is QLineEdit.EchoMode.Password
    qtbot.mousePress(field._show, Qt.MouseButton.LeftButton)
    assert field.edit.echoMode() is QLineEdit.EchoMode.Normal
    qtbot.mouseRelease(field._show, Qt.MouseButton.LeftButton)
    assert field.edit.echoMode() is QLineEdit.EchoMode.Password


def test_a_pin_may_be_pasted_and_is_never_copied_out(asked, qtbot):
    QGuiApplication.clipboard().setText(OLD)
    qtbot.keyClick(asked.form.old.edit, Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert asked.form.old.peek() == OLD.encode()
    QGuiApplication.clipboard().setText("else")
    asked.form.old.edit.selectAll()
    qtbot.keyClick(asked.form.old.edit, Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "else"


@pytest.mark.parametrize(
    ("text", "said"), [("ABC", "大写锁定"), ("密码", "输入法"), ("12 3", "输入法")]
)
def test_what_is_probably_mistyped_is_warned_of(asked, qtbot, text, said):
    field = asked.form.old
    if text.isascii():
        for key in text:
            qtbot.keyClick(field.edit, key)
    else:
        field.edit.insert(text)
    assert said in field.warning
    field.clear()
    qtbot.keyClicks(field.edit, "abc")
    assert not field.warning


def test_the_last_try_is_risked_only_by_who_says_so(stage, window_of, qtbot):
    stage.answer(
        tokens__list=tokens(token(pin_state=PinState.FINAL_TRY)),
        pin__change=lambda given: (
            prompt(pin_state=PinState.FINAL_TRY)
            if given["accept_final_try"]
            else PinFinalTryError()
        ),
    )
    window = window_of("pin", stage)
    qtbot.waitUntil(window.risk.isVisible)
    assert "再输错一次密码将被锁定" in window.told.text()
    assert not window.form.isVisible()
    qtbot.mouseClick(window.risk, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.form.isVisible() and window.form.isEnabled())
    assert [call["accept_final_try"] for call in stage.asked("pin.change")] == [False, True]


def test_a_locked_pin_asks_for_nothing_and_says_where_it_is_unlocked(stage, window_of, qtbot):
    unlocked = []

    def change(_given):
        return prompt() if unlocked else PinLockedError(is_remembered=True)

    stage.answer(
        tokens__list=tokens(token(pin_state=PinState.LOCKED)),
        pin__change=change,
        pin__unlocked=lambda given: unlocked.append(given) or {},
    )
    window = window_of("pin", stage)
    qtbot.waitUntil(window.unlocked.isVisible)
    assert "密码已被锁定" in window.told.text()
    assert "前往窗口现场办理解锁" in window.told.text()
    assert not window.form.isVisible()
    qtbot.mouseClick(window.unlocked, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.form.isVisible)


def test_a_token_with_a_pad_is_not_typed_for_here(stage, window_of, qtbot):
    stage.answer(tokens__list=tokens(token()), pin__change=prompt(has_pin_pad=True))
    window = window_of("pin", stage)
    qtbot.waitUntil(lambda: "自带的键盘" in window.told.text())
    assert not window.form.isVisible()
    assert window.change.isEnabled()


def test_without_a_token_it_says_so_and_follows_what_is_plugged_in(stage, window_of, qtbot):
    stage.answer(tokens__list=tokens(), pin__change=prompt())
    window = window_of("pin", stage)
    qtbot.waitUntil(lambda: "未插入电子钥匙" in window.told.text())
    stage.answer(tokens__list=tokens(token()))
    stage.tell("token_inserted", token={})
    qtbot.waitUntil(lambda: window.form.isVisible() and window.form.isEnabled())


def test_the_language_changes_while_the_window_is_open(asked, stage, qtbot):
    assert asked.windowTitle() == "修改PIN码"
    stage.answer(settings__get={"settings": [{"key": "language", "value": "en"}]})
    stage.tell("settings_changed", keys=["language"])
    qtbot.waitUntil(lambda: asked.windowTitle() == "Change PIN")
    assert asked.form.old._label.text() == "Old PIN"


@pytest.mark.parametrize(
    ("known", "told"),
    [
        ({"tries_left": 10}, ("剩余密码重试次数: 10", "muted")),
        ({"tries_left": 3, "pin_state": PinState.COUNT_LOW}, ("剩余密码重试次数: 3", "warning")),
        ({"tries_left": 10, "is_factory_pin": True}, ("出厂密码", "warning")),
    ],
)
def test_the_tries_a_token_tells_are_told(stage, window_of, qtbot, known, told):
    stage.answer(tokens__list=tokens(token()), pin__change=prompt(tries_most=10, **known))
    window = window_of("pin", stage)
    qtbot.waitUntil(window.form.isEnabled)
    said, kind = told
    assert said in window.told.text()
    assert window.told.property("kind") == kind
