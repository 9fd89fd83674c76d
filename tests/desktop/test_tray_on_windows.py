"""The tray icon on a Windows that has a place for it: the real child, which the real API serves."""

from __future__ import annotations

import asyncio
import contextlib
import logging

import pytest
from tray_agent import certificate, token, token_list, tray_agent

from agent.desktop.notices.balloon import BalloonDisplay
from agent.desktop.notices.board import NoticeBoard, Posted
from agent.desktop.notices.choosing import ButtonsWherePossible
from agent.desktop.notices.model import Button, Notice
from agent.desktop.notices.windows_toast import ToastDisplay
from agent.desktop.supervisor import TraySupervisor
from agent.ground.language import Language
from agent.system.runtime import ensure_runtime_folder

pytestmark = pytest.mark.windows
LONG = "深圳市" + "样例" * 60 + "有限公司 A&B"
NOTICE = Notice(title=LONG, text=LONG * 4, buttons=(Button("renew", "立即更新"),), is_urgent=True)


@contextlib.asynccontextmanager
async def supervised(agent):
    supervisor = TraySupervisor(agent.adopt, language=Language.ZH)
    supervisor.start()
    try:
        yield supervisor
    finally:
        await supervisor.close()


async def until(ask, seconds=60.0):
    async with asyncio.timeout(seconds):
        while not ask():  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.1)
    return True


async def test_the_icon_is_there_and_says_what_there_are_no_toasts_for(own_folders, caplog):
    caplog.set_level(logging.INFO)
    async with tray_agent() as agent, supervised(agent) as supervisor:
        agent.change(token_list(token(certificate(organisation=LONG, text=f"已过期 {LONG}"))))
        assert await until(lambda: supervisor._connection is not None)
        first = supervisor.pid
        toasts = ToastDisplay(lambda: Language.ZH)
        board = NoticeBoard(ButtonsWherePossible(toasts, BalloonDisplay(supervisor.say), login=0))
        closed = asyncio.Event()
        board.post("a", Posted(notice=NOTICE, pressed=lambda _key: None, closed=closed.set))
        await asyncio.wait_for(closed.wait(), 60)
        assert board.failure == ""
        agent.change(token_list())
        await asyncio.sleep(2)
        assert supervisor.pid == first, caplog.text
        assert list(ensure_runtime_folder().glob("tray-*"))
        await board.close()
    assert not list(ensure_runtime_folder().glob("tray-*"))
    assert "tray ended" not in caplog.text
