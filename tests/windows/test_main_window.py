from __future__ import annotations

import base64
from itertools import pairwise

import pytest
from actors import details_of, pair, token, tokens
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from main_scenes import EMOJI, LATIN, LONG, RTL
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from agent.ground.language import Language
from agent.windows import link
from agent.windows.main import exporting
from agent.windows.main.details import DetailsDialog
from sandbox.desk.desk import Holder

SECONDS = 40_000


def shown(window):
    return bool(window.tree.certificate) and window.information.details.isEnabled()


@pytest.fixture
def window(desk, window_of, qtbot):
    """The main window of a real agent with an expired pair."""
    opened = window_of("main", desk)
    qtbot.waitUntil(lambda: shown(opened), timeout=SECONDS)
    return opened


def test_an_expired_pair_shows_as_in_the_guide(window):
    root = window.tree.topLevelItem(0)
    holder = Holder().organisation
    texts = [root.child(n).text(0).replace("\u2068", "").replace("\u2069", "") for n in (0, 1)]
    assert root.text(0).strip("\u2068\u2069") == "数字证书"
    assert texts == [f"签名证书-{holder}", f"加密证书-{holder}"]
    values = {name: label.text() for name, label in window.information.values.items()}
    assert values["use"] == "签名证书"
    assert " 到 " in values["validity"]
    assert (values["country"], values["organisation"]) == ("CN", holder)
    assert window.information.mark.text() == "已过期证书"
    assert window.information.mark.isVisible()
    assert window.information.days.text() == "已过期961天"


@pytest.mark.parametrize("suffix", [".pem", ".cer", ".txt"])
def test_the_certificate_is_exported(window, tmp_path, suffix):
    file = tmp_path / f"证书{suffix}"
    window.export_to(file, window._details)
    read = {
        ".pem": lambda: x509.load_pem_x509_certificate(file.read_bytes()),
        ".cer": lambda: x509.load_der_x509_certificate(file.read_bytes()),
        ".txt": lambda: Holder().organisation in file.read_text("utf-8"),
    }
    assert read[suffix]()
    assert str(file) in window.banner.text


def test_reading_anew_takes_nothing_away(window, qtbot):
    details = window._details
    offered = []
    window.tree.chosen.connect(lambda _: offered.append(shown(window) and window._details))
    window.refresh()
    qtbot.waitUntil(lambda: bool(offered), timeout=SECONDS)
    assert offered == [details]


