"""What is on the screen: one notice for each slot, delivered one after the other."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

import msgspec

from agent.desktop.notices.model import Display, Listener, Notice, NotShownError

log = logging.getLogger(__name__)

Pressed = Callable[[str], None]
"""Called with the key of the button that was pressed."""
Closed = Callable[[], None]


class Posted(msgspec.Struct, frozen=True, kw_only=True):
    """A notice, and who wants to know what becomes of it."""

    notice: Notice
    pressed: Pressed
    closed: Closed = lambda: None


class NoticeBoard:
    """Shows notices; the same one twice is shown once, another one in its slot replaces it."""

    def __init__(self, display: Display) -> None:
        self._display = display
        display.listen(Listener(self._on_pressed, self._on_closed))
        self.failure = ""
        """Why the last notice could not be shown; empty where it could."""
        self._posted: dict[str, Posted] = {}
        self._waiting: dict[str, None] = {}
        """Slots whose notice is to be shown or withdrawn, the oldest first."""
        self._work = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    def post(self, slot: str, posted: Posted) -> None:
        """Show a notice in ``slot``, unless the very same is there."""
        before = self._posted.get(slot)
        self._posted[slot] = posted
        if before is None or before.notice != posted.notice:
            self._deliver(slot)

    def withdraw(self, slot: str) -> None:
        """Take the slot's notice off the screen; its poster is not told."""
        if self._posted.pop(slot, None) is not None:
            self._deliver(slot)

    async def close(self) -> None:
        """Deliver nothing more and let go of the desktop."""
        if self._worker is not None:
            self._worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._worker
        await self._display.close()

    def _deliver(self, slot: str) -> None:
        self._waiting[slot] = None
        self._work.set()
        if self._worker is None:
            self._worker = asyncio.create_task(self._run())

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            while self._waiting:
                slot = next(iter(self._waiting))
                del self._waiting[slot]
                try:
                    await self._bring_up_to_date(slot)
                except Exception as error:  # whatever a desktop does, the next one is to be shown
                    log.exception("notice not shown slot=%s", slot)
                    self.failure = f"{type(error).__name__}: {error}"

    async def _bring_up_to_date(self, slot: str) -> None:
        posted = self._posted.get(slot)
        if posted is None:
            await self._display.withdraw(slot)
            return
        is_followed = await self._shown(slot, posted.notice)
        if not is_followed and self._posted.get(slot) is posted:
            # Nobody will tell when it is gone: what comes next is shown, be it the same.
            del self._posted[slot]
            posted.closed()

    async def _shown(self, slot: str, notice: Notice) -> bool:
        """Show a notice, or keep in mind why not; return whether its end will be told."""
        try:
            is_followed = await self._display.show(slot, notice)
        except NotShownError as error:
            log.warning("notice not shown: %s", error)
            self.failure = str(error)
            return False
        self.failure = ""
        return is_followed

    def _on_pressed(self, slot: str, key: str) -> None:
        posted = self._posted.pop(slot, None)
        if posted is not None:
            posted.pressed(key)

    def _on_closed(self, slot: str) -> None:
        posted = self._posted.pop(slot, None)
        if posted is not None:
            posted.closed()
