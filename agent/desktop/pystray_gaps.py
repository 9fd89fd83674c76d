"""What pystray leaves out on Linux: when its menu is opened, and an icon where notices cannot be shown."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from typing import Any

from agent.desktop.notices.model import escaped

log = logging.getLogger(__name__)


def watch_openings(icon: Any, opened: Callable[[], None]) -> None:  # noqa: ANN401 - pystray is untyped
    """Call ``opened``, in the toolkit's thread, each time the menu is about to be shown.

    The panel asks for the menu it shows by dbusmenu's AboutToShow; an XEmbed icon shows it itself. On
    Windows see agent.desktop.pystray_windows; macOS tells nothing.
    """
    if sys.platform != "linux":
        return
    from gi.repository import GLib  # noqa: PLC0415 - only what pystray has loaded already

    # What pystray has been told so far it does in the toolkit's thread as well, in this order.
    if hasattr(icon, "_appindicator"):
        GLib.idle_add(_watch, icon, opened)
    elif hasattr(icon, "_status_icon"):
        GLib.idle_add(_watch_popup, icon, opened)


def _watch(icon: Any, opened: Callable[[], None]) -> bool:  # noqa: ANN401 - pystray is untyped
    server = icon._appindicator.get_property("dbus-menu-server")  # noqa: SLF001 - it has no public name

    def watch_menu(*_changed: object) -> None:
        server.get_property("root-node").connect("about-to-show", lambda _root: opened())

    server.connect("notify::root-node", watch_menu)  # an update of the menu is another menu
    watch_menu()
    return False  # once


def _watch_popup(icon: Any, opened: Callable[[], None]) -> bool:  # noqa: ANN401 - as above
    icon._status_icon.connect("popup-menu", lambda *_event: opened())  # noqa: SLF001 - as above
    return False


def expect_no_notices() -> None:
    """Have pystray reach for the notification service when it has a notice, not before it has an icon.

    A daemon that ends as soon as the bus starts it would else cost the icon.
    """
    if sys.platform == "linux":
        from gi.repository import Gio, GLib  # noqa: PLC0415 - as above
        from pystray._util import notify_dbus  # noqa: PLC0415

        eager = notify_dbus.Notifier

        class Notifier:
            """Stands for pystray's own from its first notice on."""

            def __init__(self) -> None:
                Gio.bus_get_sync(Gio.BusType.SESSION, None)  # without a bus there is no icon either
                self._own: Any = None

            def notify(self, title: str, text: str, icon: str) -> None:
                try:
                    self._own = self._own or eager()
                    self._own.notify(title, escaped(text, self._able()), icon)
                except GLib.Error as error:
                    log.warning("notice not shown: %s", error)

            def _able(self) -> list[str]:
                proxy = self._own._notify  # noqa: SLF001 - as above
                flags = Gio.DBusCallFlags.NONE
                (able,) = proxy.call_sync("GetCapabilities", None, flags, -1, None).unpack()
                return list(able)

            def hide(self) -> None:
                if self._own is not None:
                    self._own.hide()

        notify_dbus.Notifier = Notifier
