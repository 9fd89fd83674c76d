"""Which kind of icon this desktop takes now: a StatusNotifierItem where a host shows those, else XEmbed's.

AppIndicator has an XEmbed icon of its own for when nobody watches for items, and forgets it when panel
and tray start together: two icons until the panel ends. So there is no item before there is a host, the
process that draws it ends with the host, and one that draws an XEmbed icon ends once there is a host.
The supervisor starts the next one, which looks anew.
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum, unique

from agent.desktop.display import ELSEWHERE

_WATCHER = "org.kde.StatusNotifierWatcher"
_PATH = "/StatusNotifierWatcher"
_CALL_MS = 2000
"""A panel answers within milliseconds, but for one that is just starting on a busy machine."""
_AGAIN_SECONDS = 5
"""When to ask again one that did not answer."""


@unique
class IconKind(StrEnum):
    """The kinds, by the names of pystray's backends for them."""

    ITEM = "appindicator"
    """A StatusNotifierItem (org.kde.StatusNotifierItem), by AppIndicator."""
    XEMBED = "gtk"
    """freedesktop.org's System Tray Protocol. It waits for a panel by itself, however long."""


class Desktop:
    """The session's StatusNotifierWatcher, whenever there is one. Linux; speaks through GLib's main loop."""

    def __init__(self) -> None:
        """Look for nothing yet; GLib.Error where there is no session bus."""
        from gi.repository import Gio  # noqa: PLC0415 - not there on other systems

        self._bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)

    def kind(self) -> IconKind | None:
        """Return what the desktop takes now; None where its watcher does not answer.

        A watcher without a host shows nothing.
        """
        from gi.repository import Gio, GLib  # noqa: PLC0415

        wanted = GLib.Variant("(ss)", (_WATCHER, "IsStatusNotifierHostRegistered"))
        try:
            (is_hosted,) = self._bus.call_sync(
                _WATCHER, _PATH, "org.freedesktop.DBus.Properties", "Get", wanted,
                GLib.VariantType("(v)"), Gio.DBusCallFlags.NO_AUTO_START, _CALL_MS, None,
            ).unpack()  # fmt: skip
        except GLib.Error as error:
            is_silent = error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.TIMED_OUT)
            return None if is_silent else IconKind.XEMBED
        return IconKind.ITEM if is_hosted else IconKind.XEMBED

    def end_with(self, kind: IconKind) -> None:
        """End this process as soon as the desktop takes another kind than this one."""
        from gi.repository import Gio, GLib  # noqa: PLC0415

        def look(*_signal: object) -> bool:
            now = self.kind()
            if now is None:
                GLib.timeout_add_seconds(_AGAIN_SECONDS, look)
            elif now is not kind:
                # At once: AppIndicator puts its own XEmbed icon up a tenth of a second later.
                os._exit(ELSEWHERE)
            return False  # once

        flags = Gio.DBusSignalFlags.NONE
        bus = "org.freedesktop.DBus"
        self._bus.signal_subscribe(
            bus, bus, "NameOwnerChanged", "/org/freedesktop/DBus", _WATCHER, flags, look
        )
        self._bus.signal_subscribe(_WATCHER, None, None, _PATH, None, flags, look)
        look()  # what changed before it was listened for


def follow_desktop() -> None:
    """Have pystray draw what the desktop takes now, and end this process once it takes something else.

    To be called before pystray is imported. Where PYSTRAY_BACKEND says which, nothing is looked for.
    """
    if sys.platform != "linux" or "PYSTRAY_BACKEND" in os.environ:
        return
    from gi.repository import GLib  # noqa: PLC0415

    try:
        desktop = Desktop()
    except GLib.Error:
        return  # pystray will say so
    kind = desktop.kind() or IconKind.XEMBED
    os.environ["PYSTRAY_BACKEND"] = kind.value
    desktop.end_with(kind)
