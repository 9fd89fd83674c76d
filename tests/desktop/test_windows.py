"""Windows opened by the agent's own part for it, on a real display with the real API."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import signal
from pathlib import Path

import pytest
from window_desk import ids_of, is_alive, managed_screen, pid_of, until, windows_of

from agent.api.window_names import WINDOW_NAMES
from agent.desktop.windows import _OpenWindow
from agent.ground.language import Language


async def test_a_second_request_raises_the_window_that_is_open(screen, server):
    windows = windows_of(server)
    try:
        windows.open_window("main")
        [first] = await until(lambda: ids_of(screen, "^证照管家$"))
        windows.open_window("about")
        assert await until(lambda: ids_of(screen, "关于我们") == [screen.active()])
        windows.open_window("main")
        assert await until(lambda: screen.active() == first)
        assert ids_of(screen, "^证照管家$") == [first]
    finally:
        await windows.close()
    assert await until(lambda: not ids_of(screen, "^证照管家$"))


async def test_a_window_that_is_killed_costs_nothing_and_opens_again(screen, server):
    windows = windows_of(server, Language.EN)
    try:
        windows.open_window("main")
        [first] = await until(lambda: ids_of(screen, "^Certificate Manager$"))
        os.kill(pid_of(screen, first), signal.SIGKILL)
        assert await until(lambda: not windows.open_names)
        windows.open_window("main")
        assert await until(lambda: ids_of(screen, "^Certificate Manager$"))
    finally:
        await windows.close()
    assert not windows.open_names


@pytest.mark.parametrize(
    ("name", "title"), [("pin", "修改PIN码"), ("renew", "证照更新"), ("sign", "签署文件")]
)
async def test_a_window_that_takes_pins_writes_no_core(screen, server, name, title):
    windows = windows_of(server)
    try:
        windows.open_window(name)
        [shown] = await until(lambda: ids_of(screen, f"^{title}$"))
        limits = Path(f"/proc/{pid_of(screen, shown)}/limits").read_text()
    finally:
        await windows.close()
    [line] = [line for line in limits.splitlines() if line.startswith("Max core file size")]
    assert line.split()[-3:-1] == ["0", "0"]


TITLES = {
    "main": "证照管家", "renew": "证照更新", "pin": "修改PIN码", "check": "环境检测", "about": "关于我们",
    "help": "帮助", "settings": "设置", "sites": "网站", "sign": "签署文件",
}  # fmt: skip
"""All windows but the two that a site's question opens."""
SCREEN = (1280, 720)
NARROWEST = 400


async def test_each_window_is_on_the_screen_as_a_whole_at_200_percent(own_environment, server):
    assert {*TITLES, "consent", "token_use"} == set(WINDOW_NAMES)
    width, height = SCREEN
    with managed_screen(size=f"{width}x{height}") as screen:
        own_environment({**screen.environment, "QT_SCALE_FACTOR": "2"})
        windows = windows_of(server)
        try:
            for name, title in TITLES.items():
                windows.open_window(name)
                [shown] = await until(lambda title=title: ids_of(screen, f"^{title}"))
                await asyncio.sleep(0.3)  # its manager puts it in its frame meanwhile
                place = place_of(screen, shown)
                assert min(place["X"], place["Y"]) >= 0, (name, place)
                assert place["X"] + place["WIDTH"] <= width, (name, place)
                assert place["Y"] + place["HEIGHT"] <= height, (name, place)
                assert place["WIDTH"] > 2 * NARROWEST, "twice as large"
                os.kill(pid_of(screen, shown), signal.SIGTERM)
                assert await until(lambda title=title: not ids_of(screen, f"^{title}"))
        finally:
            await windows.close()


