"""Showing notices on the desktop, so that nothing a notification daemon does can hold the agent up."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Protocol

import msgspec

log = logging.getLogger(__name__)

SHOW_SECONDS = 30.0
"""D-Bus alone may take 25 seconds to find out that no daemon answers."""


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

    async def show(self, title: str, text: str) -> None:
        """Show one notice."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "agent.desktop.notify",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        notice = msgspec.json.encode(Notice(title=title, text=text))
        try:
            await asyncio.wait_for(process.communicate(notice), SHOW_SECONDS)
        except TimeoutError:
            log.warning("notification daemon does not answer")
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            log.warning("notice not shown exit=%s", process.returncode)
