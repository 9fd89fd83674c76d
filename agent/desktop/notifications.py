"""Showing notices on the desktop, so that nothing a notification daemon does can hold the agent up."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Protocol

import msgspec

from agent.desktop.processes import kill_all

log = logging.getLogger(__name__)

SHOW_SECONDS = 30.0
"""D-Bus alone may take 25 seconds to find out that no daemon answers."""
LOGGED_CHARACTERS = 300


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown."""

    title: str
    text: str


class Notifier(Protocol):
    """Shows notices to the user."""

    async def show(self, title: str, text: str) -> None:
        """Show one notice; a desktop that cannot is logged, never raised."""


class PlyerNotifier:
    """Delivers through plyer, in a process that is gone when the notice is out."""

    def __init__(self, *, seconds: float = SHOW_SECONDS) -> None:
        self._seconds = seconds

    async def show(self, title: str, text: str) -> None:
        """Show one notice; a desktop that cannot is logged, never raised."""
        notice = msgspec.json.encode(Notice(title=title, text=text))
        try:
            status, complaint = await asyncio.wait_for(_deliver(notice), self._seconds)
        except TimeoutError:
            log.warning("notice not shown: the notification daemon does not answer")
        except OSError as error:
            log.warning("notice not shown: %s", error)
        else:
            if status or complaint:
                log.warning("notice not shown exit=%s: %s", status, complaint)


async def _deliver(notice: bytes) -> tuple[int | None, str]:
    """Run the process that shows ``notice``; return its exit code and what it complained of."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-P", "-m", "agent.desktop.notify",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        _, complaint = await process.communicate(notice)
    finally:
        if process.returncode is None:
            await kill_all(process)
    return process.returncode, complaint.decode(errors="replace").strip()[-LOGGED_CHARACTERS:]