async def test_each_window_opens_whole_on_the_screen_and_never_exactly_over_another(
    own_environment, server
):
    width, height = 1024, 768
    with managed_screen(size=f"{width}x{height}") as screen:
        own_environment(screen.environment)
        windows, frames = windows_of(server), {}
        try:
            for name, title in TITLES.items():
                windows.open_window(name)
                [shown] = await until(lambda title=title: ids_of(screen, f"^{title}"))
                assert await until(lambda: all(each.place for each in windows._open.values()))
                frames[name] = frame_of(screen, shown)
        finally:
            await windows.close()
    for name, (left, top, right, bottom) in frames.items():
        assert min(left, top) >= 0, (name, frames)
        assert right <= width, (name, frames)
        assert bottom <= height, (name, frames)
    for (one, first), (other, second) in itertools.combinations(frames.items(), 2):
        apart = max(abs(a - b) for a, b in zip(first[:2], second[:2], strict=True))
        assert apart >= 24, (one, other, frames)


@pytest.mark.parametrize("pointer", [300, 1024 + 300])
async def test_a_window_opens_on_the_monitor_somebody_works_at(own_environment, server, pointer):
    # openbox: xfwm4 knows monitors by their outputs, of which Xvfb has one.
    with managed_screen(["openbox"], size="2048x768", monitors=2) as screen:
        own_environment(screen.environment)
        windows = windows_of(server)
        try:
            screen.run("xdotool", "mousemove", str(pointer), "400")
            for name in ("about", "pin"):
                windows.open_window(name)
                [shown] = await until(lambda name=name: ids_of(screen, f"^{TITLES[name]}"))
                assert await until(lambda: all(each.place for each in windows._open.values()))
                left, _, right, _ = frame_of(screen, shown)
                assert left // 1024 == (right - 1) // 1024 == pointer // 1024
        finally:
            await windows.close()


def frame_of(screen, window):
    """Return left, top, right and bottom of a window with its frame."""
    told = screen.run("xwininfo", "-id", window)
    x, y, width, height = (
        int(re.search(rf"{name}: +(-?\d+)", told)[1])
        for name in ("Absolute upper-left X", "Absolute upper-left Y", "Width", "Height")
    )
    extents = screen.run("xprop", "-id", window, "_NET_FRAME_EXTENTS").partition("=")[2]
    left, right, top, bottom = (int(each) for each in extents.split(","))
    return x - left, y - top, x + width + right, y + height + bottom


def place_of(screen, window):
    told = screen.run("xdotool", "getwindowgeometry", "--shell", window).split()
    return {key: int(value) for key, _, value in (line.partition("=") for line in told)}


async def test_a_window_asked_for_while_it_closes_opens_again(screen, server):
    windows = windows_of(server)
    try:
        windows.open_window("main")
        [first] = await until(lambda: ids_of(screen, "^证照管家$"))
        pid = pid_of(screen, first)
        os.kill(pid, signal.SIGSTOP)  # it takes no event any more, as one that is about to end
        windows.open_window("main")
        os.kill(pid, signal.SIGKILL)
        # Its number may be the same: an X server gives them out anew.
        [again] = await until(lambda: not is_alive(pid) and ids_of(screen, "^证照管家$"))
        assert pid_of(screen, again) != pid
    finally:
        await windows.close()


async def test_a_window_outlives_an_agent_that_is_gone_and_says_so(screen, server, monkeypatch):
    windows = windows_of(server)
    try:
        windows.open_window("main")
        assert await until(lambda: ids_of(screen, "^证照管家$"))
        await server.close()
        assert await until(lambda: ids_of(screen, "证照管家已退出"))
    finally:
        await windows.close()


async def test_the_agent_knows_what_a_window_in_front_shows(server):
    windows = windows_of(server)
    ours, theirs = object(), object()
    for name, connection in (("renew", ours), ("main", theirs)):
        windows._open[name, ""] = _OpenWindow("", connection=connection)
    windows.in_front(ours, "a thumbprint")
    windows.in_front(theirs, "another")
    assert windows.is_in_front("renew", "a thumbprint")
    assert not windows.is_in_front("renew", "another")
    windows.in_front(ours, "")
    assert not windows.is_in_front("renew", "a thumbprint")
    windows._open.clear()
