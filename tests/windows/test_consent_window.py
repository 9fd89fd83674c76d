from __future__ import annotations

import asyncio
import datetime as dt
import re
import time

import pytest
import shiboken6
from PySide6.QtCore import QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication, QWidget

from agent.api.views.sites import consent_view
from agent.ground.language import Language
from agent.sites.errors import QuestionNotFoundError
from agent.sites.model import Action, ConsentQuestion
from agent.windows.deafness import DEAF_MS, Deafness

ORIGIN = "https://etax.example.gov.cn"
ID = "0" * 8 + "-0000-4000-8000-" + "0" * 12
KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Space, Qt.Key.Key_Escape)


def question(action=Action.CERTIFICATES, origin=ORIGIN, language=Language.ZH):
    now = dt.datetime.now(dt.UTC)
    asked = ConsentQuestion(
        id=ID, origin=origin, action=action, asked=now, expires=now + dt.timedelta(seconds=120)
    )
    return consent_view(asked, language)


@pytest.fixture
def window(stage, window_of, qtbot):
    stage.answer(consent__get=question(), consent__answer={})
    opened = window_of("consent", stage, ID)
    opened.come_forward()
    qtbot.waitUntil(lambda: plain(opened.domain) != "")
    return opened


def plain(label):
    """Return what is read, without the signs that break lines and keep directions apart."""
    return re.sub("[\u200b\u2068\u2069]", "", label.text())


def answers(stage):
    return [answer["decision"] for answer in stage.asked("consent.answer")]


def press_everything(window, qtbot):
    """Click and type as somebody does who did not read; a disabled button takes nothing anyway."""
    for button in window.buttons.values():
        button.setEnabled(True)
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    for key in KEYS:
        qtbot.keyClick(window.buttons["always"], key)


def test_it_says_whose_site_asks_and_what_it_will_see(window):
    assert plain(window.domain) == "example.gov.cn"
    assert plain(window.address).endswith(ORIGIN)
    assert "请求查看您电子钥匙中的证书" in window.question.text()
    shown = [window.shows.itemAt(n).widget().text() for n in range(window.shows.count())]
    assert any("单位的名称和编号" in line for line in shown)
    assert any("无法获取您的证书密码" in line for line in shown)


def test_it_is_shown_without_taking_the_keyboard(window):
    assert window.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    assert window.buttons["decline"].isDefault()


def test_keys_and_clicks_are_ignored_until_half_a_second_after_it_came_forward(
    window, stage, qtbot
):
    qtbot.waitUntil(lambda: not window.deafness.lasts)
    window.come_forward()
    assert window.deafness.lasts
    press_everything(window, qtbot)
    assert answers(stage) == []
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.deafness.lasts)


def test_the_half_second_begins_with_the_question_and_not_with_an_empty_window(
    stage, window_of, qtbot
):
    async def late(_given):
        await asyncio.sleep(2 * DEAF_MS / 1000)
        return question()

    stage.answer(consent__get=late, consent__answer={})
    window = window_of("consent", stage, ID)
    window.come_forward()
    qtbot.waitUntil(lambda: plain(window.domain) != "")
    press_everything(window, qtbot)
    assert answers(stage) == []
    assert window.isVisible()


def test_it_does_not_listen_where_it_cannot_be_seen(stage, window_of, qtbot):
    stage.answer(consent__get=question(), consent__answer={})
    window = window_of("consent", stage, ID, shown=False)
    qtbot.waitUntil(lambda: plain(window.domain) != "")
    qtbot.wait(2 * DEAF_MS)
    assert window.deafness.lasts


