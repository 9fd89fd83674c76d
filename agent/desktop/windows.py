"""Opening windows: each is a process of its own, and each is open once.

A second request raises the window that is open. A window that dies costs nothing but itself; all of
them end with the agent.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Protocol

import msgspec

from agent.desktop.display import NoWindowError, has_display
from agent.desktop.terminals import open_in_terminal
from agent.desktop.window_processes import Order, Place, SpareProcess
from agent.ground.language import Language

log = logging.getLogger(__name__)

_ONE_FOR_EACH = frozenset({"consent", "token_use"})
"""Windows of which there is one for each subject, instead of one that shows another subject."""

_HANDED_OVER = "ODC_WINDOWS_HANDED_OVER"
"""An environment variable: what was open when the agent was started anew in its own place."""


class Raisable(Protocol):
    """A window's connection, as the agent holds it."""

    def notify(self, method: str, params: object) -> None:
        """Send a notification."""


Adopt = Callable[[socket.socket], Awaitable[Raisable]]


class _OpenWindow(msgspec.Struct):
    """A window from the request to its process's end."""

    subject: str
    task: asyncio.Task[None] | None = None
    connection: Raisable | None = None
    is_awaited: bool = False
    """It was asked to come forward and has not said that it did: it may be closing just then."""

    in_front: str = ""
    """What it shows while it is the one a person works in."""

    place: Place | None = None
    """Where it is on the screen, once it has said so."""

    def come_forward(self, subject: str) -> None:
        self.subject = subject
        if self.connection is not None:
            self.is_awaited = True
            self.connection.notify("window.raise", {"subject": subject})


class DesktopWindows:
    """See agent.api.services.Windows."""

    def __init__(self, adopt: Adopt, *, language: Callable[[], Language]) -> None:
        """Hand the agent's end of each window's connection to ``adopt``."""
        self._adopt = adopt
        self._language = language
        self._open: dict[tuple[str, str], _OpenWindow] = {}
        self._spare = SpareProcess()

    @property
    def open_names(self) -> tuple[str, ...]:
        """What is open now."""
        return tuple(name for name, _subject in self._open)

    @property
    def spare_pid(self) -> int | None:
        """The process that waits to be the next window."""
        return self._spare.pid

    def prepare(self, *, at_once: bool = False) -> None:
        """See agent.api.services.Windows."""
        if has_display() and find_spec("PySide6") is not None:
            self._spare.prepare(at_once=at_once)

    def open_window(self, name: str, subject: str | None = None) -> None:
        """Open a window, or raise the one that is open.

        Args:
            name: one of agent.api.window_names.
            subject: what it is about: a thumbprint for ``renew``, a question's id for ``consent``.

        Raises:
            NoWindowError: there is no display; or no Qt, and no terminal to stand in for it.
        """
        if not has_display():
            raise NoWindowError
        log.info("window name=%s", name)
        if find_spec("PySide6") is None:
            open_in_terminal(*_command(name, subject))
            return
        subject = subject or ""
        key = (name, subject if name in _ONE_FOR_EACH else "")
        if opened := self._open.get(key):
            opened.come_forward(subject)
            return
        self._open[key] = opened = _OpenWindow(subject)
        opened.task = asyncio.create_task(self._keep(key, opened))

    def came_forward(self, connection: Raisable) -> None:
        """Take a window's word that it came forward when it was asked to."""
        for opened in self._open.values():
            if opened.connection is connection:
                opened.is_awaited = False

    def in_front(self, connection: Raisable, subject: str) -> None:
        """See agent.api.services.Windows."""
        for opened in self._open.values():
            if opened.connection is connection:
                opened.in_front = subject

    def placed(self, connection: Raisable, place: Place) -> None:
        """See agent.api.services.Windows."""
        for opened in self._open.values():
            if opened.connection is connection:
                opened.place = place

    def is_in_front(self, name: str, subject: str) -> bool:
        """See agent.api.services.Windows."""
        return any(
            opened.in_front == subject for (its, _), opened in self._open.items() if its == name
        )

    def hand_over(self) -> None:
        """Have the agent that takes this one's place open what is open now; a site asks anew itself."""
        opened = [
            (name, window.subject)
            for (name, _), window in self._open.items()
            if name not in _ONE_FOR_EACH
        ]
        os.environ[_HANDED_OVER] = json.dumps(opened)

    def take_over(self) -> None:
        """Open what was open in the agent whose place this one took, where there still is a display."""
        with contextlib.suppress(NoWindowError):
            for name, subject in json.loads(os.environ.pop(_HANDED_OVER, "[]")):
                self.open_window(name, subject)

    async def close(self) -> None:
        """End all windows."""
        tasks = [opened.task for opened in self._open.values() if opened.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._spare.close()

    async def _keep(self, key: tuple[str, str], opened: _OpenWindow) -> None:
        """Run one window to its end."""
        try:
            status = await self._run(key[0], opened)
        except Exception:  # whatever it is, the agent has work to do besides its windows
            log.exception("window not opened name=%s", key[0])
        else:
            if status:
                log.warning("window ended name=%s exit=%s", key[0], status)
        finally:
            del self._open[key]
        if opened.is_awaited:
            self.open_window(key[0], opened.subject)

    async def _run(self, name: str, opened: _OpenWindow) -> int:
        asked = opened.subject
        others = tuple(each.place for each in self._open.values() if each.place is not None)
        order = Order(name, asked, self._language(), others)
        process, ours = await self._spare.take(order)
        try:
            with contextlib.ExitStack() as until_adopted:
                until_adopted.callback(ours.close)
                opened.connection = await self._adopt(ours)
                until_adopted.pop_all()  # the API closes it from here on
            if opened.subject != asked:
                opened.come_forward(opened.subject)
            self._spare.prepare()
            return await process.wait()
        finally:
            await process.end()


def _command(name: str, subject: str | None) -> list[str]:
    """Return the command of ``odc-agent`` that stands for a window; NoWindowError for none."""
    if name in _ONE_FOR_EACH and subject:
        return ["sites", "ask", subject]
    commands = {
        "pin": ["pin", "change"],
        "check": ["check"],
        "main": ["certs"],
        "sites": ["sites", "list"],
        "sign": ["sign"],
    }
    if name == "renew":
        return ["renew", *(["--thumbprint", subject] if subject else [])]
    if name not in commands:
        raise NoWindowError
    return commands[name]
