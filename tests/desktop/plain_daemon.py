"""A notification daemon that draws nothing: ``python plain_daemon.py FILE [CAPABILITY…]``.

It writes each notice it is sent as a line of JSON: title and text, as they came.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gi.repository import Gio, GLib

NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
INTERFACE = """
<node>
  <interface name="org.freedesktop.Notifications">
    <method name="GetCapabilities"><arg type="as" direction="out"/></method>
    <method name="GetServerInformation">
      <arg type="s" direction="out"/><arg type="s" direction="out"/>
      <arg type="s" direction="out"/><arg type="s" direction="out"/>
    </method>
    <method name="Notify">
      <arg type="s" direction="in"/><arg type="u" direction="in"/><arg type="s" direction="in"/>
      <arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="as" direction="in"/>
      <arg type="a{sv}" direction="in"/><arg type="i" direction="in"/><arg type="u" direction="out"/>
    </method>
    <method name="CloseNotification"><arg type="u" direction="in"/></method>
  </interface>
</node>
"""


def main() -> None:
    _, file, *able = sys.argv
    bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)

    def answer(_bus, _sender, _path, _interface, method, arguments, invocation):
        if method == "Notify":
            _, _, _, title, text, *_ = arguments.unpack()
            with Path(file).open("a", encoding="utf-8") as shown:
                shown.write(json.dumps([title, text]) + "\n")
        answers = {
            "GetCapabilities": GLib.Variant("(as)", (able,)),
            "GetServerInformation": GLib.Variant("(ssss)", ("plain", "tests", "1", "1.2")),
            "Notify": GLib.Variant("(u)", (1,)),
        }
        invocation.return_value(answers.get(method))

    [interface] = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces
    bus.register_object(PATH, interface, answer, None, None)
    Gio.bus_own_name_on_connection(bus, NAME, Gio.BusNameOwnerFlags.NONE, None, None)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
