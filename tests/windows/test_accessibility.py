"""What a screen reader is told of every window, in every state of the screenshots."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QPlainTextEdit,
    QTextBrowser,
)
from scenes import SCENES

from agent.language import Language

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


def shown(scene, stage, window_of, qtbot):
    stage.answer(**scene.answers(Language.ZH))
    window = window_of(scene.window, stage, scene.subject, Language.ZH)
    qtbot.waitUntil(lambda: scene.is_ready(window), timeout=20_000)
    scene.prepare(window)
    return window


def test_a_setting_is_named_by_its_title_and_not_by_its_answer(stage, window_of, qtbot):
    window = shown(SCENES["settings"], stage, window_of, qtbot)
    assert {name_of(box) for box in window.findChildren(QCheckBox)} == {
        "登录时启动", "显示通知", "查找其他电子钥匙驱动",
    }  # fmt: skip
