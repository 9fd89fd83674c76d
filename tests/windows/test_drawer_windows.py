"""What the windows show of tokens that are not plugged in, and what can be done with them there."""

from __future__ import annotations

import msgspec
import pytest
from actors import pair, token, tokens
from renew_scenes import another, answers, drawer

from agent.ground.language import Language

ZH = Language.ZH


def plain(text: str) -> str:
    """Return a text without what only keeps directions and breaks lines."""
    return text.translate(dict.fromkeys(map(ord, "\u2068\u2069\u200b")))


@pytest.fixture
def waiting(stage, window_of, qtbot):
    """The renew window of a renewal that needs its token, which lies in its drawer."""
    stage.answer(**answers("signing", "TOKEN")(ZH) | {"tokens__list": drawer(ZH)})
    window = window_of("renew", stage)
    qtbot.waitUntil(lambda: window.renewal is not None and window.pages.token.isVisible())
    return window


def test_the_window_says_which_token_to_plug_in_whose_it_is_and_how_long_it_is_valid(waiting):
    page = waiting.pages.token
    assert plain(page.text.text()) == "请插入电子钥匙“ODC-USBKEY”"
    assert plain(page.about.text()) == "深圳市样例有限公司  已过期961天"
    assert not page.another.isVisible()


def test_another_token_is_named_kindly_and_the_right_one_ends_that(waiting, stage, qtbot):
    page = waiting.pages.token
    stage.answer(tokens__list=another(ZH))
    stage.tell("tokens_changed")
    qtbot.waitUntil(page.another.isVisible)
    told = "现在插入的是深圳市另一家有限公司的电子钥匙。请插入“ODC-USBKEY”。"
    assert plain(page.another.text()) == told
    stage.answer(tokens__list=tokens(token(*pair())))
    stage.tell("tokens_changed")
    qtbot.waitUntil(lambda: not page.another.isVisible())


def test_the_window_goes_on_by_itself_once_the_token_is_there(waiting, stage, qtbot):
    stage.answer(tokens__list=tokens(token(*pair())))
    [renewal] = answers("signing", "PIN")(ZH)["renewals__list"].renewals
    stage.tell("renewal", renewal=msgspec.to_builtins(renewal))
    qtbot.waitUntil(waiting.pages.submission.isVisible)


def test_a_renewal_begins_from_the_drawer(stage, window_of, qtbot):
    begun = answers("drafting", "APPLICANT")(ZH)
    [renewal] = begun.pop("renewals__list").renewals
    nothing = answers()(ZH) | {"tokens__list": drawer(ZH)}
    stage.answer(**begun | nothing, renewals__start=renewal)
    window = window_of("renew", stage)
    items = window.pages.items
    qtbot.waitUntil(items.all.isVisible)
    shown = plain(items.certificate.about.text())
    assert "深圳市样例有限公司\n已过期961天\n电子钥匙“ODC-USBKEY”:未插入" in shown
    items.all.click()
    qtbot.waitUntil(lambda: window.pages.dossier.is_ready)
    assert stage.asked("renewals.start") == [{"thumbprint": pair()[0].thumbprint}]
