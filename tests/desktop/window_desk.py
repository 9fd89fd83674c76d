"""Windows opened by the agent's own part for it, and what a screen knows of them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess

from display import desktop, eventually

from agent.api.registry import Role
from agent.desktop.windows import DesktopWindows
from agent.ground.language import Language


def windows_of(server=None, language=Language.ZH):
    async def adopt(inherited):
        return await server.adopt(inherited, Role.CONTROL)

    windows = DesktopWindows(adopt, language=lambda: language)
    if server is not None:
        server.hearing.append(windows)
    return windows


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
