"""Notices with buttons: real daemons on a real bus, which hang, end and come back."""

from __future__ import annotations

import asyncio
import contextlib
import html
import os
import signal
import sys

import pytest
from display import desktop, start_bus_at, start_daemon
from notice_desk import (
    ONE,
    OTHER,
    until,
)

from agent.checks.probes.desktop import look_for_tray_host
from agent.checks.verdicts.desktop import TrayHost
from agent.desktop import tray_host
from agent.desktop.notices import choosing, freedesktop
from agent.desktop.notices.board import NoticeBoard, Posted
from agent.desktop.notices.choosing import ButtonsWherePossible
from agent.desktop.notices.freedesktop import FreedesktopDisplay
from agent.desktop.notices.model import Notice
from agent.desktop.notices.plyer import PlyerDisplay
from agent.ground.language import Language


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
