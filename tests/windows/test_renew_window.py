"""The renew window with a real agent, authority and token, a page after the other."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QMessageBox

from agent.api.client import CallError
from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName
from agent.renewals.course import Step
from agent.tokens.pin import decline_pin
from agent.windows.pin_panel import IDLE_MS
from agent.windows.renew.scan_dialog import ScanDialog
from sandbox.authority.sms import Outbox
from sandbox.desk.desk import Desk, Holder

SECONDS = 60_000
PIN = Holder().pin
SUCCESS = "您的新证书已安装成功!"


@pytest.fixture
def desk(prepared):
    """A desk of its own for each test: renewals are not undone. Its staff decide when they are told to."""
    with tempfile.TemporaryDirectory(prefix="odc-", ignore_cleanup_errors=True) as name:
        folder, runtime = Path(name) / "odc", Path(name) / "run"
        folder.mkdir()
        runtime.mkdir(mode=0o700)
        environment = {"XDG_RUNTIME_DIR": str(runtime), "ODC_LANGUAGE": "zh_CN"}
        with Desk(folder, environment=environment) as running:
            prepared.lay_out(running)
            running.url = running.start_authority("--retry-after", "1").url
            running.configure_agent(running.url, extra="[reminders]\nnotifications = false\n")
            running.agent = running.start_agent("--no-tray")
            yield running


class Person:
    """Who uses the window, by its keys and buttons."""

    def __init__(self, desk, window, qtbot):
        self.desk, self.window, self.qtbot = desk, window, qtbot

    @property
    def pages(self):
        return self.window.pages

    def wait(self, condition):
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=SECONDS)

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

    def review(self, verdict, *options):
        """Have the staff decide once the application has arrived."""
        self.wait(lambda: self.window.renewal["state"] == "reviewing")
        self.desk.run("sandbox", verdict, self.window.renewal["id"], *options)

    def submit(self):
        self.start()
        self.fill_in_fields()
        self.fill_in_scans()
        self.press(self.pages.dossier.submit)
        self.enter_pin(self.pages.submission)

    def enter_code(self):
        sms = self.pages.sms
        self.press(sms.send)
        self.wait(lambda: "请输入发送至" in sms.about.text())
        code = Outbox(self.desk.home.outbox).messages(self.window.renewal["id"])[-1].code
        self.qtbot.keyClicks(sms.code, code)
        self.qtbot.keyClick(sms.code, Qt.Key.Key_Return)


def drop_on(slot, file):
    """Drop a file as a file manager does, as far as Qt tells a widget."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file))])
    actions, buttons = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    keys = Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(slot.rect().center(), actions, data, buttons, keys)
    slot.dragEnterEvent(entered)
    assert entered.isAccepted()
    slot.dropEvent(QDropEvent(QPointF(slot.rect().center()), actions, data, buttons, keys))


@pytest.fixture
def person(desk, window_of, qtbot):
    return Person(desk, window_of("renew", desk), qtbot)


def test_a_whole_renewal_from_both_items_to_the_sentence_of_success(person):
    person.start()
    assert "已过期961天" in person.pages.items.certificate.text()
    person.fill_in_fields()
    person.fill_in_scans()
    person.press(person.pages.dossier.submit)
    person.wait(person.pages.submission.panel.field.isVisible)
    assert "961天" in person.pages.submission.note.text()
    person.enter_pin(person.pages.submission)
    person.wait(lambda: "审核" in person.pages.waiting.text.text())
    assert "预计" in person.pages.waiting.text.text()
    assert "进行中" in person.window.time_line.text(Step.REVIEW)
    person.review("approve")
    person.wait(person.pages.sms.send.isVisible)
    person.enter_code()
    person.wait(person.pages.installation.panel.field.isVisible)
    assert "正在导入密钥对" in person.pages.installation.panel.heading.text()
    person.enter_pin(person.pages.installation)
    person.wait(lambda: SUCCESS in person.pages.end.text.text())
    person.wait(lambda: "365天" in person.pages.end.validity.text())
    assert all("已完成" in person.window.time_line.text(step) for step in Step)
    person.press(person.window.back)
    person.wait(lambda: "最近更新日期: 20" in person.pages.items.licence.text())
    person.wait(lambda: "最近更新日期: 20" in person.pages.items.certificate.text())


def test_only_what_the_review_remarked_on_is_amended_and_the_remark_stands_beside_it(
    person, tmp_path
):
    person.submit()
    person.review("reject", "--remark", "address=不完整", "--remark", "id_card_front=公章不清晰")
    dossier = person.pages.dossier
    person.wait(lambda: dossier.isVisible() and dossier.is_ready)
    shown = {f for f, row in dossier.rows.items() if row.isVisible()}
    assert shown == {ApplicantField.ADDRESS}
    assert "不完整" in dossier.rows[ApplicantField.ADDRESS].remark.text()
    slots = {name for name, slot in dossier.slots.items() if slot.isVisible()}
    assert slots == {DocumentName.ID_CARD_FRONT}
    assert "公章不清晰" in dossier.slots[DocumentName.ID_CARD_FRONT].remark.text()
    assert not dossier.slots[DocumentName.ID_CARD_FRONT].picture.pixmap().isNull()
    person.type(dossier.rows[ApplicantField.ADDRESS].edit, "广东省深圳市新路2号")
    person.drop(DocumentName.ID_CARD_FRONT, person.desk.dossier / "id_card_back.jpg")
    person.wait(dossier.slots[DocumentName.ID_CARD_FRONT].remove.isVisible)
    person.press(dossier.submit)
    person.enter_pin(person.pages.submission)
    person.review("approve")
    person.wait(person.pages.sms.send.isVisible)


