"""Notices with buttons: real daemons on a real bus, which hang, end and come back."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
import html
import os
import signal
import sys

import msgspec
import pytest
from display import artefacts, desktop, eventually, missing_programs, start_bus_at, start_daemon
from reminders_maker import REMINDERS, renewal

from agent.certificates.days import CertificateStatus
from agent.checks.probes.desktop import look_for_tray_host
from agent.checks.verdicts.desktop import TrayHost
from agent.desktop import tray_host
from agent.desktop.notices import choosing, freedesktop
from agent.desktop.notices.board import NoticeBoard, Posted
from agent.desktop.notices.choosing import ButtonsWherePossible, this_desktops_display
from agent.desktop.notices.freedesktop import FreedesktopDisplay
from agent.desktop.notices.icon_file import ensure_icon
from agent.desktop.notices.model import Button, Notice
from agent.desktop.notices.plyer import PlyerDisplay
from agent.desktop.notices.reminding import reminder_notice, silenced_notice
from agent.desktop.notices.telling import renewal_notice
from agent.desktop.presence import Presence
from agent.desktop.windows import NoWindowError
from agent.ground.bus import EventBus
from agent.ground.clock import utc_now
from agent.ground.language import Language
from agent.remembered.model import Forgotten
from agent.remembered.service import PairsForgotten
from agent.reminders.rules import Later
from agent.reminders.service import ReminderRaised, ReminderTakenBack
from agent.renewals.journal.record import RenewalChanged
from agent.renewals.journal.states import State, Waiting
from agent.settings.config import Config, ReminderSettings
from agent.system.paths import find_paths
from agent.tokens.inventory import TokenInserted
from agent.tokens.model import TokenReference

ONE = Notice(title="甲 的数字证书", text="第一条 <b> & 'x'", buttons=(Button("renew", "立即更新"),))
OTHER = Notice(title="乙 的数字证书", text="第二条", buttons=(Button("renew", "立即更新"),))
THUMBPRINT = REMINDERS[0].thumbprint


async def until(ask, *, seconds=45.0):
    return await asyncio.to_thread(eventually, ask, seconds=seconds)


class Daemon:
    """A notification daemon that can be killed and started again."""

    def __init__(self, start):
        self.start = start
        self.process = start()

    def signal(self, number):
        os.killpg(self.process.pid, number)


@pytest.fixture
def no_panel(own_environment):
    """Desktops without a panel, one for each daemon's name that is asked for."""
    if missing := missing_programs():
        pytest.skip(f"needs {', '.join(missing)}")
    with contextlib.ExitStack() as stack:

        def start(daemon):
            running = stack.enter_context(desktop(panel=False, notifications=""))
            own_environment({**running.environment, "ODC_LANGUAGE": "zh_CN"})
            return running, Daemon(functools.partial(start_daemon, stack, running, daemon))

        yield start


class Poster:
    """Posts notices and remembers what became of them."""

    def __init__(self, *, login: float = 0.0) -> None:
        with_buttons = FreedesktopDisplay(lambda: Language.ZH)
        self.board = NoticeBoard(ButtonsWherePossible(with_buttons, PlyerDisplay(), login=login))
        self.pressed: list[str] = []
        self.closed = 0

    def post(self, notice: Notice, slot: str = "a") -> None:
        self.board.post(slot, Posted(notice=notice, pressed=self.pressed.append, closed=self._gone))

    def _gone(self) -> None:
        self.closed += 1


@pytest.fixture
async def poster():
    poster = Poster()
    yield poster
    await poster.board.close()


async def test_a_notice_is_shown_word_for_word_with_its_icon(no_panel, poster):
    screen, _ = no_panel("dunst")
    poster.post(ONE)
    assert await until(screen.shown)
    [notice] = await asyncio.to_thread(screen.notices)
    assert notice["summary"] == ONE.title
    assert html.unescape(notice["body"]) == ONE.text
    assert notice["appname"] == "证照管家"
    assert notice["icon_path"].endswith(".png")


