"""One icon, of the kind the desktop takes, whichever of panel and agent comes first, goes or comes back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal

import pytest
from display import (
    PANEL_HEIGHT,
    desktop,
    eventually,
    missing_programs,
    start_bare_host,
    start_panel,
    start_xembed_panel,
)
from PIL import Image
from tray_agent import tray_agent

from agent.desktop.supervisor import TraySupervisor

RED = (217, 45, 32)
SECONDS = 40.0
"""Each change of kind starts a toolkit anew, which a busy machine takes its time for."""


class Screen:
    """A desktop whose panels come and go, seen as somebody sees it."""

    def __init__(self, stack, running, folder):
        self._stack, self._running = stack, running
        self._file = folder / "panel.png"

    async def start(self, start, *options):
        return await asyncio.to_thread(start, self._stack, self._running, *options)

    async def end(self, process):
        os.killpg(process.pid, signal.SIGKILL)
        await asyncio.to_thread(process.wait)

    async def shows(self, *, items, seals):
        """Wait until so many items are registered and seals drawn, and see that it stays so."""
        wanted = (items, seals)
        await asyncio.to_thread(eventually, lambda: self._seen() == wanted, seconds=SECONDS)
        await asyncio.sleep(1)
        assert await asyncio.to_thread(self._seen) == wanted

    def _seen(self):
        return len(self._running.tray_items()), self._seals()

    def _seals(self):
        """Count what is red beside one another on the panel."""
        with Image.open(self._running.screenshot(self._file)) as image:
            panel = image.convert("RGB").crop((0, 0, image.width, PANEL_HEIGHT + 8))
        pixels = panel.load()
        columns = [
            any(_is_red(pixels[x, y]) for y in range(panel.height)) for x in range(panel.width)
        ]
        return sum(
            now and not before for before, now in zip([False, *columns], columns, strict=False)
        )


def _is_red(pixel):
    return max(abs(a - b) for a, b in zip(pixel, RED, strict=True)) < 40


@pytest.fixture
def screen(own_environment, tmp_path):
    if missing := missing_programs():
        pytest.skip(f"needs {', '.join(missing)}")
    with contextlib.ExitStack() as stack:
        running = stack.enter_context(desktop(panel=False, notifications=""))
        own_environment({**running.environment, "ODC_LANGUAGE": "zh_CN"})
        yield Screen(stack, running, tmp_path)


@pytest.fixture
async def tray(screen):
    async with tray_agent() as agent:
        supervisor = TraySupervisor(agent.adopt)
        yield supervisor
        await supervisor.close()


async def test_there_is_one_icon_when_panel_and_agent_start_together(screen, tray):
    tray.start()
    await screen.start(start_panel)
    await screen.shows(items=1, seals=1)


async def test_there_is_one_icon_when_the_panel_comes_later_ends_and_comes_back(screen, tray):
    tray.start()
    await asyncio.sleep(3)
    panel = await screen.start(start_panel)
    await screen.shows(items=1, seals=1)
    await screen.end(panel)
    await screen.start(start_panel)
    await screen.shows(items=1, seals=1)


@pytest.mark.parametrize("is_first", [True, False], ids=["agent first", "panel first"])
async def test_a_panel_that_knows_old_icons_alone_shows_one(screen, tray, is_first):
    if is_first:
        tray.start()
        await asyncio.sleep(3)
    panel = await screen.start(start_xembed_panel)
    if not is_first:
        tray.start()
    await screen.shows(items=0, seals=1)
    await screen.end(panel)
    await screen.start(start_xembed_panel)
    await screen.shows(items=0, seals=1)


async def test_an_icon_is_an_item_whenever_there_is_a_host_for_it(screen, tray):
    await screen.start(start_xembed_panel)
    tray.start()
    await screen.shows(items=0, seals=1)
    host = await screen.start(start_bare_host)
    await screen.shows(items=1, seals=0)
    await screen.end(host)
    await screen.shows(items=0, seals=1)


async def test_a_watcher_nobody_hosts_for_takes_no_icon_away(screen, tray):
    watcher = await screen.start(start_bare_host, "--without-host")
    await screen.start(start_xembed_panel)
    tray.start()
    await screen.shows(items=0, seals=1)
    watcher.send_signal(signal.SIGUSR1)  # now there is a host
    await screen.shows(items=1, seals=0)
