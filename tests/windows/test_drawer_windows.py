"""What the windows show of tokens that are not plugged in, and what can be done with them there."""

from __future__ import annotations

import icalendar
import msgspec
import pytest
from actors import certificate, details_of, pair, put_away, token, tokens
from renew_scenes import another, answers, drawer

from agent.ground.language import Language
from agent.windows.main.order import Group, in_order, to_renew

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
    assert items.certificate.state.text() == "已过期961天"
    assert "深圳市样例有限公司\n电子钥匙“ODC-USBKEY”: 未插入" in shown
    items.all.click()
    qtbot.waitUntil(lambda: window.pages.dossier.is_ready)
    assert stage.asked("renewals.start") == [{"thumbprint": pair()[0].thumbprint}]


OLD = token(*pair(number=1), label="旧钥匙")
NEW = token(*pair(days=300, number=2), label="新钥匙", number=2)
THUMBPRINT = OLD.certificates[0].thumbprint


def main_answers(*plugged_in, away=()):
    return {
        "tokens__list": tokens(*plugged_in, remembered=[put_away(held) for held in away]),
        "portals__list": {"portals": []},
        "certificates__get": details_of(*plugged_in, *away, language=ZH),
    }


@pytest.fixture
def main(stage, window_of, qtbot):
    """The main window, a token plugged in and one in its drawer."""
    stage.answer(**main_answers(NEW, away=[OLD]), tokens__forget={}, tokens__restore={})
    window = window_of("main", stage)
    qtbot.waitUntil(lambda: window.tree.certificate is not None)
    return window


def test_a_token_in_its_drawer_is_grey_and_says_so(main):
    away, there = main.tree.token_items
    assert [plain(item.text(0)) for item in (away, there)] == ["旧钥匙", "新钥匙"]
    assert [item.text(1) for item in (away, there)] == ["未插入", ""]
    assert away.foreground(0).color() != there.foreground(0).color()
    assert "未插入,最后一次见于2024-03-08" in away.toolTip(0)


def test_what_is_plugged_in_is_chosen_first(main):
    assert main.tree.certificate["thumbprint"] == NEW.certificates[0].thumbprint
    assert not main.information.drawer.isVisible()


def test_a_token_is_forgotten_and_that_is_taken_back(main, stage, qtbot):
    main.tree.choose(THUMBPRINT)
    strip = main.information.drawer
    qtbot.waitUntil(strip.forget.isVisible)
    assert strip.seen.text() == "未插入,最后一次见于2024-03-08"
    stage.answer(**main_answers(NEW))
    strip.forget.click()
    qtbot.waitUntil(lambda: len(main.tree.token_items) == 1)
    assert stage.asked("tokens.forget") == [{"thumbprint": THUMBPRINT}]
    assert main.banner.text == "已忘记“旧钥匙”。"
    stage.answer(**main_answers(NEW, away=[OLD]))
    main.banner.action.click()
    qtbot.waitUntil(lambda: len(main.tree.token_items) == 2)
    assert stage.asked("tokens.restore") == [{"thumbprint": THUMBPRINT}]
    assert not main.banner.text


def test_what_may_have_been_replaced_is_asked_not_assumed(stage, window_of, qtbot):
    asked = token(*pair(number=1, maybe_renewed_by="ab" * 32))
    decided = []
    stage.answer(
        **main_answers(away=[asked]), tokens__decide=lambda given: decided.append(given) or {}
    )
    window = window_of("main", stage)
    qtbot.waitUntil(lambda: window.tree.certificate is not None)
    strip = window.information.drawer
    assert strip.said.text() == "已由新证书替换?"
    strip.kept.click()
    qtbot.waitUntil(lambda: bool(decided))
    assert decided == [{"thumbprint": asked.certificates[0].thumbprint}]


def test_many_tokens_stand_under_headings_by_what_ends_first(stage, window_of, qtbot):
    ends = (300, -5, 20, 200, -900, 60)
    held = [token(*pair(days=d, number=n), number=n, label=f"{d}") for n, d in enumerate(ends)]
    stage.answer(**main_answers(*held[:2], away=held[2:]))
    window = window_of("main", stage)
    qtbot.waitUntil(lambda: window.tree.certificate is not None)
    headings = [window.tree.topLevelItem(n) for n in range(window.tree.topLevelItemCount())]
    assert [heading.text(0) for heading in headings] == ["已过期", "即将到期", "无需处理"]
    shown = [plain(item.text(0)) for item in window.tree.token_items]
    assert shown == ["-900", "-5", "20", "60", "200", "300"]
    window.search.setText("200")
    assert [heading.isHidden() for heading in headings] == [True, True, False]
    assert window.renew_all.text() == "逐一更新这 4 个证书"


