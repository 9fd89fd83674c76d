"""签署文件: documents come by hand and mouse, one PIN signs them, the list says what became of each."""

from __future__ import annotations

import tempfile
from pathlib import Path

import msgspec
import pytest
from actors import pair, token, tokens
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from scenes import SCENES
from sign_scenes import ID, asked, signed

from agent.ground.language import Language
from agent.signing.asking import TimestampMissingError
from agent.signing.errors import DocumentUnreadableError, SignatureExistsError
from agent.windows.signing.documents import Column, Documents
from agent.windows.signing.stamp_dialog import StampDialog
from agent.windows.words import Words
from sandbox.desk.desk import Desk, Holder

SECONDS = 60_000
Key = Qt.Key


@pytest.fixture(scope="module")
def valid_desk():
    """A real agent with a real software token whose certificates are valid; no authority runs."""
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name:
        folder, runtime = Path(name) / "odc", Path(name) / "run"
        folder.mkdir()
        runtime.mkdir(mode=0o700)
        environment = {"XDG_RUNTIME_DIR": str(runtime), "ODC_LANGUAGE": "zh_CN"}
        with Desk(folder, environment=environment) as running:
            running.start_authority()
            running.issue_token("--valid-days", "100")
            running.end(running.processes.pop())
            running.configure_agent("https://127.0.0.1:9")
            running.start_agent("--no-tray")
            yield running


@pytest.fixture
def files(tmp_path) -> list[str]:
    found = [tmp_path / name for name in ("合同.odt", "b.xml", "c.docx")]
    for number, file in enumerate(found):
        file.write_bytes(b"content" * number)
    return [str(file) for file in found]


@pytest.fixture
def window(stage, window_of, qtbot):
    stage.answer(
        tokens__list=tokens(token(*pair(days=300))),
        signing__ways={"inside": False},
        signing__sign=lambda given: asked(given["files"]),
        signing__stop=None,
    )
    opened = window_of("sign", stage)
    qtbot.waitUntil(lambda: opened.certificate.count() == 1)
    return opened


def result_of(window, file: str) -> str:
    return window.documents._item(file).text(Column.RESULT)


def mime(files: list[str]) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(file) for file in files])
    return data


def drop(window, files: list[str]) -> None:
    data = mime(files)  # the event does not keep it
    event = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data,
        Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    window.documents.dropEvent(event)


def test_columns_are_named_once_there_is_something_in_them(qtbot, tmp_path):
    listed = Documents(Words(Language.ZH))
    qtbot.addWidget(listed)
    assert listed.isHeaderHidden()
    file = tmp_path / "合同.pdf"
    file.write_bytes(b"%PDF")
    listed.add([str(file)])
    assert not listed.isHeaderHidden()
    listed.topLevelItem(0).setSelected(True)
    listed.remove_chosen()
    assert listed.isHeaderHidden()


def test_documents_are_signed_with_a_real_token(valid_desk, window_of, qtbot, files):
    window = window_of("sign", valid_desk)
    qtbot.waitUntil(lambda: window.certificate.count() == 1, timeout=SECONDS)
    drop(window, files)
    qtbot.mouseClick(window.sign, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.panel.field.isVisible, timeout=SECONDS)
    # A wrong PIN first: the same question comes again.
    for pin in ("000000", Holder().pin):
        qtbot.waitUntil(window.panel.field.isVisible, timeout=SECONDS)
        qtbot.keyClicks(window.panel.field.edit, pin)
        qtbot.keyClick(window.panel.field.edit, Key.Key_Return)
        if pin == "000000":
            qtbot.waitUntil(lambda: bool(window.panel.told.text()), timeout=SECONDS)
            qtbot.waitUntil(window.panel.progress.isHidden, timeout=SECONDS)
    qtbot.waitUntil(lambda: "3 个文件" in window.banner.text, timeout=SECONDS)
    assert all(Path(f"{file}.p7s").exists() for file in files)
    assert all(Path(file).name in result_of(window, file) for file in files)
    assert window.banner.action.isVisible()
    assert not window.sign.isEnabled(), "nothing is left to sign"
    assert window.panel_card.isHidden()
    assert window.panel.field.is_empty


