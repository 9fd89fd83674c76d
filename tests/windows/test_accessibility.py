"""What a screen reader is told of every window, in every state of the screenshots."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QTextBrowser,
)
from scenes import SCENES

from agent.ground.language import Language

INTERACTIVE = (
    QAbstractButton, QAbstractItemView, QComboBox, QLineEdit, QPlainTextEdit, QTextBrowser,
)  # fmt: skip


def name_of(widget):
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


def is_own(widget):
    """Whether it is a window's own and is shown; Qt's parts are not, nor a table's heading."""
    is_part = widget.objectName().startswith("qt_") or isinstance(widget, QHeaderView)
    return widget.isVisible() and not is_part


@pytest.mark.parametrize("name", list(SCENES))
def test_whatever_takes_the_keyboard_has_a_name(stage, window_of, qtbot, name):
    scene = SCENES[name]
    window = shown(scene, stage, window_of, qtbot)
    named = {w: name_of(w) for kind in INTERACTIVE for w in window.findChildren(kind) if is_own(w)}
    assert not [type(widget).__name__ for widget, text in named.items() if not text.strip()]


@pytest.mark.parametrize("name", list(SCENES))
def test_the_tab_key_goes_on_as_one_reads(stage, window_of, qtbot, name):
    window = shown(SCENES[name], stage, window_of, qtbot)
    order = tab_order(window)
    back = [
        f"{name_of(one)} -> {name_of(other)}"
        for one, other in itertools.pairwise(order)
        if is_read_before(place_of(other, one, window), place_of(one, other, window))
    ]
    assert not back


def tab_order(window):
    """Return what the Tab key reaches, in its order."""
    order, widget = [], window.nextInFocusChain()
    while widget is not window:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and is_own(widget) and widget.isEnabled():
            order.append(widget)
        widget = widget.nextInFocusChain()
    return order


def place_of(widget, other, window):
    """Return where a widget is seen: in its area, where it may be scrolled out of sight and ``other`` not."""
    above = widget.parentWidget()
    while above is not window and not above.isAncestorOf(other):
        widget = above if isinstance(above, QAbstractScrollArea) else widget
        above = above.parentWidget()
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def is_read_before(one, other):
    """Whether ``one`` stands above ``other``, not in a further column, or left of it in its row."""
    is_right = one.left() > other.right()
    is_in_row = one.bottom() >= other.top() and other.bottom() >= one.top()
    return one.right() < other.left() if is_in_row else one.top() < other.top() and not is_right


def shown(scene, stage, window_of, qtbot):
    stage.answer(**scene.answers(Language.ZH))
    window = window_of(scene.window, stage, scene.subject, Language.ZH)
    qtbot.waitUntil(lambda: scene.is_ready(window), timeout=20_000)
    scene.prepare(window)
    return window


def test_a_setting_is_named_by_its_title_and_not_by_its_answer(stage, window_of, qtbot):
    window = shown(SCENES["settings"], stage, window_of, qtbot)
    assert {name_of(box) for box in window.findChildren(QCheckBox)} == {
        "登录时启动", "显示通知", "记住未插入的电子钥匙", "查找其他电子钥匙驱动",
    }  # fmt: skip
