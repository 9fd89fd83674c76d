"""The agent on the desktop: its tray icon and its notices, and what is pressed there."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable
from pathlib import Path

from agent.api.services import Windows
from agent.desktop.notices.board import NoticeBoard, Posted
from agent.desktop.notices.choosing import this_desktops_display
from agent.desktop.notices.damage import DamageNotices
from agent.desktop.notices.model import Display, Notice, NotShownError
from agent.desktop.notices.reminding import ReminderNotices
from agent.desktop.notices.telling import RenewalNotices
from agent.desktop.supervisor import Speaker, TraySupervisor
from agent.desktop.tray_host import tell_once_without_tray
from agent.ground.bus import Event, EventBus
from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.ground.language import Language, mark, translate
from agent.reminders.rules import Later
from agent.reminders.service import ReminderRaised
from agent.renewals.journal.record import Renewal
from agent.settings.config import Config
from agent.settings.quiet import is_quiet, quiet_hours
from agent.settings.service import SettingsChanged
from agent.system.damage import Damages
from agent.tokens.inventory import TokenInserted

log = logging.getLogger(__name__)


class Presence:
    """Everything of the agent that shows itself without being asked."""

    def __init__(
        self,
        *,
        bus: EventBus,
        config: Callable[[], Config],
        language: Callable[[], Language],
        clock: Clock,
        windows: Windows,
        put_off: Callable[[Collection[str], Later], None],
        resume: Callable[[str], None],
        renewals: Iterable[Renewal],
        no_tray_told: Path,
        damages: Damages | None = None,
        display: Display | None = None,
    ) -> None:
        self._no_tray_told = no_tray_told
        self._looking: asyncio.Task[None] | None = None
        self._config = config
        self._language = language
        self._clock = clock
        self._windows = windows
        self._tray: TraySupervisor | None = None
        self._board = NoticeBoard(display or this_desktops_display(language, self._say))
        self._reminders = ReminderNotices(
            self._board,
            language=language,
            open_window=self._open_window,
            put_off=put_off,
            resume=resume,
        )
        self._renewals = RenewalNotices(
            self._board,
            renewals,
            language=language,
            is_quiet=self._is_quiet,
            open_window=self._open_window,
            is_shown=self._windows.is_in_front,
        )
        self._damages = DamageNotices(
            self._board,
            damages or Damages(),
            language=language,
            is_on=lambda: self._config().reminders.notifications,
            open_window=self._open_window,
        )
        self._unsubscribe = bus.subscribe(self._on_event)

    @property
    def is_tray_shown(self) -> bool:
        """Whether the process that draws the tray icon runs."""
        return self._tray is not None and self._tray.pid is not None

    @property
    def notices_failure(self) -> str:
        """Why the last notice could not be shown; empty where it could."""
        return self._board.failure

    def show_tray(self, adopt: Callable[[socket.socket], Awaitable[Speaker]]) -> None:
        """Show the tray icon from now on, where there is a display; its connections go to ``adopt``."""
        self._tray = TraySupervisor(adopt, language=self._config().language)
        self._tray.start()
        if self._config().reminders.notifications:
            self._looking = asyncio.create_task(
                tell_once_without_tray(
                    self._board,
                    self._no_tray_told,
                    language=self._language,
                    open_main=lambda: self._open_window("main", None),
                )
            )

    async def close(self) -> None:
        """Show nothing more."""
        self._unsubscribe()
        self._reminders.close()
        self._renewals.close()
        self._damages.close()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        if self._tray is not None:
            await self._tray.close()
        await self._board.close()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, SettingsChanged) and "language" in event.keys and self._tray:
            self._tray.speak(self._config().language)
        if self._config().reminders.notifications:
            self._reminders.on_event(event)
            self._renewals.on_event(event)
        if self._may_want_a_window(event):
            self._windows.prepare()

    def _may_want_a_window(self, event: Event) -> bool:
        """Whether somebody has just plugged a token in, or is reading a reminder with its buttons."""
        if isinstance(event, TokenInserted):
            return not event.at_start
        return isinstance(event, ReminderRaised) and self._config().reminders.notifications

    def _is_quiet(self) -> bool:
        return is_quiet(quiet_hours(self._config().reminders.quiet_hours), self._clock())

    def _open_window(self, name: str, thumbprint: str | None) -> None:
        try:
            self._windows.open_window(name, thumbprint)
        except OdcError as error:
            log.warning("window not opened name=%s code=%s", name, error.code)
            self._tell(error)

    def _say(self, title: str, text: str) -> None:
        """Have the tray icon say something; NotShownError where there is none."""
        if self._tray is None:
            raise NotShownError("the agent was started without a tray icon")
        self._tray.say(title, text)

    def _tell(self, error: OdcError) -> None:
        """Say why a click did nothing, and what to do instead."""
        language = self._language()
        sentences = filter(None, (error.text(language), error.advice_text(language)))
        title = translate(mark("Certificate Manager"), language)
        notice = Notice(title=title, text="\n".join(sentences))
        self._board.post("refusal", Posted(notice=notice, pressed=lambda _key: None))
