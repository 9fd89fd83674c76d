"""Notices by D-Bus (Desktop Notifications Specification 1.2): buttons, replacing, knowing the end.

A daemon that hangs costs the one call its time; one that ends takes its notices with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.desktop.notices.icon_file import ensure_icon
from agent.desktop.notices.model import Listener, NoButtonsError, Notice, NotShownError, escaped
from agent.ground.language import Language, mark, translate
from agent.system.session_bus import BusError, BusTimeoutError, Service, SessionBus

log = logging.getLogger(__name__)

SERVICE = Service(
    "org.freedesktop.Notifications",
    "/org/freedesktop/Notifications",
    "org.freedesktop.Notifications",
)
SHOW_SECONDS = 10.0
"""The daemon may have to be started by the bus first."""
DEFAULT = "default"
"""The action of a click on the notice itself."""
_DRAW_DEFAULT = frozenset({"Xfce Notify Daemon"})
"""Daemons that draw a button for the default action too; there the first button is that action."""
_NEVER = 0
_URGENCY = {False: 1, True: 2}


class NoDaemonError(NoButtonsError):
    """Here is no daemon, or no bus to reach one by; at login they may come later than the agent."""


class FreedesktopDisplay:
    """See agent.desktop.notices.model.Display; raises :class:`NoButtonsError` where others can do better."""

    def __init__(self, language: Callable[[], Language]) -> None:
        self._language = language
        self._bus: SessionBus | None = None
        self._able: frozenset[str] = frozenset()
        self._draws_default = False
        self._ids: dict[str, int] = {}
        self._first_keys: dict[str, str] = {}
        self._listener: Listener | None = None

    def listen(self, listener: Listener) -> None:
        """Tell ``listener`` what becomes of notices."""
        self._listener = listener

    async def show(self, slot: str, notice: Notice) -> bool:
        """Show a notice in place of the slot's last; return whether it is on the screen.

        Raises:
            NoDaemonError: there is no bus or no daemon.
            NoButtonsError: there is one that draws no buttons.
            NotShownError: there is one that does not answer.
        """
        try:
            bus = await self._connected()
            arguments = self._arguments(slot, notice, await ensure_icon(notice.seal))
            (number,) = await bus.call(
                SERVICE, "Notify", "susssasa{sv}i", *arguments,
                seconds=SHOW_SECONDS,
            )  # fmt: skip
        except BusTimeoutError as error:
            raise NotShownError(str(error)) from error
        except BusError as error:
            raise NoDaemonError(str(error)) from error
        self._ids[slot] = int(number)
        self._first_keys[slot] = notice.buttons[0].key if notice.buttons else ""
        return True

    async def withdraw(self, slot: str) -> None:
        """Take the slot's notice off the screen."""
        number = self._ids.pop(slot, None)
        if number is None or self._bus is None:
            return
        try:
            await self._bus.call(SERVICE, "CloseNotification", "u", number)
        except BusError as error:
            log.info("notice not withdrawn: %s", error)

    async def close(self) -> None:
        """Close the connection; what is shown stays."""
        if self._bus is not None:
            await self._bus.close()

    async def _connected(self) -> SessionBus:
        if self._bus is not None and self._bus.is_open and self._able:
            return self._bus
        self._forget_all()
        if self._bus is None or not self._bus.is_open:
            self._bus = await SessionBus.connect()
            await self._bus.listen(SERVICE, self._on_signal, self._on_other_daemon)
        (able,) = await self._bus.call(SERVICE, "GetCapabilities", seconds=SHOW_SECONDS)
        if "actions" not in able:
            raise NoButtonsError("the notification daemon draws no buttons", able)
        name, *_ = await self._bus.call(SERVICE, "GetServerInformation")
        self._draws_default = name in _DRAW_DEFAULT
        self._able = frozenset(able)
        return self._bus

    def _arguments(self, slot: str, notice: Notice, icon: Path | None) -> tuple[Any, ...]:
        buttons = [(button.key, button.label) for button in notice.buttons]
        if buttons:
            buttons[:1] = [(DEFAULT, buttons[0][1]), *([] if self._draws_default else buttons[:1])]
        actions = [part for button in buttons for part in button]
        hints = {
            "urgency": ("y", _URGENCY[notice.is_urgent]),
            "desktop-entry": ("s", "odc-agent"),
        }
        name = translate(mark("Certificate Manager"), self._language())
        return (
            name, self._ids.get(slot, 0), str(icon or ""), notice.title,
            escaped(notice.text, self._able), actions, hints, _NEVER,
        )  # fmt: skip

    def _on_signal(self, name: str, arguments: tuple[Any, ...]) -> None:
        slot = self._slot_of(arguments[0]) if arguments else None
        if slot is None or self._listener is None:
            return
        if name == "ActionInvoked":
            key = str(arguments[1])
            # Daemons differ in whether they close it now: whatever they do, it is no longer ours.
            del self._ids[slot]
            self._listener.pressed(slot, self._first_keys[slot] if key == DEFAULT else key)
        elif name == "NotificationClosed":
            del self._ids[slot]
            self._listener.closed(slot)

    def _on_other_daemon(self) -> None:
        self._able = frozenset()  # the next one may be able to do something else
        self._forget_all()

    def _forget_all(self) -> None:
        """Tell that everything is gone: the daemon is, or another one is there."""
        slots, self._ids = list(self._ids), {}
        for slot in slots:
            if self._listener is not None:
                self._listener.closed(slot)

    def _slot_of(self, number: object) -> str | None:
        return next((slot for slot, known in self._ids.items() if known == number), None)