async def test_the_same_notice_is_not_shown_twice_and_another_replaces_it(no_panel, poster):
    screen, _ = no_panel("dunst")
    for notice in (ONE, ONE, OTHER, OTHER):
        poster.post(notice)
        assert await until(screen.shown)
    poster.post(ONE, "b")  # is delivered after them
    assert await until(lambda: screen.shown() == 2)
    history = await asyncio.to_thread(screen.notices)
    assert {notice["summary"] for notice in history} == {ONE.title, OTHER.title}
    assert len(history) == 2


async def test_a_notice_that_was_closed_is_told_and_may_be_shown_again(no_panel, poster):
    screen, _ = no_panel("dunst")
    poster.post(ONE)
    assert await until(screen.shown)
    screen.run("dunstctl", "close-all")
    assert await until(lambda: poster.closed == 1)
    poster.post(ONE)
    assert await until(screen.shown)


async def test_a_click_on_the_notice_itself_is_its_first_button(no_panel, poster):
    screen, _ = no_panel("dunst")
    poster.post(ONE)
    assert await until(screen.shown)
    screen.run("dunstctl", "action", "0")
    assert await until(lambda: poster.pressed == ["renew"])


async def test_what_is_withdrawn_leaves_the_screen(no_panel, poster):
    screen, _ = no_panel("dunst")
    poster.post(ONE)
    assert await until(screen.shown)
    poster.board.withdraw("a")
    assert await until(lambda: screen.shown() == 0)
    assert poster.closed == 0


async def test_a_daemon_that_ends_takes_its_notices_along_and_the_next_one_shows_more(
    no_panel, poster
):
    screen, daemon = no_panel("dunst")
    poster.post(ONE)
    assert await until(screen.shown)
    daemon.signal(signal.SIGKILL)
    assert await until(lambda: poster.closed == 1)
    await asyncio.to_thread(daemon.start)
    poster.post(ONE)
    assert await until(screen.shown)


