"""Words of strangers are shown letter by letter, in whichever field of the API's answers they come.

Names in certificates, labels of tokens, an authority's remarks, a driver's words: whoever chose them must
not draw pictures, links and headings beside a PIN field, nor have a picture fetched.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import QAbstractListModel, QModelIndex, Qt
from PySide6.QtGui import Qt as Gui
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QLabel,
    QTextEdit,
    QTreeWidgetItem,
    QWidget,
)
from scenes import SCENES

from agent.api.views.checks import CheckItem, CheckName
from agent.ground.language import Language
from agent.windows.texts import Label, set_tooltip

MARKUP = (
    "<h1>A</h1><img src='file:///nowhere.png'><a href='https://evil.example'>B</a>"
    "<table><tr><td>C</td></tr></table>"
)
TAG = re.compile("<(img|a|table|h1)[ >]")
CODES = {
    "action", "code", "content", "decision", "der", "digest", "endpoint", "expires", "fix", "id", "key",
    "kind", "media_type", "needs", "origin", "pem", "picture", "renewal", "since", "source", "state", "step",
    "thumbnail", "thumbprint", "use", "value", "waiting",
}  # fmt: skip
"""Fields whose text is none: windows look things up by it, or decode it."""
WITHOUT_WORDS = {"help", "renew-nothing", "pin-no-token", "sign-no-token"}
"""Scenes that show no text of an answer."""
IDENTIFIED = (CheckItem, CheckName)
"""Their ``name`` is a code, too."""


def spoilt(value, codes=CODES):
    """Return an answer with mark-up behind each text in it."""
    if callable(value):
        return lambda given: spoilt(value(given))
    if isinstance(value, Exception):
        value.sentence, value.advice = f"{value.sentence}{MARKUP}", f"{value.advice}{MARKUP}"
    elif isinstance(value, msgspec.Struct):
        codes = CODES | {"name"} if isinstance(value, IDENTIFIED) else CODES
        fields = {name: getattr(value, name) for name in value.__struct_fields__}
        value = msgspec.structs.replace(value, **spoilt(fields, codes))
    elif isinstance(value, dict):
        value = {k: each if k in codes else spoilt(each) for k, each in value.items()}
    elif isinstance(value, list | tuple):
        value = type(value)(spoilt(each) for each in value)
    elif type(value) is str and value:
        value = f"{value}{MARKUP}"
    return value


def items_of(view):
    """Yield all places of a list, a table or a tree."""
    model, above = view.model(), [QModelIndex()]
    while above:
        parent = above.pop()
        for row in range(model.rowCount(parent)):
            is_list = isinstance(model, QAbstractListModel)
            for column in range(1 if is_list else model.columnCount(parent)):
                index = model.index(row, column, parent)
                yield index
                above.append(index)


def texts_of(window):
    """Return all that is to be read in a window, and what comes up beside it."""
    widgets = [window, *window.findChildren(QWidget)]
    read = [w.text() for w in widgets if isinstance(w, QLabel | QAbstractButton)]
    tips = [w.toolTip() for w in widgets]
    for view in filter(lambda w: isinstance(w, QAbstractItemView), widgets):
        for index in items_of(view):
            read.append(str(index.data(Qt.ItemDataRole.DisplayRole)))
            tips.append(str(index.data(Qt.ItemDataRole.ToolTipRole) or ""))
    return read, tips


def is_tried(window):
    """Whether something of what was put into the answers is on the screen."""
    return any("<img" in text.replace("\u200b", "") for text in texts_of(window)[0])


@pytest.mark.parametrize("name", [name for name in SCENES if name not in WITHOUT_WORDS])
def test_no_window_takes_a_text_of_the_agents_answers_for_markup(stage, window_of, qtbot, name):
    scene = SCENES[name]
    stage.answer(**{k: spoilt(each) for k, each in scene.answers(Language.ZH).items()})
    window = window_of(scene.window, stage, scene.subject)
    qtbot.waitUntil(lambda: scene.is_ready(window) and is_tried(window), timeout=20_000)
    scene.prepare(window)
    guessing = [
        label.text()
        for label in window.findChildren(QLabel)
        if label.text() and label.textFormat() is not Qt.TextFormat.PlainText
    ]
    assert not guessing
    assert not window.findChildren(QTextEdit)
    assert not [tip for tip in texts_of(window)[1] if TAG.search(tip)]


@pytest.mark.parametrize("text", [MARKUP, "a < b & c", "第一行\n第二行 <b>", "KEY<b>x</b>", "&lt;"])
def test_a_tooltip_shows_its_text_letter_by_letter(qtbot, text):
    shown, page, item = Label(), QTextEdit(), QTreeWidgetItem()
    qtbot.addWidget(shown)
    qtbot.addWidget(page)
    set_tooltip(shown, text)
    set_tooltip(item, text)
    assert Gui.mightBeRichText(shown.toolTip()), "else Qt shows what is escaped as it is"
    page.setHtml(shown.toolTip())
    assert page.toPlainText() == text
    assert item.toolTip(0) == shown.toolTip()
    set_tooltip(shown, "")
    assert shown.toolTip() == ""


def test_the_windows_set_no_tooltip_and_no_markup_by_themselves():
    """A rule of ruff's forbids the classes that guess; this one is for methods, which it does not see."""
    guessing = re.compile(
        r"\.(setToolTip|setWhatsThis|setHtml|insertHtml|setMarkdown|setStatusTip)\b"
    )
    folder = Path(__file__).parents[2] / "agent/windows"
    found = {
        f"{file.name}: {match.group()}"
        for file in folder.rglob("*.py")
        if file.name != "texts.py"
        for match in guessing.finditer(file.read_text("utf-8"))
    }
    assert found == {"help_window.py: .setMarkdown"}, "its pages are our own"
