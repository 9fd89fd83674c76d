"""A desktop without a place for tray icons, as stock GNOME: said once, and never again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path

from agent.checks.probes.desktop import look_for_tray_host
from agent.checks.verdicts.desktop import TrayHost
from agent.desktop.notices.board import NoticeBoard, Posted
from agent.desktop.notices.model import Button, Notice
from agent.ground.language import Language, mark, translate
from agent.system.files import write_private

log = logging.getLogger(__name__)

SLOT = "no tray"
LOOK_AFTER_SECONDS = (15.0, 60.0)
"""At login the panel may come later than the agent; only what is missing each time is missing."""


async def tell_once_without_tray(
    board: NoticeBoard,
    told: Path,
    *,
    language: Callable[[], Language],
    open_main: Callable[[], None],
    look: Callable[[], Awaitable[TrayHost]] = look_for_tray_host,
) -> None:
    """Say once that there is no tray icon and how the agent is reached; ``told`` remembers that."""
    if told.exists():
        return
    for seconds in LOOK_AFTER_SECONDS:
        await asyncio.sleep(seconds)
        if await look() is not TrayHost.ABSENT:
            return
    log.info("no tray host")
    notice = no_tray_notice(language())
    board.post(SLOT, Posted(notice=notice, pressed=lambda _key: open_main()))
    try:
        write_private(told, b"")
    except OSError as error:
        log.warning("not remembered that there is no tray: %s", error)


def no_tray_notice(language: Language) -> Notice:
    """Return what is said where no tray icon can be seen."""
    return Notice(
        title=translate(mark("Certificate Manager"), language),
        text=translate(
            mark(
                "This desktop shows no tray icons. The agent watches your certificates all the same; "
                "its windows open from here, or by `odc-agent window main`."
            ),
            language,
        ),
        buttons=(Button("main", translate(mark("Open Certificate Manager"), language)),),
    )