@pytest.mark.parametrize("way", ["clicks", "keys"])
def test_who_goes_on_clicking_or_typing_is_not_heard_until_a_quiet_half_second(
    window, stage, qtbot, way
):
    begun = time.monotonic()
    while time.monotonic() - begun < 3 * DEAF_MS / 1000:
        if way == "clicks":
            qtbot.mouseClick(window.buttons["always"], Qt.MouseButton.LeftButton)
        else:
            qtbot.keyClick(window, Qt.Key.Key_Space)
        assert window.deafness.lasts
        qtbot.wait(DEAF_MS // 5)
    assert answers(stage) == []
    qtbot.waitUntil(lambda: not window.deafness.lasts)
    assert time.monotonic() - begun > 3 * DEAF_MS / 1000


def test_nothing_of_it_is_left_once_its_window_is_gone(qtbot):
    window = QWidget()
    deafness = Deafness(window, window)
    window.show()
    deafness.begin()
    qtbot.waitUntil(deafness._quiet.isActive)
    deafness._quiet.timeout.emit()
    shiboken6.delete(window)
    QApplication.processEvents()  # what it left behind would be called now, and raise


def test_keys_typed_when_the_keyboard_comes_to_it_do_not_answer_and_a_click_does(
    window, stage, qtbot
):
    qtbot.waitUntil(lambda: not window.deafness.lasts)
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowActivate))
    qtbot.keyClick(window.buttons["decline"], Qt.Key.Key_Return)
    assert window.deafness.lasts
    qtbot.waitUntil(lambda: not window.deafness.lasts)
    QApplication.sendEvent(window, QEvent(QEvent.Type.WindowActivate))
    qtbot.mouseClick(window.buttons["once"], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: answers(stage) == ["once"])


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("width", [0, 560, 640, 1000])
def test_always_is_never_where_the_pointer_is_when_the_window_comes(
    stage, window_of, qtbot, language, width
):
    stage.answer(consent__get=question(language=language), consent__answer={})
    window = window_of("consent", stage, ID, language)
    window.resize(width, 380)
    qtbot.waitUntil(lambda: plain(window.domain) != "")
    for x in range(0, window.width(), 20):
        QCursor.setPos(window.mapToGlobal(QPoint(x, window.height() - 30)))
        window.come_forward()
        window.repaint()
        QApplication.processEvents()
        always = window.buttons["always"]
        pointer = always.mapFromGlobal(QCursor.pos())
        assert not always.rect().adjusted(-40, -40, 40, 40).contains(pointer)


LONG = (
    "https://" + ("www.szhrss.gov.cn." + "secure-login." * 20)[:209].rstrip(".-") + ".evil.gov.cn"
)
LONGEST = "https://" + ("www.sz.gov.cn." + ("m" * 60 + ".") * 4)[:182] + "." + "m" * 63 + ".gov.cn"
FLAT = "https://" + ".".join(["w" * 62] * 4)
IDN = "https://xn--fhqt5idz6b5ne.xn--zfra014l3vb.xn--55qx5d.cn"


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    "shown",
    [
        (LONG, "evil.gov.cn"),
        (LONGEST, "m" * 63 + ".gov.cn"),
        (FLAT, ".".join(["w" * 62] * 2)),
        (IDN, "政务服务.公司.cn"),
        ("https://www.xn--gv-fmc.cn", "xn--gv-fmc.cn"),
        ("https://192.0.2.1:8443", "192.0.2.1"),
    ],
    ids=["221", "253", "flat", "idn", "mixed", "address"],
)
def test_whose_site_it_is_stands_first_and_whole_at_every_size(
    stage, window_of, qtbot, language, shown
):
    origin, domain = shown
    stage.answer(consent__get=question(origin=origin, language=language), consent__answer={})
    window = window_of("consent", stage, ID, language)
    qtbot.waitUntil(lambda: plain(window.domain) != "")
    assert plain(window.domain) == domain
    assert plain(window.address).endswith(origin)
    assert window.domain.font().pointSizeF() > window.question.font().pointSizeF()
    for size in ((560, 380), (640, 330), (1, 1)):
        window.resize(*size)
        QApplication.processEvents()
        assert_whole(window.domain, window)


def assert_whole(label, window):
    """Nothing of the label is cut off, nothing lies over it, and all can be pressed below it."""
    around = QRect(0, 0, label.width(), 10_000)
    text = label.fontMetrics().boundingRect(around, Qt.TextFlag.TextWordWrap, label.text())
    assert label.height() >= max(text.height(), label.heightForWidth(label.width()))
    assert label.width() >= text.width()
    assert window.rect().contains(label.geometry())
    for below in (*window.buttons.values(), window.question, window.address):
        assert label.geometry().bottom() <= below.mapTo(window, QPoint()).y()
    for button in window.buttons.values():
        assert window.rect().contains(button.geometry())
        assert button.width() >= button.minimumSizeHint().width()


@pytest.mark.parametrize("decision", ["decline", "once", "always", "never"])
def test_each_answer_is_sent_once_and_closes_the_window(window, stage, qtbot, decision):
    qtbot.waitUntil(lambda: not window.deafness.lasts)
    qtbot.mouseClick(window.buttons[decision], Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: answers(stage) == [decision])
    assert not window.isVisible()


def test_closing_the_window_declines(window, stage, qtbot):
    window.close()
    qtbot.waitUntil(lambda: answers(stage) == ["decline"])


def test_it_closes_when_nobody_waits_any_more(window, stage, qtbot):
    stage.tell("consent_closed", id=ID)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert answers(stage) == []


def test_a_question_that_is_no_longer_open_shows_nothing(stage, window_of, qtbot):
    stage.answer(consent__get=QuestionNotFoundError())
    window = window_of("consent", stage, ID)
    qtbot.waitUntil(lambda: not window.isVisible())
