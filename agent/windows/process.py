"""The process that is one window, until it is closed.

Which one it is the first line from the agent says; a process that is started before anybody wants a window
waits for that line, with what windows need loaded and without a connection to the display.
"""

from __future__ import annotations

import importlib
import json
import logging
import select
import socket
import sys
from typing import TYPE_CHECKING, NamedTuple

from agent.ground.language import Language
from agent.ground.loading import loading
from agent.system.app_identity import take_identity
from agent.system.fonts import font_advice
from agent.system.handed_sockets import received
from agent.windows.fonts import NO_CHINESE_FONT, readable
from agent.windows.link import Link
from agent.windows.placing import Place
from agent.windows.style import application
from agent.windows.window import Context, Window
from agent.windows.words import Words

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

_CLASSES = {
    "about": "agent.windows.about_window:AboutWindow",
    "check": "agent.windows.check.window:CheckWindow",
    "consent": "agent.windows.consent_window:ConsentWindow",
    "help": "agent.windows.help_window:HelpWindow",
    "settings": "agent.windows.settings.window:SettingsWindow",
    "token_use": "agent.windows.token_use_window:TokenUseWindow",
    "sites": "agent.windows.sites_window:SitesWindow",
    "pin": "agent.windows.pin_window:PinWindow",
    "sign": "agent.windows.signing.window:SignWindow",
    "main": "agent.windows.main.window:MainWindow",
    "renew": "agent.windows.renew.window:RenewWindow",
}
"""Each window's module and class: loaded alone, since the others' would only take time."""
_LIKELY = ("main", "renew", "pin")
"""What is loaded before it is known what is wanted."""
_TAKES_PINS = frozenset({"pin", "renew", "sign", "token_use"})


def open_window(name: str, context: Context, subject: str) -> Window:
    """Return the window ``name``; KeyError where there is none."""
    module, _, of = _CLASSES[name].partition(":")
    window: Window = getattr(importlib.import_module(module), of)(context, subject)
    return window


class Order(NamedTuple):
    """Which window to be."""

    name: str
    subject: str
    language: Language
    others: tuple[Place, ...] = ()
    """Where the windows are that are open already."""


def wait_for_order(connection: socket.socket) -> Order | None:
    """Return which window is wanted; None where the agent wants none any more."""
    if not select.select([connection], [], [], 0)[0]:
        for name in _LIKELY:
            importlib.import_module(_CLASSES[name].partition(":")[0])
    with connection.makefile(
        "rb", buffering=0
    ) as received:  # what comes after the line is the link's
        line = received.readline()
    if not line:
        return None
    said = json.loads(line)
    others = tuple(Place(*place) for place in said["others"])
    return Order(said["name"], said["subject"], Language(said["language"]), others)


def main() -> int:
    """Show the window on the connection it was handed."""
    # Standard error is the agent's log, which adds the time.
    logging.basicConfig(format="%(levelname)s %(message)s")
    connection = received(sys.argv[1])
    with loading():
        order = wait_for_order(connection)
        shown = _show(connection, order) if order else None
    return shown[0].exec() if shown else 0


def _show(connection: socket.socket, order: Order) -> tuple[QApplication, Window]:
    """Return the application and its window, on the screen."""
    if order.name in _TAKES_PINS:
        from agent.system.dumps import forbid_dumps  # noqa: PLC0415 - ctypes takes its time

        forbid_dumps()
    take_identity()
    app = application(sys.argv[:1])
    words = Words(readable(order.language))
    link = Link(connection)
    window = open_window(order.name, Context(link, words), order.subject)
    if words.language != order.language:
        window.banner.say(f"{words(NO_CHINESE_FONT)} {words(font_advice())}")
    link.settle()
    window.stand_beside(order.others)
    window.show()
    window.come_forward()
    return app, window
