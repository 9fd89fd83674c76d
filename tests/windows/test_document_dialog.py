"""A document that a site wants signed is looked at page by page, or as the text it is."""

from __future__ import annotations

import base64

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QPixmap
from scenes import SCENES

from agent.ground.language import Language
from agent.signing.looking import NotShowableError
from agent.windows.document_dialog import DocumentDialog


def picture() -> str:
    content = QByteArray()
    buffer = QBuffer(content)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    shown = QPixmap(300, 420)
    shown.fill(Qt.GlobalColor.white)
    shown.save(buffer, "JPEG")
    return base64.b64encode(bytes(content.data())).decode()


def looked(*, pages=1, text="", is_cut=False):
    return {"picture": "" if text else picture(), "pages": pages, "text": text, "is_cut": is_cut}


@pytest.fixture
def window(stage, window_of, qtbot, qapp):
    stage.answer(**SCENES["token-use-sign"].answers(Language.ZH), consent__keep={})
    opened = window_of("token_use", stage, subject="c0ffee")
    qtbot.waitUntil(lambda: bool(opened.asked))
    return opened


@pytest.fixture
def dialog(window, stage, qtbot):
    def opened(answer):
        stage.answer(consent__look=answer)
        window.items.looked_at.emit(0)
        [shown] = window.findChildren(DocumentDialog)
        qtbot.waitUntil(shown.progress.isHidden)
        return shown

    return opened


def test_pages_are_turned(dialog, stage, qtbot):
    shown = dialog(looked(pages=3))
    assert "采购合同.pdf" in shown.windowTitle()
    assert shown.view.isVisible()
    shown.page.setValue(2)
    qtbot.waitUntil(lambda: len(stage.asked("consent.look")) == 2)
    assert stage.asked("consent.look")[1] == {"id": "c0ffee", "number": 0, "page": 2}


def test_a_text_hides_no_character(dialog):
    shown = dialog(looked(text="付款\u202e001\t元\n第二行", is_cut=True))
    assert shown.text.toPlainText() == "付款‹U+202E›001‹U+0009›元\n第二行"
    assert "开头" in shown.said.text()
    assert not shown.page.isVisible()


def test_what_cannot_be_shown_is_said_and_can_be_saved(dialog, stage, qtbot, tmp_path):
    shown = dialog(NotShowableError())
    assert "无法" in shown.said.text()
    shown.save_to(str(tmp_path / "copy"))
    qtbot.waitUntil(lambda: "已保存" in shown.said.text())
    wanted = {"id": "c0ffee", "number": 0, "file": str(tmp_path / "copy")}
    assert stage.asked("consent.keep") == [wanted]
