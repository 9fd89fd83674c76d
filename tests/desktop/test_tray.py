"""The tray on a real panel: Xvfb, xfce4-panel, a session bus, and the real local API."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from pathlib import Path

import pytest
from display import PANEL_HEIGHT, artefacts, desktop, eventually
from PIL import Image
from reminders_maker import renewal
from tray_agent import ORGANISATION, certificate, token, token_list, tray_agent

from agent.api.views.renewals import renewal_view
from agent.desktop.supervisor import TraySupervisor
from agent.ground.language import Language
from agent.renewals.journal.states import State, Waiting
from agent.system.handed_sockets import handing, name_of
from agent.system.runtime import ensure_runtime_folder

EXPIRED_LINE = f"签名证书-{ORGANISATION}  已过期961天"
VALID = token_list(token(certificate(days=300, text="剩余300天")))
RENEWAL = renewal_view(renewal("r", State.REVIEWING, Waiting.REVIEW), Language.ZH)
RED = (217, 45, 32)
GREEN = (31, 157, 77)


async def until(ask, *, seconds=45.0):
    """Ask in a thread, so that the API can answer the tray meanwhile."""
    return await asyncio.to_thread(eventually, ask, seconds=seconds)


@contextlib.asynccontextmanager
async def supervised(agent, **options):
    supervisor = TraySupervisor(agent.adopt, **options)
    supervisor.start()
    try:
        yield supervisor
    finally:
        await supervisor.close()


@pytest.fixture
async def agent(desk):
    async with tray_agent() as running:
        yield running


def pixels_in_panel(file, colour, scale=1):
    """Count the pixels of about that colour in the panel."""
    with Image.open(file) as image:
        panel = image.convert("RGB").crop((0, 0, image.width, PANEL_HEIGHT * scale))
    raw = panel.tobytes()
    points = zip(raw[::3], raw[1::3], raw[2::3], strict=True)
    return sum(max(abs(a - b) for a, b in zip(p, colour, strict=True)) < 24 for p in points)


async def test_an_expired_certificate_shows_as_a_red_seal_on_the_panel(desk, agent, tmp_path):
    file = artefacts(tmp_path) / "tray-expired.png"
    async with supervised(agent):
        items = await until(desk.tray_items)
        red = await until(lambda: pixels_in_panel(desk.screenshot(file), RED) > 60)
    assert [item.partition("/")[2] for item in items] == ["org/ayatana/NotificationItem/odc_agent"]
    assert red


@pytest.mark.parametrize(("is_dark", "scale"), [(True, 2), (False, 1), (False, 2)])
async def test_the_seal_is_seen_on_light_panels_and_at_double_size(
    own_environment, tmp_path, is_dark, scale
):
    name = f"tray-{'dark' if is_dark else 'light'}-{scale}.png"
    file = artefacts(tmp_path) / name
    with desktop(is_dark=is_dark, scale=scale) as screen:
        own_environment({**screen.environment, "ODC_LANGUAGE": "zh_CN"})
        async with tray_agent() as agent, supervised(agent):
            red = await until(
                lambda: pixels_in_panel(screen.screenshot(file), RED, scale) > 60 * scale**2
            )
    assert red


async def test_the_menu_opens_by_the_mouse(desk, agent, tmp_path):
    agent.renewals = (RENEWAL,)
    async with supervised(agent):
        assert await until(lambda: "审核" in desk.menu())
        file = artefacts(tmp_path) / "tray-menu.png"
        assert await until(lambda: pixels_in_panel(desk.screenshot(file), RED) > 60)
        await asyncio.to_thread(desk.run, "xdotool", "mousemove", "16", "16", "click", "1")
        assert await until(lambda: has_menu(desk.screenshot(file)))


async def test_a_window_is_prepared_whenever_the_menu_is_opened(desk, agent, tmp_path):
    async def open_menu(colour):
        # The icon is where it is clicked, and its menu the one that belongs to it.
        file = tmp_path / "panel.png"
        assert await until(lambda: pixels_in_panel(desk.screenshot(file), colour) > 60)
        agent.prepared = 0
        await asyncio.to_thread(desk.run, "xdotool", "mousemove", "16", "16", "click", "1")
        assert await until(lambda: agent.prepared > 0)
        await asyncio.to_thread(desk.run, "xdotool", "key", "Escape")

    async with supervised(agent):
        await open_menu(RED)
        agent.change(VALID)  # the menu is another one from now on
        assert await until(lambda: "剩余300天" in desk.menu())
        await open_menu(GREEN)


def has_menu(file):
    """Whether something other than the black root window hangs below the panel's left end."""
    with Image.open(file) as image:
        below = image.convert("L").crop((4, 40, 200, 140))
    return below.getextrema()[0] > 0


async def test_the_menu_tells_each_certificate_with_its_days(desk, agent):
    async with supervised(agent):
        menu = await until(lambda: EXPIRED_LINE in (text := desk.menu()) and text)
    assert f"加密证书-{ORGANISATION}  已过期961天" in menu
    assert "证照更新" in menu
    assert "退出" in menu


async def test_the_menu_is_english_when_the_agent_is(desk, agent):
    async with supervised(agent, language=Language.EN):
        assert await until(lambda: "'label': <'Quit'>" in (text := desk.menu()) and text)


async def test_the_menu_changes_its_language_while_the_agent_runs(desk, agent):
    async with supervised(agent, language=Language.ZH) as tray:
        assert await until(lambda: "'label': <'退出'>" in desk.menu())
        tray.speak(Language.EN)
        assert await until(lambda: "'label': <'Quit'>" in desk.menu())


