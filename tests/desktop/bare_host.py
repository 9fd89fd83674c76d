"""A StatusNotifierHost with its watcher and nothing around: ``python bare_host.py``.

It draws nothing; what it knows is read by the bus, as of any watcher. SIGUSR1 has the host come or go
while the watcher stays, as with desktops where two programs do these.
"""

from __future__ import annotations

import signal
import sys

from gi.repository import Gio, GLib

NAME, PATH = "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher"
INTERFACE = """
<node>
  <interface name="org.kde.StatusNotifierWatcher">
    <method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
    <method name="RegisterStatusNotifierHost"><arg type="s" direction="in"/></method>
    <property name="RegisteredStatusNotifierItems" type="as" access="read"/>
    <property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
    <property name="ProtocolVersion" type="i" access="read"/>
    <signal name="StatusNotifierHostRegistered"/>
    <signal name="StatusNotifierHostUnregistered"/>
  </interface>
</node>
"""


class Watcher:
    """Remembers who registered and is still there."""

    def __init__(self, bus: Gio.DBusConnection, *, is_hosted: bool) -> None:
        self._bus = bus
        self._is_hosted = is_hosted
        self._items: list[str] = []
        [interface] = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces
        bus.register_object(PATH, interface, self._call, self._get, None)
        bus.signal_subscribe(
            "org.freedesktop.DBus", "org.freedesktop.DBus", "NameOwnerChanged", None, None,
            Gio.DBusSignalFlags.NONE, self._on_owner,
        )  # fmt: skip

    def turn(self) -> bool:
        self._is_hosted = not self._is_hosted
        which = "Registered" if self._is_hosted else "Unregistered"
        self._bus.emit_signal(None, PATH, NAME, f"StatusNotifierHost{which}", None)
        return True

    def _call(self, _bus, sender, _path, _interface, method, arguments, invocation) -> None:
        if method == "RegisterStatusNotifierItem":
            item = f"{sender}{arguments.unpack()[0]}"
            self._items = [known for known in self._items if known != item] + [item]
        invocation.return_value(None)

    def _get(self, _bus, _sender, _path, _interface, name) -> GLib.Variant:
        return {
            "RegisteredStatusNotifierItems": GLib.Variant("as", self._items),
            "IsStatusNotifierHostRegistered": GLib.Variant("b", self._is_hosted),
        }.get(name, GLib.Variant("i", 0))

    def _on_owner(self, _bus, _sender, _path, _interface, _signal, arguments) -> None:
        name, _old, new = arguments.unpack()
        if not new:
            self._items = [item for item in self._items if not item.startswith(f"{name}/")]


def main() -> None:
    bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
    watcher = Watcher(bus, is_hosted="--without-host" not in sys.argv)
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGUSR1, watcher.turn)
    Gio.bus_own_name_on_connection(bus, NAME, Gio.BusNameOwnerFlags.NONE, None, None)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
