"""Windows opened by the agent's own part for it, on a real display with the real API."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from display import desktop, eventually

from agent.api.methods.control import PlaceParams
from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.server import Server
from agent.api.window_names import WINDOW_NAMES
from agent.desktop import window_processes
from agent.desktop import windows as desktop_windows
from agent.desktop.display import NoWindowError
from agent.desktop.terminals import terminal_command
from agent.desktop.windows import DesktopWindows, _OpenWindow
from agent.ground.language import Language
from agent.system.runtime import module_command


@pytest.fixture
def programs(short_folder, monkeypatch):
    """The only folder programs are looked for in; returns what adds a terminal to it."""
    monkeypatch.setenv("PATH", str(short_folder))
    monkeypatch.setenv("DISPLAY", ":99")

    def install(name):
        file = short_folder / name
        file.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {short_folder}/args\n')
        file.chmod(0o755)
        return file

    return install


@pytest.mark.parametrize(
    ("terminal", "option"),
    [("x-terminal-emulator", "-e"), ("xfce4-terminal", "-x"), ("gnome-terminal", "--"),
     ("konsole", "-e"), ("xterm", "-e")],
)  # fmt: skip
def test_each_terminal_is_told_the_command_in_its_own_way(programs, terminal, option):
    file = programs(terminal)
    assert terminal_command(["odc", "renew"]) == [str(file), option, "odc", "renew"]


def windows_of(server=None, language=Language.ZH):
    async def adopt(inherited):
        return await server.adopt(inherited, Role.CONTROL)

    windows = DesktopWindows(adopt, language=lambda: language)
    if server is not None:
        server.hearing.append(windows)
    return windows


def without_qt(monkeypatch):
    monkeypatch.setattr(desktop_windows, "find_spec", lambda _name: None)


@pytest.mark.parametrize(
    ("opened", "command"),
    [
        (("renew", "ab" * 32), ["renew", "--thumbprint", "ab" * 32]),
        (("consent", "c0ffee"), ["sites", "ask", "c0ffee"]),
        (("pin",), ["pin", "change"]),
    ],
)
def test_without_qt_a_terminal_stands_in_for_a_window(
    programs, short_folder, monkeypatch, opened, command
):
    programs("xterm")
    without_qt(monkeypatch)
    windows_of().open_window(*opened)
    written = short_folder / "args"
    assert eventually(lambda: written.exists() and written.read_text().endswith(f"{command[-1]}\n"))
    assert written.read_text().split() == [
        "-e", *module_command("agent.desktop.terminal", *command),
    ]  # fmt: skip


def test_without_qt_and_without_a_terminal_the_advice_names_the_command(programs, monkeypatch):
    without_qt(monkeypatch)
    with pytest.raises(NoWindowError) as refused:
        windows_of().open_window("renew")
    assert refused.value.text(Language.ZH) == "此处无法打开窗口。"
    assert "odc-agent renew" in refused.value.advice_text(Language.ZH)


@pytest.mark.parametrize("name", ["renew", "main", "consent"])
def test_without_a_display_nothing_is_started(programs, short_folder, monkeypatch, name):
    programs("xterm")
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(NoWindowError):
        windows_of().open_window(name)
    assert not (short_folder / "args").exists()


@contextlib.contextmanager
def managed_screen(manager=("xfwm4", "--compositor=off"), **options):
    """A display with a window manager and nothing else."""
    with desktop(panel=False, notifications="", **options) as running:
        started = subprocess.Popen(manager, env=running.environment)
        try:
            yield running
        finally:
            started.kill()
            started.wait()


@pytest.fixture
def screen(own_environment):
    with managed_screen() as running:
        own_environment(running.environment)
        yield running


def ids_of(screen, title):
    return screen.run("xdotool", "search", "--onlyvisible", "--name", title).split()


def pid_of(screen, window):
    return int(screen.run("xdotool", "getwindowpid", window))


def is_alive(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


async def until(ask):
    return await asyncio.to_thread(eventually, ask, seconds=40.0)


@pytest.fixture
async def server():
    """The real API without the agent's parts: a window asks, and is refused what is not there."""

    async def subscribe(_call: Call, _params: NoParams) -> dict[str, str]:
        return {}

    async def placed(call: Call, params: PlaceParams) -> dict[str, str]:
        for windows in running.hearing:
            windows.placed(call.connection, (params.x, params.y, params.width, params.height))
        return {}

    registry = Registry()
    registry.add("events.subscribe", NoParams, subscribe, Role.CONTROL)
    registry.add("windows.came_forward", NoParams, subscribe, Role.CONTROL)
    registry.add("windows.placed", PlaceParams, placed, Role.CONTROL)
    running = Server(registry)
    running.hearing = []
    yield running
    await running.close()


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


@pytest.fixture
def soon(monkeypatch):
    """A process is made ready at once, and kept for a second."""
    monkeypatch.setattr(window_processes, "DELAY_SECONDS", 0.0)
    monkeypatch.setattr(window_processes, "KEPT_SECONDS", 1.0)


async def test_the_next_window_is_the_process_that_waits(screen, server, soon, monkeypatch):
    monkeypatch.setattr(window_processes, "KEPT_SECONDS", 60.0)
    windows = windows_of(server)
    try:
        windows.open_window("main")
        assert await until(lambda: ids_of(screen, "^证照管家$"))
        assert await until(lambda: windows.spare_pid is not None)
        waiting = windows.spare_pid
        windows.open_window("about")
        [about] = await until(lambda: ids_of(screen, "关于我们"))
        assert pid_of(screen, about) == waiting
        assert await until(lambda: windows.spare_pid not in (None, waiting))
        waiting = windows.spare_pid
    finally:
        await windows.close()
    assert not is_alive(waiting)


async def test_whoever_opens_the_menu_has_a_process_made_ready_at_once(screen, server, monkeypatch):
    monkeypatch.setattr(window_processes, "DELAY_SECONDS", 600.0)
    windows = windows_of(server)
    try:
        windows.prepare()  # a token was plugged in: no hurry
        await asyncio.sleep(0.1)
        assert windows.spare_pid is None
        windows.prepare(at_once=True)
        assert await until(lambda: windows.spare_pid is not None)
    finally:
        await windows.close()


async def test_no_process_waits_for_ever(screen, server, soon):
    windows = windows_of(server)
    windows.prepare()
    try:
        assert await until(lambda: windows.spare_pid is not None)
        waiting = windows.spare_pid
        assert await until(lambda: windows.spare_pid is None and not is_alive(waiting))
    finally:
        await windows.close()


async def test_a_process_that_is_killed_while_it_waits_costs_no_window(
    screen, server, soon, monkeypatch
):
    monkeypatch.setattr(window_processes, "KEPT_SECONDS", 60.0)
    windows = windows_of(server)
    windows.prepare()
    try:
        assert await until(lambda: windows.spare_pid is not None)
        os.kill(windows.spare_pid, signal.SIGKILL)
        assert await until(lambda: windows.spare_pid is None)
        windows.open_window("main")
        assert await until(lambda: ids_of(screen, "^证照管家$"))
    finally:
        await windows.close()


def test_the_terminal_stays_open_until_its_last_sentence_is_read(short_folder):
    environment = {**os.environ, "ODC_HOME": str(short_folder), "ODC_NO_START": "1",
                   "ODC_LANGUAGE": "en"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "agent.desktop.terminal", "renew"],
        env=environment, input="\n", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "The agent cannot be reached" in done.stderr
    assert done.stdout.endswith("Press Enter to close this window.")


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