async def test_the_icon_follows_what_is_plugged_in(desk, agent, tmp_path):
    file = artefacts(tmp_path) / "tray-valid.png"
    async with supervised(agent):
        assert await until(lambda: EXPIRED_LINE in desk.menu())
        agent.change(VALID)
        assert await until(lambda: "剩余300天" in desk.menu())
        assert await until(lambda: pixels_in_panel(desk.screenshot(file), GREEN) > 60)
        assert pixels_in_panel(file, RED) == 0
        agent.change(token_list())
        assert await until(lambda: "未插入电子钥匙" in desk.menu())


async def test_each_entry_opens_its_window(desk, agent):
    async with supervised(agent):
        for label, window in (("修改PIN码", "pin"), ("环境检测", "check"), ("设置", "settings"),
                              ("打开证照管家", "main")):  # fmt: skip
            assert await until(lambda label=label: label in desk.menu())
            await asyncio.to_thread(desk.click, label)
            assert await asyncio.wait_for(agent.windows.get(), 10) == window


async def test_renewal_is_one_click_away(desk, agent):
    async with supervised(agent):
        assert await until(lambda: "证照更新" in desk.menu())
        await asyncio.to_thread(desk.click, "证照更新")
        assert await asyncio.wait_for(agent.windows.get(), 10) == "renew"


async def test_a_click_that_cannot_be_answered_says_what_to_do_instead(desk, agent):
    agent.has_windows = False
    async with supervised(agent):
        assert await until(lambda: "证照更新" in desk.menu())
        await asyncio.to_thread(desk.click, "证照更新")
        notices = await until(desk.notices)
    assert "odc-agent renew" in notices[0]["body"]


async def test_quit_ends_the_agent(desk, agent):
    async with supervised(agent):
        assert await until(lambda: "退出" in desk.menu())
        await asyncio.to_thread(desk.click, "退出")
        await asyncio.wait_for(agent.quit.wait(), 10)


async def test_a_killed_tray_comes_back(desk, agent):
    async with supervised(agent) as supervisor:
        first = await until(desk.tray_items)
        os.kill(killed := supervisor.pid, signal.SIGKILL)
        assert await until(lambda: supervisor.pid not in (None, killed))
        assert await until(lambda: (items := desk.tray_items()) and items != first)


async def test_closing_leaves_neither_the_tray_nor_its_files(desk, agent):
    ours = ensure_runtime_folder()
    killed_ones = ours / "tray-left"
    killed_ones.mkdir()
    async with supervised(agent) as supervisor:
        assert await until(desk.tray_items)
        pid = supervisor.pid
        assert await until(lambda: list(ours.glob("tray-*/*")))
        assert not killed_ones.exists()
    assert not list(ours.glob("tray-*"))
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert await until(lambda: not desk.tray_items())


async def test_the_supervisor_outlives_the_display_and_tries_again(desk, agent, caplog):
    caplog.set_level(logging.WARNING, "agent.desktop.supervisor")
    async with supervised(agent) as supervisor:
        assert await until(desk.tray_items)
        desk.server.kill()
        assert await until(lambda: caplog.text.count("tray ended") >= 2)
        assert not supervisor._task.done()


async def test_without_a_session_bus_the_tray_ends_and_is_tried_again(
    desk, agent, caplog, monkeypatch
):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
    async with supervised(agent):
        assert await until(lambda: caplog.text.count("tray ended") >= 2)
    assert "the toolkit failed" in caplog.text
    assert "Traceback" not in caplog.text


async def test_a_session_bus_that_comes_later_than_the_agent_brings_the_icon(
    desk, agent, caplog, monkeypatch, short_folder
):
    bus = desk.environment["DBUS_SESSION_BUS_ADDRESS"].split(",")[0].partition("path=")[2]
    later = short_folder / "bus"
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={later}")
    async with supervised(agent):
        assert await until(lambda: "tray ended" in caplog.text)
        assert desk.tray_items() == []
        later.symlink_to(bus)
        assert await until(desk.tray_items)


async def test_a_notification_service_that_cannot_be_started_costs_no_icon(own_environment):
    with desktop(notifications="") as screen:
        services = Path(screen.environment["XDG_DATA_HOME"], "dbus-1", "services")
        services.mkdir(parents=True)
        name = "org.freedesktop.Notifications"
        entry = f"[D-BUS Service]\nName={name}\nExec=/bin/false\n"
        (services / f"{name}.service").write_text(entry)
        bus = "org.freedesktop.DBus"
        screen.run("gdbus", "call", "--session", "--dest", bus, "--object-path", "/",
                   "--method", f"{bus}.ReloadConfig")  # fmt: skip
        own_environment({**screen.environment, "ODC_LANGUAGE": "zh_CN"})
        async with tray_agent() as agent, supervised(agent):
            assert await until(screen.tray_items)
            agent.has_windows = False
            assert await until(lambda: "证照更新" in screen.menu())
            await asyncio.to_thread(screen.click, "证照更新")  # refused, and no notice can say so
            agent.change(VALID)
            assert await until(lambda: "剩余300天" in screen.menu()), "the icon goes on"


async def test_the_tray_ends_when_the_agent_goes(desk, agent):
    ours, theirs = socket.socketpair()
    with theirs:
        tray = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "agent.desktop.tray", name_of(theirs), **handing(theirs)
        )
    await agent.adopt(ours)
    assert await until(desk.tray_items)
    await agent.server.close()
    assert await asyncio.wait_for(tray.wait(), 10) == 0