def test_a_wrong_code_says_how_often_one_may_try_and_another_is_sent_after_a_pause(person):
    person.submit()
    person.review("approve")
    sms = person.pages.sms
    person.press(sms.send)
    person.wait(lambda: "请输入发送至" in sms.about.text())
    assert not sms.send.isEnabled()
    assert "重新发送(" in sms.send.text()
    right = Outbox(person.desk.home.outbox).messages(person.window.renewal["id"])[-1].code
    person.qtbot.keyClicks(sms.code, f"{(int(right) + 1) % 1_000_000:06}")
    person.qtbot.keyClick(sms.code, Qt.Key.Key_Return)
    person.wait(lambda: "还可尝试4次" in sms.told.text())
    person.window.close()


def test_the_pause_between_two_codes_outlives_the_window(person, window_of, qtbot):
    person.submit()
    person.review("approve")
    person.press(person.pages.sms.send)
    person.wait(lambda: "请输入发送至" in person.pages.sms.about.text())
    person.window.close()
    again = Person(person.desk, window_of("renew", person.desk), qtbot)
    sms = again.pages.sms
    again.wait(sms.send.isVisible)
    assert not sms.send.isEnabled()
    assert "重新发送(" in sms.send.text()
    assert "请输入发送至" in sms.about.text()


def test_after_a_refusal_the_keyboard_is_where_the_first_thing_is_to_be_mended(person):
    person.start()
    person.fill_in_fields()
    back = DocumentName.ID_CARD_BACK
    for name in DocumentName:
        if name is not back:
            person.drop(name, next(person.desk.dossier.glob(f"{name.value}.*")))
            person.wait(person.pages.dossier.slots[name].look.isVisible)
    person.press(person.pages.dossier.submit)
    slot = person.pages.dossier.slots[back]
    person.wait(slot.finding.isVisible)
    person.wait(slot.choose.hasFocus)
    person.wait(lambda: not slot.choose.visibleRegion().isEmpty())


def test_a_wrong_pin_is_said_and_asked_for_again_and_nothing_is_tried_by_itself(person):
    person.start()
    person.fill_in_fields()
    person.fill_in_scans()
    person.press(person.pages.dossier.submit)
    page = person.pages.submission
    person.enter_pin(page, "000001")
    person.wait(lambda: "错误" in page.panel.told.text() and page.panel.field.isVisible())
    person.enter_pin(page)
    person.wait(lambda: person.window.renewal["state"] == "reviewing")


def test_a_pin_page_that_is_left_alone_lets_the_token_go_and_asks_again_when_told_to(person):
    person.start()
    person.fill_in_fields()
    person.fill_in_scans()
    person.press(person.pages.dossier.submit)
    page = person.pages.submission
    person.wait(page.panel.field.isVisible)
    person.qtbot.keyClicks(page.panel.field.edit, "12")
    with person.desk.client() as other:
        assert _change_of_pin(other) == "pin_entry_busy"
        page.panel.idle.start(0)
        person.wait(lambda: _change_of_pin(other) == "offered")
    page.panel.idle.setInterval(IDLE_MS)
    assert page.panel.field.is_empty
    assert not page.panel.field.isVisible()
    person.press(page.retry)
    person.enter_pin(page)
    person.wait(lambda: person.window.renewal["state"] == "reviewing")


def _change_of_pin(client):
    """Ask as another program would, change nothing, and return what came of asking."""
    token = client.call("tokens.list")["tokens"][0]
    reference = {name: token[name] for name in ("module", "serial", "label")}
    try:
        prompt = client.call("pin.change", {"token": reference})
    except CallError as error:
        return error.code
    decline_pin(prompt["endpoint"])
    return "offered"


def test_what_was_filled_in_is_there_again_when_the_window_is_opened_anew(person, window_of, qtbot):
    person.start()
    parts = [*person.pages.dossier.rows.values(), *person.pages.dossier.slots.values()]
    assert not any(part.isWindow() for part in parts)
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
    dialog = person.window.findChild(ScanDialog)
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
    person.start()
    person.press(person.window.cancel)
    box = person.window.findChild(QMessageBox)
    qtbot.mouseClick(
        next(b for b in box.buttons() if "放弃" in b.text()), Qt.MouseButton.LeftButton
    )
    person.wait(person.pages.end.restart.isVisible)
    person.press(person.pages.end.restart)
    person.start()
