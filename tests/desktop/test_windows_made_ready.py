"""The process that waits to be the next window, with Python and Qt loaded."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from window_desk import ids_of, is_alive, pid_of, until, windows_of

from agent.desktop import window_processes


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