async def test_at_login_a_notice_waits_for_bus_and_daemon_and_is_shown_once(
    own_environment, short_folder, monkeypatch
):
    monkeypatch.setattr(choosing, "LOOK_SECONDS", 0.1)
    with contextlib.ExitStack() as stack:
        screen = stack.enter_context(desktop(panel=False, notifications=""))
        screen.environment["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={short_folder}/bus"
        own_environment({**screen.environment, "ODC_LANGUAGE": "zh_CN"})
        poster = Poster(login=60.0)
        poster.post(ONE)
        await asyncio.sleep(0.5)
        start_bus_at(stack, screen)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(start_daemon, stack, screen, "dunst")
        assert await until(screen.shown)
        await asyncio.sleep(0.5)
        [notice] = await asyncio.to_thread(screen.notices)
        assert notice["summary"] == ONE.title
        await poster.board.close()


async def test_a_daemon_that_hangs_costs_the_time_allowed_and_its_own_notice(
    no_panel, poster, monkeypatch, caplog
):
    monkeypatch.setattr(freedesktop, "SHOW_SECONDS", 0.3)
    screen, daemon = no_panel("dunst")
    daemon.signal(signal.SIGSTOP)
    poster.post(ONE)
    assert await until(lambda: poster.closed == 1)
    assert "does not answer" in caplog.text
    daemon.signal(signal.SIGCONT)
    monkeypatch.setattr(freedesktop, "SHOW_SECONDS", 10.0)
    poster.post(OTHER, "b")
    assert await until(lambda: screen.shown() > 0)


async def test_a_bus_that_goes_is_told_and_another_is_found(no_panel, poster):
    screen, _ = no_panel("dunst")
    poster.post(ONE)
    assert await until(screen.shown)
    bus = poster.board._display._with_buttons._bus
    bus._connection.writer.close()
    assert await until(lambda: not bus.is_open)
    poster.post(OTHER)
    assert await until(lambda: screen.shown() == 2)  # the first is nobody's now


IN_DRAWER = msgspec.structs.replace(
    REMINDERS[0], text=f"{REMINDERS[0].text}\n请取出电子钥匙“财务”。", token="财务"
)


class Desk:
    """An agent's presence on a screen, its windows and what was put off."""

    def __init__(self, settings: ReminderSettings) -> None:
        self.bus = EventBus()
        self.settings = settings
        self.opened: list[tuple] = []
        self.later: list[tuple] = []
        self.resumed: list[str] = []
        self.has_windows = True
        self.prepared = 0
        self.in_front = ("", "")
        self.now = utc_now()
        self.presence = Presence(
            bus=self.bus,
            config=lambda: Config(reminders=self.settings),
            language=lambda: Language.ZH,
            clock=lambda: self.now,
            windows=self,
            put_off=lambda ones, later: self.later.extend((one, later) for one in ones),
            resume=self.resumed.append,
            renewals=[renewal("old", State.REJECTED)],
            no_tray_told=find_paths().no_tray_told,
            display=this_desktops_display(lambda: Language.ZH),
        )

    def open_window(self, name, thumbprint=None):
        if not self.has_windows:
            raise NoWindowError
        self.opened.append((name, thumbprint))

    def prepare(self):
        self.prepared += 1

    def is_in_front(self, name, thumbprint):
        return self.in_front == (name, thumbprint)

    def remind(self, count: int) -> None:
        for reminder in REMINDERS[:count]:
            self.bus.publish(ReminderRaised(reminder=reminder))

    def renewal_is(self, state, waiting=None, name="new"):
        self.bus.publish(RenewalChanged(renewal=renewal(name, state, waiting)))


async def draw_pictures():
    """Have all pictures drawn already: a notice whose picture is missing comes a little later."""
    for seal in CertificateStatus:
        await ensure_icon(seal)


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
    assert await until(lambda: "电子钥匙“财务”上已没有甲公司的证书" in _bodies(screen))
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
    assert "2 个数字证书" in _bodies(screen)


def _bodies(screen):
    return "".join(notice["body"] for notice in screen.notices())


async def test_a_window_that_cannot_be_opened_is_told_with_what_to_do_instead(no_panel, desk):
    screen, _ = no_panel("dunst")
    desk.has_windows = False
    desk.remind(1)
    assert await until(screen.shown)
    screen.run("dunstctl", "action", "0")
    assert await until(lambda: "odc-agent renew" in _bodies(screen))


async def test_a_renewal_that_succeeds_takes_the_reminder_off_the_screen(no_panel, desk):
    screen, _ = no_panel("dunst")
    desk.remind(1)
    assert await until(screen.shown)
    desk.renewal_is(State.INSTALLED)
    assert await until(lambda: "您的新证书已安装成功!" in _bodies(screen))


async def test_a_reminder_that_was_by_a_wrong_clock_leaves_the_screen(no_panel, desk):
    screen, _ = no_panel("dunst")
    desk.remind(1)
    assert await until(screen.shown)
    desk.bus.publish(ReminderTakenBack(thumbprint=f"{0:064x}"))
    assert await until(lambda: not screen.shown())


async def test_each_result_of_a_review_is_told_once(no_panel, desk):
    screen, _ = no_panel("dunst")
    await draw_pictures()
    told = []
    for state, waiting, is_told in (
        (State.REVIEWING, Waiting.REVIEW, False),
        (State.REJECTED, Waiting.APPLICANT, True),
        (State.REJECTED, Waiting.APPLICANT, False),
        (State.SIGNING, None, False),
        (State.REVIEWING, Waiting.REVIEW, False),
        (State.APPROVED, Waiting.SMS_CODE, True),
        (State.APPROVED, Waiting.NETWORK, False),
        (State.INSTALLED, None, True),
    ):
        desk.renewal_is(state, waiting)
        if is_told:
            told.append(state)
            assert await until(screen.shown)

    texts = [html.unescape(notice["body"]) for notice in await asyncio.to_thread(screen.notices)]
    assert texts[0] == "您的新证书已安装成功!"
    assert len(texts) <= len(told)


async def test_what_somebody_looks_at_needs_no_notice(no_panel, desk):
    screen, _ = no_panel("dunst")
    seen = renewal("new", State.APPROVED).thumbprint
    desk.in_front = ("renew", seen)
    desk.renewal_is(State.APPROVED, Waiting.SMS_CODE)
    desk.in_front = ("renew", "another")
    desk.renewal_is(State.INSTALLED)
    assert await until(screen.shown)
    [notice] = await asyncio.to_thread(screen.notices)
    assert "您的新证书已安装成功!" in html.unescape(notice["body"])


@pytest.mark.parametrize(
    ("state", "seal"),
    [
        (State.APPROVED, CertificateStatus.VALID),
        (State.INSTALLED, CertificateStatus.VALID),
        (State.REJECTED, CertificateStatus.EXPIRING),
        (State.FAILED, CertificateStatus.EXPIRED),
    ],
)
def test_good_news_has_no_warnings_picture(state, seal):
    assert renewal_notice(renewal("new", state), Language.ZH).seal is seal


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


async def test_what_was_told_before_the_start_is_not_told_again(no_panel, desk):
    screen, _ = no_panel("dunst")
    desk.renewal_is(State.REJECTED, Waiting.APPLICANT, "old")
    desk.renewal_is(State.INSTALLED, None, "new")
    assert await until(screen.shown)
    assert len(await asyncio.to_thread(screen.notices)) == 1


async def test_in_quiet_hours_results_wait(no_panel, desk, monkeypatch):
    screen, _ = no_panel("dunst")
    monkeypatch.setattr("agent.desktop.notices.telling.QUIET_SECONDS", 0.1)
    hour = desk.now.astimezone()
    span = [(hour + dt.timedelta(hours=h)).strftime("%H:%M") for h in (-1, 1)]
    desk.settings = ReminderSettings(quiet_hours="-".join(span))
    desk.renewal_is(State.INSTALLED)
    await asyncio.sleep(0.5)
    assert screen.shown() == 0
    desk.now += dt.timedelta(hours=2)
    assert await until(screen.shown)


async def test_notices_that_are_switched_off_are_not_shown(no_panel, desk):
    screen, _ = no_panel("dunst")
    desk.settings = ReminderSettings(notifications=False)
    desk.remind(3)
    desk.renewal_is(State.INSTALLED)
    desk.settings = ReminderSettings()
    desk.renewal_is(State.INSTALLED, None, "next")
    assert await until(screen.shown)
    assert len(await asyncio.to_thread(screen.notices)) == 1


async def test_a_desktop_without_a_tray_is_said_once_for_ever(
    no_panel, poster, monkeypatch, tmp_path
):
    monkeypatch.setattr(tray_host, "LOOK_AFTER_SECONDS", (0.0, 0.1))
    screen, _ = no_panel("dunst")
    opened = []

    async def tell():
        await tray_host.tell_once_without_tray(
            poster.board,
            tmp_path / "told",
            language=lambda: Language.ZH,
            open_main=lambda: opened.append("main"),
        )

    await tell()
    assert await until(screen.shown)
    screen.run("dunstctl", "action", "0")
    assert await until(lambda: opened == ["main"])
    await tell()
    poster.post(ONE)
    assert await until(screen.shown)
    shown = [notice["summary"] for notice in await asyncio.to_thread(screen.notices)]
    assert sorted(shown) == sorted([ONE.title, "证照管家"])


async def test_where_there_is_a_tray_nothing_is_said(
    own_environment, poster, monkeypatch, tmp_path
):
    monkeypatch.setattr(tray_host, "LOOK_AFTER_SECONDS", (0.0,))
    with desktop() as screen:
        own_environment(screen.environment)
        assert await look_for_tray_host() is TrayHost.PRESENT
        await tray_host.tell_once_without_tray(
            poster.board, tmp_path / "told", language=lambda: Language.ZH, open_main=lambda: None
        )
    assert not (tmp_path / "told").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="D-Bus")
async def test_without_a_bus_plyer_shows_it(own_environment, short_folder, poster):
    shown = short_folder / "shown"
    script = short_folder / "notify-send"
    script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {shown}\n')
    script.chmod(0o755)
    own_environment({"PATH": f"{short_folder}:{os.environ['PATH']}", "HOME": str(short_folder),
                     "ODC_HOME": str(short_folder), "XDG_RUNTIME_DIR": str(short_folder)})  # fmt: skip
    poster.post(ONE)
    assert await until(lambda: poster.closed == 1, seconds=40)
    assert ONE.text in shown.read_text()
