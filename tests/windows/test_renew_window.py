"""The renew window with a real agent, authority and token, a page after the other."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage

from agent.renewals.protocol import ApplicantField, DocumentName
from sandbox.desk import Desk, Holder
from sandbox.dossier import write_sample_dossier
from sandbox.sms import Outbox

SECONDS = 20_000
SUCCESS = "您的新证书已安装成功!"


@pytest.fixture
def desk():
    """A desk of its own for each test: renewals are not undone."""
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name:
        folder, runtime = Path(name) / "odc", Path(name) / "run"
        folder.mkdir()
        runtime.mkdir(mode=0o700)
        environment = {"XDG_RUNTIME_DIR": str(runtime), "ODC_LANGUAGE": "zh_CN"}
        with Desk(folder, environment=environment) as running:
            running.url = running.start_authority(
                "--approve-after", "0.2", "--retry-after", "1"
            ).url
            running.issue_token("--expired-days", "961")
            write_sample_dossier(running.dossier)
            running.configure_agent(running.url, extra="[reminders]\nnotifications = false\n")
            running.agent = running.start_agent("--no-tray")
            yield running


PIN = Holder().pin


class Person:
    """Who uses the window, by its keys and buttons."""

    def __init__(self, desk, window, qtbot):
        self.desk, self.window, self.qtbot = desk, window, qtbot

    @property
    def pages(self):
        return self.window.pages

    def wait(self, condition):
        try:
            self.qtbot.waitUntil(lambda: bool(condition()), timeout=SECONDS)
        except Exception:
            print(
                "NOTE",
                self.window.banner.text,
                self.window.renewal,
                self.window.stack.currentIndex(),
                self.pages.dossier.isEnabled(),
                self.pages.dossier._view is None,
            )
            raise

    def press(self, button):
        self.wait(lambda: button.isVisible() and button.isEnabled())
        button.setFocus()
        self.qtbot.keyClick(button, Qt.Key.Key_Space)

    def type(self, field, text):
        field.clear()
        if text.isascii():
            self.qtbot.keyClicks(field, text)
        else:  # there are no keys for it
            QGuiApplication.clipboard().setText(text)
            self.qtbot.keyClick(field, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)

    def start(self):
        self.press(self.pages.items.all)
        self.wait(lambda: self.pages.dossier.is_ready)

    def fill_in_fields(self):
        applicant = json.loads((self.desk.dossier / "applicant.json").read_text("utf-8"))
        for field, row in self.pages.dossier.rows.items():
            self.type(row.edit, applicant[field.value])

    def drop(self, name, file):
        drop_on(self.pages.dossier.slots[name], file)

    def fill_in_scans(self):
        files = {f.stem: f for f in self.desk.dossier.iterdir()}
        for name, slot in self.pages.dossier.slots.items():
            drop_on(slot, files[name.value])
        self.wait(lambda: all(slot.look.isVisible() for slot in self.pages.dossier.slots.values()))

    def enter_pin(self, page, pin=PIN):
        field = page.panel.field
        self.wait(field.isVisible)
        self.qtbot.keyClicks(field.edit, pin)
        self.qtbot.keyClick(field.edit, Qt.Key.Key_Return)

    def enter_code(self):
        sms = self.pages.sms
        self.press(sms.send)
        self.wait(lambda: "已发送" in sms.told.text())
        code = Outbox(self.desk.home.outbox).messages(self.window.renewal["id"])[-1].code
        self.qtbot.keyClicks(sms.code, code)
        self.qtbot.keyClick(sms.code, Qt.Key.Key_Return)


def drop_on(slot, file):
    """Drop a file as a file manager does, as far as Qt tells a widget."""
    from PySide6.QtCore import QPointF  # noqa: PLC0415
    from PySide6.QtGui import QDragEnterEvent, QDropEvent  # noqa: PLC0415

    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    keys = Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(QPointF(slot.rect().center()), actions, data, buttons, keys)
    slot.dragEnterEvent(entered)
    assert entered.isAccepted()
    slot.dropEvent(QDropEvent(QPointF(slot.rect().center()), actions, data, buttons, keys))


@pytest.fixture
def person(desk, window_of, qtbot):
    return Person(desk, window_of("renew", desk), qtbot)


def test_a_whole_renewal_from_both_items_to_the_sentence_of_success(person):
    person.start()
    person.fill_in_fields()
    person.fill_in_scans()
    person.press(person.pages.dossier.submit)
    assert "已过期961天" in person.pages.items.certificate.text()
    person.wait(person.pages.submission.panel.field.isVisible)
    assert "961天" in person.pages.submission.note.text()
    person.enter_pin(person.pages.submission)
    person.wait(person.pages.sms.send.isVisible)
    person.enter_code()
    person.wait(person.pages.installation.panel.field.isVisible)
    assert "正在导入密钥对" in person.pages.installation.panel.heading.text()
    person.enter_pin(person.pages.installation)
    person.wait(lambda: SUCCESS in person.pages.end.text.text())
    person.press(person.window.back)
    items = person.pages.items
    person.wait(lambda: "上次更新" in items.licence.text() or "最近更新" in items.licence.text())


def test_what_was_filled_in_is_there_again_when_the_window_is_opened_anew(person, window_of, qtbot):
    person.start()
    person.type(person.pages.dossier.rows[ApplicantField.NAME].edit, "样例")
    front = DocumentName.ID_CARD_FRONT
    person.drop(front, person.desk.dossier / "id_card_front.jpg")
    person.wait(person.pages.dossier.slots[front].look.isVisible)
    person.window.close()
    again = Person(person.desk, window_of("renew", person.desk), qtbot)
    again.wait(lambda: again.pages.dossier.is_ready)
    assert again.pages.dossier.rows[ApplicantField.NAME].text == "样例"
    slot = again.pages.dossier.slots[front]
    assert "id_card_front.jpg" in slot.facts.text()
    assert not slot.picture.pixmap().isNull()


def test_fields_are_checked_as_they_are_typed_and_nothing_wrong_is_submitted(person):
    person.start()
    row = person.pages.dossier.rows[ApplicantField.ID_NUMBER]
    person.type(row.edit, "44030019900101000")
    assert "18" in row.finding.text()
    person.press(person.pages.dossier.submit)
    assert person.window.renewal["state"] == "drafting"
    empty = person.pages.dossier.rows[ApplicantField.ADDRESS]
    assert empty.finding.text()
    assert not person.pages.dossier.rows[ApplicantField.EMAIL].finding.text()


def test_a_picture_of_the_clipboard_is_taken_and_turned_and_converted_before_it_is_sent(
    person, qtbot
):
    person.start()
    name = DocumentName.AUTHORISATION_LETTER
    slot = person.pages.dossier.slots[name]
    picture = QImage(900, 400, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.white)
    QGuiApplication.clipboard().setImage(picture)
    person.press(slot.paste)
    person.wait(lambda: "900 × 400" in slot.facts.text())
    person.press(slot.look)
    dialog = person.window.findChild(_dialog_class())
    person.wait(lambda: dialog.buttons["right"].isEnabled() and not dialog.is_busy)
    before = dialog.before.view.scale_now
    person.press(dialog.buttons["larger"])
    assert dialog.before.view.scale_now > before
    person.press(dialog.buttons["right"])
    person.wait(lambda: dialog.after.isVisible() and not dialog.is_busy)
    assert "400 × 900" in dialog.after.facts.text()
    assert "900 × 400" in slot.facts.text()
    person.press(dialog.buttons["converted"])
    person.wait(lambda: "400 × 900" in slot.facts.text())


def test_a_file_that_is_no_scan_is_told_at_its_place(person, tmp_path):
    person.start()
    other = tmp_path / "letter.jpg"
    other.write_text("no picture")
    person.drop(DocumentName.ID_CARD_BACK, other)
    slot = person.pages.dossier.slots[DocumentName.ID_CARD_BACK]
    person.wait(lambda: "不是图片" in slot.finding.text())
    assert slot.choose.isEnabled()


def test_the_letter_is_written_where_the_person_wants_it(person, tmp_path):
    person.start()
    person.fill_in_fields()
    file = tmp_path / "letter.pdf"
    person.pages.dossier.letter.make("pdf", str(file))
    person.wait(file.exists)
    person.wait(lambda: "公章" in person.window.banner.text)
    assert file.read_bytes().startswith(b"%PDF-")


def test_a_cancelled_renewal_says_so_and_can_be_started_again(person, qtbot):
    from PySide6.QtWidgets import QMessageBox  # noqa: PLC0415

    person.start()
    person.press(person.window.cancel)
    box = person.window.findChild(QMessageBox)
    qtbot.mouseClick(
        next(b for b in box.buttons() if "放弃" in b.text()), Qt.MouseButton.LeftButton
    )
    person.wait(person.pages.end.restart.isVisible)
    person.press(person.pages.end.restart)
    person.start()


def _dialog_class():
    from agent.windows.renew.scan_dialog import ScanDialog  # noqa: PLC0415

    return ScanDialog
