"""Which display this desktop gets: one with buttons where there is one, else what has none."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import Callable

import msgspec

from agent.desktop.notices.balloon import BalloonDisplay, Say
from agent.desktop.notices.freedesktop import FreedesktopDisplay, NoDaemonError
from agent.desktop.notices.model import Display, Listener, NoButtonsError, Notice, escaped
from agent.desktop.notices.plyer import PlyerDisplay
from agent.ground.language import Language

log = logging.getLogger(__name__)

LOGIN_SECONDS = 120.0
"""How long after the agent's start a desktop may still be coming up."""
LOOK_SECONDS = 2.0


class ButtonsWherePossible:
    """See agent.desktop.notices.model.Display; each notice is tried with buttons first.

    A daemon may be started, replaced or end at any time, so what it can do is not remembered for ever. At
    login the bus and the daemon may come later than the agent, and are waited for.
    """

    def __init__(
        self, with_buttons: Display, plain: Display, *, login: float = LOGIN_SECONDS
    ) -> None:
        """Show by ``with_buttons`` where that can be done, else by ``plain``.

        ``login`` is for how many seconds from now on a daemon may still be to come.
        """
        self._with_buttons = with_buttons
        self._plain = plain
        self._login_ends = time.monotonic() + login

    def listen(self, listener: Listener) -> None:
        """Tell ``listener`` what becomes of notices."""
        self._with_buttons.listen(listener)

    async def show(self, slot: str, notice: Notice) -> bool:
        """Show a notice; return whether its end will be told."""
        try:
            return await self._show_when_there_is_a_daemon(slot, notice)
        except NoButtonsError as error:
            log.info("no buttons: %s", error)
            plain = msgspec.structs.replace(notice, text=escaped(notice.text, error.able))
            return await self._plain.show(slot, plain)

    async def _show_when_there_is_a_daemon(self, slot: str, notice: Notice) -> bool:
        while True:
            try:
                return await self._with_buttons.show(slot, notice)
            except NoDaemonError:
                if time.monotonic() > self._login_ends:
                    raise
            await asyncio.sleep(LOOK_SECONDS)

    async def withdraw(self, slot: str) -> None:
        """Take the slot's notice off the screen, where that can be done."""
        await self._with_buttons.withdraw(slot)

    async def close(self) -> None:
        """Let go of the desktop."""
        await self._with_buttons.close()


def this_desktops_display(
    language: Callable[[], Language], say: Say | None = None, *, login: float = LOGIN_SECONDS
) -> Display:
    """Return what shows notices on this system.

    Args:
        language: what the program's name is to be in.
        say: has the tray icon say something, where there may be one.
        login: as of :class:`ButtonsWherePossible`.
    """
    if sys.platform == "win32":
        from agent.desktop.notices.windows_toast import ToastDisplay  # noqa: PLC0415

        plain = BalloonDisplay(say) if say else PlyerDisplay()
        return ButtonsWherePossible(ToastDisplay(language), plain, login=0)
    if sys.platform == "darwin":
        from agent.desktop.notices.macos_alert import AlertDisplay  # noqa: PLC0415

        return AlertDisplay()
    return ButtonsWherePossible(FreedesktopDisplay(language), PlyerDisplay(), login=login)
