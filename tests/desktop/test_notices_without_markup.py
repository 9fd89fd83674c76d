"""Words of strangers in notices and in the tray's menu are shown letter by letter, by whatever daemon."""

from __future__ import annotations

import asyncio
import contextlib
import html
import json

import msgspec
import pytest
from display import desktop, eventually, start_plain_daemon
from reminders_maker import REMINDERS, renewal
from tray_agent import certificate, token, token_list, tray_agent

from agent.desktop.notices.choosing import ButtonsWherePossible
from agent.desktop.notices.freedesktop import FreedesktopDisplay
from agent.desktop.notices.plyer import PlyerDisplay
from agent.desktop.notices.reminding import forgotten_notice, reminder_notice, silenced_notice
from agent.desktop.notices.telling import renewal_notice
from agent.desktop.supervisor import TraySupervisor
from agent.desktop.windows import NoWindowError
from agent.ground.language import Language
from agent.remembered.model import Forgotten
from agent.renewals.journal.states import State

MARKUP = '<img src="x"><a href="y">&<table>'
HOSTILE = msgspec.structs.replace(REMINDERS[0], title=f"甲{MARKUP}", text=f"乙{MARKUP}")
GONE = Forgotten(thumbprint="0" * 64, organisation=f"丙{MARKUP}", label=f"丁{MARKUP}")
RENEWAL = msgspec.structs.replace(renewal("r", State.INSTALLED), organisation=f"戊{MARKUP}")
NOTICES = (
    reminder_notice((HOSTILE,), Language.ZH),
    silenced_notice(HOSTILE, Language.ZH),
    forgotten_notice((GONE,), Language.ZH),
    renewal_notice(RENEWAL, Language.ZH),
)


@pytest.mark.parametrize("has_buttons", [True, False], ids=["buttons", "no buttons"])
@pytest.mark.parametrize("takes_markup", [True, False], ids=["mark-up", "no mark-up"])
async def test_a_notices_text_is_escaped_for_daemons_that_take_markup_and_for_no_others(
    own_environment, tmp_path, has_buttons, takes_markup
):
    able = ["actions"] * has_buttons + ["body-markup"] * takes_markup
    file = tmp_path / "shown"
    with contextlib.ExitStack() as stack:
        screen = stack.enter_context(desktop(panel=False, notifications=""))
        own_environment(screen.environment)
        await asyncio.to_thread(start_plain_daemon, stack, screen, file, *able)
        display = ButtonsWherePossible(FreedesktopDisplay(lambda: Language.ZH), PlyerDisplay())
        for number, notice in enumerate(NOTICES):
            await display.show(f"{number}", notice)
        await display.close()
    shown = [tuple(json.loads(line)) for line in file.read_text().splitlines()]
    read = html.unescape if takes_markup else str
    assert [(title, read(text)) for title, text in shown] == [(n.title, n.text) for n in NOTICES]
    assert any("<img" in text for _title, text in shown) is not takes_markup


async def test_the_trays_menu_and_its_own_notice_say_what_strangers_wrote(desk, monkeypatch):
    monkeypatch.setattr(NoWindowError, "sentence", f"己{MARKUP}")
    held = token(certificate(organisation=f"庚{MARKUP}"), label=f"辛{MARKUP}")
    async with tray_agent(token_list(held, token(label="b"))) as agent:
        agent.has_windows = False
        supervisor = TraySupervisor(agent.adopt)
        supervisor.start()
        menu = await asyncio.to_thread(eventually, lambda: MARKUP in (text := desk.menu()) and text)
        assert f"辛{MARKUP}" in menu
        assert f"庚{MARKUP}" in menu
        await asyncio.to_thread(desk.click, "证照更新")
        [notice] = await asyncio.to_thread(eventually, desk.notices)
        await supervisor.close()
    assert html.unescape(notice["body"]).startswith(f"己{MARKUP}")
    assert "<img" not in notice["body"]