def test_documents_come_by_dropping_and_pasting_each_once(window, qtbot, files, tmp_path):
    assert not window.sign.isEnabled()
    assert window.hint.isVisible()
    drop(window, [*files[:2], files[0], str(tmp_path)])
    QGuiApplication.clipboard().setMimeData(mime(files[1:]))
    window.documents.setFocus()
    qtbot.keyClick(window.documents, Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert window.documents.files == files
    assert not window.hint.isVisible()
    assert window.sign.isEnabled()


def test_delete_takes_away_what_is_chosen(window, qtbot, files):
    window.documents.add(files)
    window.documents.setCurrentItem(window.documents.topLevelItem(1))
    qtbot.keyClick(window.documents, Key.Key_Delete)
    assert window.documents.files == [files[0], files[2]]


def test_the_pin_is_asked_for_once_the_documents_were_read(window, stage, qtbot, files):
    window.documents.add(files)
    window.sign.click()
    qtbot.waitUntil(window.panel.field.isVisible)
    [params] = stage.asked("signing.sign")
    assert list(params["files"]) == files
    assert params["thumbprint"] == pair(days=300)[0].thumbprint
    assert window.documents._item(files[1]).text(Column.DIGEST).startswith("1f3a9c")
    assert not window.documents.isEnabled(), "what is shown is what is signed"
    window.panel.cancel.click()
    assert window.panel_card.isHidden()
    assert window.documents.isEnabled()
    assert window.sign.isEnabled()


def test_the_list_says_what_became_of_each(window, stage, qtbot, files):
    window.documents.add(files)
    window.sign.click()
    qtbot.waitUntil(window.panel.field.isVisible)
    window.panel.done.emit({})
    assert window.progress.isVisible()
    error = SignatureExistsError(file="b.xml.p7s")
    told = [signed(files[0]), signed(files[1], error), signed(files[2])]
    for number, file in enumerate(told, start=1):
        stage.tell("document_signed", id=ID, number=number, of=3, file=file)
    qtbot.waitUntil(lambda: window.progress.value() == 3)
    stage.tell("documents_signed", id=ID, files=told, error=None)
    qtbot.waitUntil(lambda: "3" in window.banner.text)
    assert "已存在" in result_of(window, files[1])
    assert window.documents.unsigned == [files[1]]
    assert window.sign.isEnabled(), "the one that is left can be tried again"


def test_stopping_tells_the_agent_and_waits_for_its_word(window, stage, qtbot, files):
    window.documents.add(files)
    window.sign.click()
    qtbot.waitUntil(window.panel.field.isVisible)
    window.panel.done.emit({})
    window.stop.click()
    qtbot.waitUntil(lambda: stage.asked("signing.stop") == [{"id": ID}])
    assert window.progress.isVisible()


def test_what_others_have_signed_does_not_show_here(window, stage, qtbot, files):
    window.documents.add(files)
    stage.tell("document_signed", id="another", number=1, of=1, file=signed("/elsewhere"))
    stage.tell("documents_signed", id="another", files=[signed("/elsewhere")], error=None)
    stage.tell("token_inserted")
    qtbot.waitUntil(lambda: len(stage.asked("tokens.list")) > 1)
    assert window.banner.text == ""


def test_a_refusal_is_said_and_leaves_the_documents(window, stage, qtbot, files):
    stage.answer(signing__sign=DocumentUnreadableError(file="合同.odt", reason="Permission denied"))
    window.documents.add(files)
    window.sign.click()
    qtbot.waitUntil(lambda: "合同.odt" in window.banner.text)
    assert window.panel_card.isHidden()
    assert window.documents.files == files


def test_without_a_token_it_says_so(stage, window_of, qtbot, files):
    stage.answer(tokens__list=tokens())
    window = window_of("sign", stage)
    qtbot.waitUntil(window.no_certificate.isVisible)
    window.documents.add(files)
    assert not window.sign.isEnabled()
    stage.answer(tokens__list=tokens(token(*pair(days=300))))
    stage.tell("token_inserted")
    qtbot.waitUntil(window.sign.isEnabled)
    assert not window.no_certificate.isVisible()


def test_a_token_that_is_pulled_keeps_the_chosen_certificate_of_another(stage, window_of, qtbot):
    two = [token(*pair(days=300)), token(*pair(days=200, number=2), number=2)]
    stage.answer(tokens__list=tokens(*two))
    second = two[1].certificates[0].thumbprint
    window = window_of("sign", stage, subject=second)
    qtbot.waitUntil(lambda: window.certificate.count() == 2)
    assert window.certificate.currentData() == second
    stage.answer(tokens__list=tokens(two[1]))
    stage.tell("token_removed")
    qtbot.waitUntil(lambda: window.certificate.count() == 1)
    assert window.certificate.currentData() == second


def test_the_list_has_its_frame_whole_also_where_it_has_the_keyboard(window):
    """Qt asks for the frame's width once; the header would be painted over one that grows."""
    width = 2  # of the frame that says so
    inside = window.documents.rect().adjusted(width, width, -width, -width)
    assert inside.contains(window.documents.header().geometry())


@pytest.fixture
def pdf(tmp_path) -> str:
    file = tmp_path / "章程.pdf"
    file.write_bytes(b"%PDF-1.7")
    return str(file)


def test_pdfs_are_signed_inside_with_a_stamp_that_was_moved(window, stage, files, pdf, qtbot):
    stage.answer(**SCENES["sign-stamp"].answers(Language.ZH))
    window.refresh()
    qtbot.waitUntil(window.inside.isChecked)
    assert window.inside.isHidden(), "there is no PDF yet"
    window.documents.add([*files, pdf])
    window.stamp.click()
    [dialog] = window.findChildren(StampDialog)
    qtbot.waitUntil(lambda: dialog.left.value() == 150)
    assert not dialog.use.isEnabled()
    dialog.take_picture("/seal.png")
    qtbot.waitUntil(lambda: dialog.has_stamp)
    dialog.top.setValue(100)
    dialog._item.moveBy(-10 * dialog._pixels, 0)
    qtbot.waitUntil(lambda: dialog.left.value() == 140)
    dialog.use.click()
    window.sign.click()
    qtbot.waitUntil(lambda: bool(stage.asked("signing.sign")))
    stamp = stage.asked("signing.sign")[-1]["pdf"]["stamp"]
    assert (stamp["picture"], stamp["page"]) == ("/seal.png", 1)
    assert stamp["box"] == pytest.approx(
        {"left": 140, "top": 100, "width": 40, "height": 40}, abs=0.1
    )


def test_what_a_signature_lacks_is_told_in_the_list(window, pdf):
    window.documents.add([pdf])
    shortfall = msgspec.to_builtins(TimestampMissingError(reason="HTTP 500").report())
    window.documents.show_result(pdf, {**signed(pdf), "shortfall": shortfall})
    assert "HTTP 500" in result_of(window, pdf)
    assert window.documents.unsigned == []


def test_pdfs_are_signed_beside_where_that_is_wanted(window, stage, files, pdf, qtbot):
    stage.answer(signing__ways={"inside": True})
    window.refresh()
    qtbot.waitUntil(window.inside.isChecked)
    window.documents.add([*files, pdf])
    window.inside.click()
    window.sign.click()
    qtbot.waitUntil(lambda: bool(stage.asked("signing.sign")))
    assert stage.asked("signing.sign")[-1].get("pdf") is None
