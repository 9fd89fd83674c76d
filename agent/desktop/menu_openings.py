"""When the tray's menu is opened. pystray does not tell; on Linux its backend's menu server does."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any


def watch_openings(icon: Any, opened: Callable[[], None]) -> None:  # noqa: ANN401 - pystray is untyped
    """Call ``opened``, in the toolkit's thread, each time the menu is about to be shown.

    The panel asks for the menu it shows by dbusmenu's AboutToShow. Nothing is told on Windows and macOS,
    where the system draws the menu, nor by another backend of pystray.
    """
    if sys.platform == "linux" and hasattr(icon, "_appindicator"):
        from gi.repository import GLib  # noqa: PLC0415 - only what that backend has loaded already

        # What pystray has been told so far it does in the toolkit's thread as well, in this order.
        GLib.idle_add(_watch, icon, opened)


def _watch(icon: Any, opened: Callable[[], None]) -> bool:  # noqa: ANN401 - pystray is untyped
    server = icon._appindicator.get_property("dbus-menu-server")  # noqa: SLF001 - it has no public name

    def watch_menu(*_changed: object) -> None:
        server.get_property("root-node").connect("about-to-show", lambda _root: opened())

    server.connect("notify::root-node", watch_menu)  # an update of the menu is another menu
    watch_menu()
    return False  # once