def test_the_queue_begins_with_what_ends_first(stage, window_of, qtbot):
    late, soon = token(*pair(days=20, number=1)), token(*pair(days=3, number=2), number=2)
    stage.answer(**main_answers(late, away=[soon]), windows__open={})
    window = window_of("main", stage)
    qtbot.waitUntil(window.renew_all.isVisible)
    window.renew_all.click()
    qtbot.waitUntil(lambda: bool(stage.asked("windows.open")))
    [asked] = stage.asked("windows.open")
    assert asked == {"name": "renew", "subject": soon.certificates[0].thumbprint}


def test_the_renewal_that_ended_leads_to_the_next(stage, window_of, qtbot):
    more = token(*pair(days=9, number=5, organisation="乙公司"), number=5)
    held = tokens(token(*pair()), remembered=[put_away(more)])
    stage.answer(**answers("installing", "PIN")(ZH) | {"tokens__list": held})
    window = window_of("renew", stage)
    qtbot.waitUntil(lambda: window.renewal is not None)
    [renewal] = answers("installed")(ZH)["renewals__list"].renewals
    stage.answer(renewals__start=renewal)
    stage.answer(**answers("installed")(ZH) | {"tokens__list": held})
    stage.tell("renewal", renewal=msgspec.to_builtins(renewal))
    qtbot.waitUntil(window.pages.end.next.isVisible)
    assert plain(window.pages.end.next.text()) == "下一个: 乙公司"
    window.pages.end.next.click()
    qtbot.waitUntil(lambda: bool(stage.asked("renewals.start")))
    assert stage.asked("renewals.start") == [{"thumbprint": more.certificates[0].thumbprint}]


def test_the_list_is_exported_as_table_and_as_calendar(main, stage, qtbot, tmp_path):
    stage.answer(settings__get={"settings": [{"key": "reminders.thresholds", "value": [30, 7]}]})
    assert main.export_all.isVisible()
    main.export_list_to(tmp_path / "清单.csv")
    assert len((tmp_path / "清单.csv").read_text("utf-8-sig").splitlines()) == 5
    main.export_list_to(tmp_path / "清单.ics")
    qtbot.waitUntil((tmp_path / "清单.ics").exists)
    qtbot.waitUntil(lambda: "清单.ics" in main.banner.text)
    events = icalendar.Calendar.from_ical((tmp_path / "清单.ics").read_bytes()).walk("VEVENT")
    assert [len(event.walk("VALARM")) for event in events] == [2, 2]


def test_an_order_has_the_expired_first_and_what_is_done_with_last():
    done = token(certificate(days=-900, number=1, renewed_by="ab" * 32))
    bare = token(label="empty")
    soon, expired = token(certificate(days=5, number=2)), token(certificate(days=-1, number=3))
    listed = msgspec.to_builtins([put_away(done), bare, soon, expired])
    placed = in_order(listed)
    assert [each.group for each in placed] == [Group.EXPIRED, Group.SOON, Group.FINE, Group.FINE]
    assert [each.token["label"] for each in placed[2:]] == ["ODC-USBKEY", "empty"]
    assert [lead["days_left"] for lead in to_renew(listed)] == [-1, 5]


def test_the_settings_give_reminders_back(stage, window_of, qtbot):
    [held, _] = OLD.certificates
    stage.answer(
        settings__get={"settings": [], "problems": [], "file": "c.toml"},
        reminders__silenced=lambda _: {"certificates": [msgspec.to_builtins(held)]},
        reminders__resume={},
    )
    window = window_of("settings", stage)
    qtbot.waitUntil(lambda: bool(window.silenced.buttons))
    window.silenced.buttons[held.thumbprint].click()
    qtbot.waitUntil(lambda: bool(stage.asked("reminders.resume")))
    assert stage.asked("reminders.resume") == [{"thumbprint": held.thumbprint}]
    stage.answer(reminders__silenced={"certificates": []})
    stage.tell("reminders_changed")
    qtbot.waitUntil(lambda: not window.silenced.isVisible())
