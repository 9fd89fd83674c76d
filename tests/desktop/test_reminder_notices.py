"""Reminders as notices: what their buttons do, and what takes them off the screen."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from display import artefacts
from notice_desk import (
    IN_DRAWER,
    THUMBPRINT,
    Desk,
    bodies,
    draw_pictures,
    until,
)
from reminders_maker import REMINDERS

from agent.certificates.days import CertificateStatus
from agent.desktop.notices.reminding import reminder_notice, silenced_notice
from agent.ground.language import Language
from agent.remembered.model import Forgotten
from agent.remembered.service import PairsForgotten
from agent.reminders.rules import Later
from agent.reminders.service import ReminderRaised, ReminderTakenBack
from agent.renewals.journal.states import State
from agent.settings.config import ReminderSettings
from agent.tokens.inventory import TokenInserted
from agent.tokens.model import TokenReference


@pytest.fixture
async def desk():
    desk = Desk(ReminderSettings())
    yield desk
    await desk.presence.close()


async def test_a_window_is_made_ready_where_somebody_is_about_to_want_one(desk):
    token = TokenReference(module="/m.so", label="t", serial="1")
    desk.bus.publish(TokenInserted(token=token, at_start=True))
    assert desk.prepared == 0, "it was there already: nobody is at it"
    desk.bus.publish(TokenInserted(token=token, at_start=False))
    assert desk.prepared == 1
    desk.remind(1)
    assert desk.prepared == 2
    desk.settings = ReminderSettings(notifications=False)
    desk.remind(1)
    assert desk.prepared == 2, "nothing is shown whose buttons open a window"


async def test_renew_now_opens_the_renewal_of_that_certificate(no_panel, desk, tmp_path):
    screen, _ = no_panel("xfce4-notifyd")
    desk.remind(1)
    assert await until(lambda: screen.press(1) and desk.opened)
    assert desk.opened[0] == ("renew", THUMBPRINT)
    assert desk.later == []


async def test_later_asks_how_long_and_means_tomorrow_until_it_is_said(no_panel, desk, tmp_path):
    screen, _ = no_panel("xfce4-notifyd")
    desk.remind(1)
    file = artefacts(tmp_path) / "reminder.png"
    assert await until(
        lambda: screen.run("xdotool", "search", "--onlyvisible", "--class", "notifyd")
    )
    screen.screenshot(file)
    assert await until(lambda: screen.press(0) and desk.later)
    assert desk.later == [(THUMBPRINT, Later.DAY)]
    assert await until(lambda: screen.press(1) and len(desk.later) > 1)
    assert desk.later[1] == (THUMBPRINT, Later.WEEK)
    assert desk.opened == []


async def test_a_token_that_is_gone_is_not_reminded_of_again_until_that_is_taken_back(
    no_panel, desk, tmp_path
):
    screen, _ = no_panel("xfce4-notifyd")
    desk.bus.publish(ReminderRaised(reminder=IN_DRAWER))
    file = artefacts(tmp_path) / "reminder-in-drawer.png"
    assert await until(
        lambda: screen.run("xdotool", "search", "--onlyvisible", "--class", "notifyd")
    )
    screen.screenshot(file)
    assert await until(lambda: screen.press(0) and desk.later)
    assert desk.later == [(THUMBPRINT, Later.NEVER)]
    assert desk.resumed == []
    assert await until(lambda: screen.press(0) and desk.resumed)
    assert desk.resumed == [THUMBPRINT]
    assert desk.opened == []


def test_only_one_token_in_its_drawer_can_be_said_to_be_gone():
    def keys(*reminders) -> list[str]:
        return [button.key for button in reminder_notice(reminders, Language.ZH).buttons]

    assert keys(IN_DRAWER) == ["renew", "later", "never"]
    assert keys(REMINDERS[0]) == ["renew", "later"]
    assert keys(IN_DRAWER, IN_DRAWER) == ["renew", "later"]


async def test_a_pair_that_is_gone_from_its_token_is_told_and_no_longer_reminded_of(no_panel, desk):
    screen, _ = no_panel("dunst")
    desk.bus.publish(ReminderRaised(reminder=IN_DRAWER))
    gone = Forgotten(thumbprint=THUMBPRINT, organisation="甲公司", label="财务")
    desk.bus.publish(PairsForgotten(forgotten=(gone,)))
    assert await until(lambda: "电子钥匙“财务”上已没有甲公司的证书" in bodies(screen))
    assert desk.presence._reminders._open == {}


async def test_sixty_reminders_are_one_notice_and_open_the_main_window(no_panel, desk):
    screen, _ = no_panel("dunst")
    desk.remind(60)
    assert await until(screen.shown)
    assert screen.shown() == 1
    screen.run("dunstctl", "action", "0")
    assert await until(lambda: desk.opened == [("main", None)])
    [notice] = await asyncio.to_thread(screen.notices)
    assert "60" in notice["body"]


async def test_a_second_reminder_joins_the_one_on_the_screen(no_panel, desk):
    screen, _ = no_panel("dunst")
    await draw_pictures()
    desk.remind(1)
    assert await until(screen.shown)
    desk.remind(2)
    assert await until(lambda: not desk.presence._reminders._timer)
    desk.renewal_is(State.INSTALLED, name="another")  # is delivered after it
    assert await until(lambda: screen.shown() == 2)
    assert "2 个数字证书" in bodies(screen)


async def test_a_window_that_cannot_be_opened_is_told_with_what_to_do_instead(no_panel, desk):
    screen, _ = no_panel("dunst")
    desk.has_windows = False
    desk.remind(1)
    assert await until(screen.shown)
    screen.run("dunstctl", "action", "0")
    assert await until(lambda: "odc-agent renew" in bodies(screen))


async def test_a_renewal_that_succeeds_takes_the_reminder_off_the_screen(no_panel, desk):
    screen, _ = no_panel("dunst")
    desk.remind(1)
    assert await until(screen.shown)
    desk.renewal_is(State.INSTALLED)
    assert await until(lambda: "您的新证书已安装成功!" in bodies(screen))


async def test_a_reminder_that_was_by_a_wrong_clock_leaves_the_screen(no_panel, desk):
    screen, _ = no_panel("dunst")
    desk.remind(1)
    assert await until(screen.shown)
    desk.bus.publish(ReminderTakenBack(thumbprint=f"{0:064x}"))
    assert await until(lambda: not screen.shown())


def test_a_reminder_has_the_picture_of_the_worst_it_is_about():
    expired, soon = (
        msgspec.structs.replace(REMINDERS[0], is_expired=is_it) for is_it in (True, False)
    )
    seals = {
        CertificateStatus.EXPIRED: [(expired,), (soon, expired)],
        CertificateStatus.EXPIRING: [(soon,), (soon, soon)],
    }
    for seal, reminders in seals.items():
        assert all(reminder_notice(each, Language.ZH).seal is seal for each in reminders)


def test_who_wants_no_reminder_is_not_warned_that_there_will_be_none():
    assert silenced_notice(REMINDERS[0], Language.ZH).seal is CertificateStatus.VALID
