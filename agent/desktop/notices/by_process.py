"""Notices shown by a process that lives as long as its notice and prints the key of what was pressed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import ClassVar

from agent.desktop.notices.model import Listener, Notice
from agent.desktop.processes import kill_all

log = logging.getLogger(__name__)


class ProcessDisplay:
    """See agent.desktop.notices.model.Display. Subclasses say which program, and read what it prints."""

    environment: ClassVar[dict[str, str] | None] = None

    def __init__(self) -> None:
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._followers: set[asyncio.Task[None]] = set()
        self._listener: Listener | None = None

    def command(self, notice: Notice) -> Sequence[str]:
        """Return the program that shows ``notice``; what people wrote goes to its standard input."""
        raise NotImplementedError

    def key_of(self, printed: str, notice: Notice) -> str | None:
        """Return which button was pressed, by what the program printed."""
        raise NotImplementedError

    def input_of(self, notice: Notice) -> bytes:
        """Return what the program reads."""
        raise NotImplementedError

    def listen(self, listener: Listener) -> None:
        """Tell ``listener`` what becomes of notices."""
        self._listener = listener

    async def show(self, slot: str, notice: Notice) -> bool:
        """Show a notice in place of the slot's last; return whether its end will be told."""
        await self.withdraw(slot)
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command(notice),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except OSError as error:
            log.warning("notice not shown: %s", error)
            return False
        self._processes[slot] = process
        follower = asyncio.create_task(self._follow(slot, notice, process))
        self._followers.add(follower)
        follower.add_done_callback(self._followers.discard)
        return True

    async def withdraw(self, slot: str) -> None:
        """Take the slot's notice off the screen."""
        process = self._processes.pop(slot, None)
        if process is not None and process.returncode is None:
            await kill_all(process)

    async def close(self) -> None:
        """End what shows notices."""
        for slot in list(self._processes):
            await self.withdraw(slot)

    async def _follow(self, slot: str, notice: Notice, process: asyncio.subprocess.Process) -> None:
        printed, _ = await process.communicate(self.input_of(notice))
        if self._processes.get(slot) is not process:
            return  # withdrawn or replaced
        del self._processes[slot]
        if self._listener is None:
            return
        key = self.key_of(printed.decode("utf-8", "replace").strip(), notice)
        if key is None:
            self._listener.closed(slot)
        else:
            self._listener.pressed(slot, key)
