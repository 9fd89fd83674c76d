"""``python -m agent.windows NAME FD SUBJECT LANGUAGE``: one window, until it is closed."""

from __future__ import annotations

import importlib
import logging
import socket
import sys

from agent.language import Language
from agent.windows.fonts import NO_CHINESE_FONT, readable
from agent.windows.link import Link
from agent.windows.style import application
from agent.windows.window import Context, Window
from agent.windows.words import Words

_CLASSES = {
    "about": "agent.windows.about_window:AboutWindow",
    "check": "agent.windows.check.window:CheckWindow",
    "consent": "agent.windows.consent_window:ConsentWindow",
    "help": "agent.windows.help_window:HelpWindow",
    "settings": "agent.windows.settings.window:SettingsWindow",
    "sites": "agent.windows.sites_window:SitesWindow",
    "pin": "agent.windows.pin_window:PinWindow",
    "main": "agent.windows.main.window:MainWindow",
    "renew": "agent.windows.renew.window:RenewWindow",
}
"""Each window's module and class: loaded alone, since the others' would only take time."""
_TAKES_PINS = frozenset({"pin", "renew"})


def open_window(name: str, context: Context, subject: str) -> Window:
    """Return the window ``name``; KeyError where there is none."""
    module, _, of = _CLASSES[name].partition(":")
    window: Window = getattr(importlib.import_module(module), of)(context, subject)
    return window


def main() -> int:
    """Show the window on the inherited connection."""
    # Standard error is the agent's log, which adds the time.
    logging.basicConfig(format="%(levelname)s %(message)s")
    name, descriptor, subject, language = sys.argv[1:5]
    if name in _TAKES_PINS:
        from agent.dumps import forbid_dumps  # noqa: PLC0415 - ctypes takes its time

        forbid_dumps()
    app = application(sys.argv[:1])
    words = Words(readable(Language(language)))
    link = Link(socket.socket(fileno=int(descriptor)))
    window = open_window(name, Context(link, words), subject)
    if words.language != language:
        window.banner.say(words(NO_CHINESE_FONT))
    link.settle()
    window.show()
    window.come_forward()
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