def test_what_was_asked_for_is_exported_whatever_is_chosen_meanwhile(window, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(exporting, "ask_where", lambda *taken: asked.append(taken[-1]))
    thumbprint = window._details["thumbprint"]
    window.information.export.click()
    other = next(one for one in window.tree._certificates if one != thumbprint)
    window.tree.choose(other)
    asked[0](tmp_path / "a.cer")
    exported = x509.load_der_x509_certificate((tmp_path / "a.cer").read_bytes())
    assert exported.fingerprint(SHA256()).hex() == thumbprint


def test_a_file_that_cannot_be_written_is_said(window, tmp_path):
    window.export_to(tmp_path / "missing" / "a.pem", window._details)
    assert "无法写入文件 a.pem" in window.banner.text


def test_the_details_have_everything_and_can_be_copied(window, qtbot):
    dialog = DetailsDialog(window, window.words, window._details)
    qtbot.addWidget(dialog)
    dialog.copy.click()
    copied = QGuiApplication.clipboard().text()
    der = base64.b64decode(window._details["der"])
    certificate = x509.load_der_x509_certificate(der)
    assert f"序列号: {certificate.serial_number:x}" in copied
    assert "密钥用法: digitalSignature" in copied
    assert f"SHA-256 指纹: {window._details['thumbprint'][:2].upper()}:" in copied
    assert len(copied.splitlines()) >= len(certificate.extensions) + 10


def test_what_is_plugged_in_and_out_shows_by_itself(stage, window_of, qtbot):
    plugged = token(*pair())
    stage.answer(
        tokens__list=tokens(),
        portals__list={"portals": []},
        certificates__get=details_of(plugged, language=Language.ZH),
    )
    window = window_of("main", stage)
    qtbot.waitUntil(window.nothing.isVisible)
    stage.answer(tokens__list=tokens(plugged))
    stage.tell("token_inserted")
    qtbot.waitUntil(lambda: shown(window))
    stage.answer(tokens__list=tokens())
    stage.tell("token_removed")
    qtbot.waitUntil(window.nothing.isVisible)


def test_without_a_token_there_is_no_empty_list_beside_the_sentence(stage, window_of, qtbot):
    stage.answer(tokens__list=tokens(), portals__list={"portals": []})
    window = window_of("main", stage)
    qtbot.waitUntil(window.nothing.isVisible)
    assert not window.left.isVisible()
    window.nothing.read.click()
    qtbot.waitUntil(lambda: {"refresh": True} in stage.asked("tokens.list"))
    stage.answer(tokens__list=tokens(token()))
    stage.tell("token_inserted")
    qtbot.waitUntil(window.left.isVisible)
    assert not window.nothing.read.isVisible(), "it stands below the list"


@pytest.mark.parametrize(("days", "is_due"), [(-961, True), (20, True), (300, False)])
def test_what_is_due_is_renewed_beside_what_says_so(stage, window_of, qtbot, days, is_due):
    plugged = token(*pair(days=days))
    stage.answer(
        tokens__list=tokens(plugged),
        portals__list={"portals": []},
        certificates__get=details_of(plugged, language=Language.ZH),
        windows__open={},
    )
    window = window_of("main", stage)
    qtbot.waitUntil(lambda: shown(window))
    assert window.information.renew.isVisible() is is_due
    if is_due:
        window.information.renew.click()
        signing = plugged.certificates[0].thumbprint
        asked = {"name": "renew", "subject": signing}
        qtbot.waitUntil(lambda: stage.asked("windows.open") == [asked])


@pytest.fixture
def sixty(stage, window_of, qtbot):
    plugged = [
        token(*pair(organisation=f"样例{n}号", number=n), label=f"ODC-{n:02d}", number=n)
        for n in range(1, 61)
    ]
    stage.answer(
        tokens__list=tokens(*plugged),
        portals__list={"portals": []},
        certificates__get=details_of(*plugged, language=Language.ZH),
        windows__open={},
    )
    window = window_of("main", stage)
    qtbot.waitUntil(lambda: shown(window))
    return window


def test_sixty_tokens_are_searched_by_any_name_or_number(sixty, stage, qtbot):
    for text, count in (("样例7号", 1), ("odc-1", 10), ("000000000060", 1), ("nowhere", 0)):
        sixty.search.setText(text)
        assert sum(not item.isHidden() for item in sixty.tree.token_items) == count
    sixty.search.setText("样例7号")
    qtbot.waitUntil(lambda: sixty.information.values["organisation"].text() == "样例7号")
    qtbot.mouseClick(sixty.toolbar.buttons["renew"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stage.asked("windows.open") != [])
    [asked] = stage.asked("windows.open")
    assert asked == {"name": "renew", "subject": sixty.tree.certificate["thumbprint"]}


def test_what_was_chosen_stays_chosen_when_the_tokens_are_read_anew(sixty, stage, qtbot):
    chosen = f"{33:02x}5a".ljust(64, "7")
    stage.notify("window.raise", {"subject": chosen})
    qtbot.waitUntil(lambda: sixty.tree.certificate["thumbprint"] == chosen)
    sixty.reload.click()
    qtbot.waitUntil(lambda: sixty.reload.isEnabled() and stage.asked("tokens.list")[-1] != {})
    assert sixty.tree.certificate["thumbprint"] == chosen


@pytest.mark.parametrize("name", [LONG, RTL, EMOJI, LATIN])
def test_no_name_makes_the_window_wider(stage, window_of, qtbot, name):
    plugged = token(*pair(organisation=name), label=name)
    stage.answer(
        tokens__list=tokens(plugged, token(number=2)),
        portals__list={"portals": []},
        certificates__get=details_of(plugged, language=Language.ZH),
    )
    window = window_of("main", stage)
    window.resize(900, 600)
    qtbot.waitUntil(lambda: shown(window))
    assert window.minimumSizeHint().width() < 900
    card = window.information
    assert card.width() <= card.parentWidget().width()
    assert card.values["organisation"].text().replace("\u200b", "") == name


def test_it_is_used_without_a_mouse(sixty, qtbot):
    seen = []
    sixty.activateWindow()
    sixty.toolbar.buttons["renew"].setFocus()
    for _ in range(20):
        seen.append(QApplication.focusWidget())
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    wanted = [*sixty.toolbar.buttons.values(), sixty.search, sixty.tree, sixty.reload,
              sixty.information.export, sixty.information.details]  # fmt: skip
    places = [seen.index(widget) for widget in wanted]
    assert all(a < b for a, b in pairwise(places))


def test_a_killed_agent_is_said_and_nothing_can_be_clicked(sixty, stage, qtbot):
    stage.drop()
    qtbot.waitUntil(lambda: "证照管家已退出" in sixty.banner.text)
    assert not sixty.toolbar.isEnabled()


def test_it_is_first_shown_with_what_the_agent_has(desk, window_of, monkeypatch):
    # However slow the machine is: only a person does not wait longer than that.
    for seconds in ("SETTLE_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(link, seconds, 30.0)
    with desk.client() as client:
        client.call("tokens.list")  # it has: the first reading is over
    window = window_of("main", desk, shown=False)
    window.link.settle()
    assert window.information.days.text() == "已过期961天"
    assert window.information.details.isEnabled()


def test_a_factory_pin_is_told_of_once_and_its_change_offered(stage, window_of, qtbot):
    factory = token(*pair(), label="KEY", is_factory_pin=True)
    stage.answer(tokens__list=tokens(factory), portals__list={"portals": []}, windows__open={})
    window = window_of("main", stage)
    qtbot.waitUntil(lambda: "出厂密码" in window.banner.text)
    qtbot.mouseClick(window.banner.action, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: stage.asked("windows.open") == [{"name": "pin"}])
    window.refresh()
    qtbot.wait(200)
    assert not window.banner.text
