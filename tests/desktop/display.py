"""A desktop of its own for a test: X server, session bus, panel with a tray, notification daemon.

Nothing of it is shared: the display number is found by Xvfb, home and bus are private, and all of
it has ended when the block is left. Two runs at once do not see each other.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

WATCHER = ("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher")
PANEL_HEIGHT = 32
_PANEL = """<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="{dark}"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="icon-size" type="uint" value="{icon}"/>
      <property name="size" type="uint" value="{height}"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray">
      <property name="icon-size" type="int" value="{icon}"/>
    </property>
  </property>
</channel>
"""


def eventually(ask: Callable[[], T], *, seconds: float = 45.0) -> T:
    """Ask until the answer is true, and return it; the last answer when time is up."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return answer


@dataclass(frozen=True)
class Desktop:
    """A running desktop; ``environment`` is what its programs start with."""

    environment: dict[str, str]
    server: subprocess.Popen[bytes]

    def run(self, *command: str) -> str:
        """Run a program on the desktop and return what it prints."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout

    def tray_items(self) -> list[str]:
        """Return the bus names of the icons the panel's tray knows."""
        answer = self.run(*_gdbus(*WATCHER), "org.freedesktop.DBus.Properties.Get",
                          WATCHER[0], "RegisteredStatusNotifierItems")  # fmt: skip
        names = answer.partition("[")[2].partition("]")[0].split(",")
        return [name.strip(" '") for name in names if name.strip()]

    def menu(self) -> str:
        """Return the layout of the first icon's menu, as dbusmenu sends it."""
        item = next(iter(self.tray_items()), "")
        bus, _, path = item.partition("/")
        return self.run(*_gdbus(bus, f"/{path}/Menu"),
                        "com.canonical.dbusmenu.GetLayout", "0", "9", "[]")  # fmt: skip

    def click(self, label: str) -> None:
        """Click the entry ``label`` of the first icon's menu."""
        bus, _, path = self.tray_items()[0].partition("/")
        before = self._settled_menu().split(f"'label': <'{label}'>")[0]
        number = before.rpartition("<(")[2].partition(",")[0]
        self.run(*_gdbus(bus, f"/{path}/Menu"), "com.canonical.dbusmenu.Event",
                 number, "clicked", "<''>", "0")  # fmt: skip

    def active(self) -> str:
        """Return the id of the window that is in front and has the keyboard."""
        return self.run("xdotool", "getactivewindow").strip()

    def _settled_menu(self) -> str:
        """Return the menu once it stays as it is: one that is built anew numbers its entries anew."""
        menus = [self.menu()]

        def is_settled() -> bool:
            time.sleep(0.2)
            menus.append(self.menu())
            return menus[-1] == menus[-2]

        assert eventually(is_settled)
        return menus[-1]

    def press(self, from_right: int) -> bool:
        """Press a button of xfce4-notifyd's notice with the mouse; False while there is no notice."""
        place = self._place_of_notice()
        if not place or place != self._place_of_notice():
            return False
        # As its theme draws them: 85 pixels wide with 7 between, at the lower right.
        x = int(place["X"]) + int(place["WIDTH"]) - 56 - 92 * from_right
        y = int(place["Y"]) + int(place["HEIGHT"]) - 31
        self.run("xdotool", "mousemove", str(x), str(y), "click", "1")
        return True

    def _place_of_notice(self) -> dict[str, str]:
        """Return where the notice is after a moment: it slides in, and a click beside it closes it."""
        time.sleep(0.3)
        shown = self.run("xdotool", "search", "--onlyvisible", "--class", "notifyd").split()
        told = self.run("xdotool", "getwindowgeometry", "--shell", shown[0]) if shown else ""
        return dict(line.split("=") for line in told.split())

    def shown(self) -> int:
        """Return how many notices dunst shows."""
        return int(self.run("dunstctl", "count", "displayed").strip() or 0)

    def screenshot(self, file: Path) -> Path:
        """Save what is on the screen."""
        self.run("import", "-window", "root", str(file))
        return file

    def notices(self) -> list[dict[str, str]]:
        """Close what is shown and return all notifications there were, the newest first."""
        self.run("dunstctl", "close-all")
        history = json.loads(self.run("dunstctl", "history") or '{"data": [[]]}')
        return [
            {name: str(field["data"]) for name, field in notice.items()}
            for notice in history["data"][0]
        ]


@contextlib.contextmanager
def desktop(
    *,
    panel: bool = True,
    is_dark: bool = True,
    scale: int = 1,
    notifications: str = "dunst",
    size: str = "800x600",
    monitors: int = 1,
) -> Iterator[Desktop]:
    """Run a desktop.

    ``notifications`` names the daemon: dunst, xfce4-notifyd (draws buttons), or none; ``is_dark`` and
    ``scale`` are the panel's. The screen of ``size`` is divided into ``monitors``.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix="odc-desk-", ignore_cleanup_errors=True)
            )
        )
        environment = _environment(folder)
        server, environment["DISPLAY"] = _start_server(stack, environment, size)
        environment["DBUS_SESSION_BUS_ADDRESS"] = _start_bus(stack, environment)
        running = Desktop(environment, server)
        if monitors > 1:
            divide = str(Path(__file__).with_name("monitors.py"))
            subprocess.run([sys.executable, divide, str(monitors)], env=environment, check=True)
        if notifications:
            start_daemon(stack, running, notifications)
        if panel:
            start_panel(stack, running, is_dark=is_dark, scale=scale)
            assert eventually(lambda: _has_owner(running, WATCHER[0])), "no tray in the panel"
        yield running


def _environment(folder: Path) -> dict[str, str]:
    """Return variables in which nothing leads to the desktop the tests are started on."""
    foreign = ("DISPLAY", "WAYLAND_DISPLAY", "SESSION_MANAGER")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in foreign and not name.startswith(("XDG_", "DBUS_", "GTK_", "QT_", "LC_"))
    }
    folders = {"XDG_RUNTIME_DIR": "run", "XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache",
               "XDG_DATA_HOME": "data", "ODC_HOME": "odc", "HOME": "home"}  # fmt: skip
    for name, leaf in folders.items():
        (folder / leaf).mkdir(mode=0o700)
        kept[name] = str(folder / leaf)
    return {**kept, "LANG": "C.UTF-8", "NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory",
            "GDK_BACKEND": "x11", "QT_QPA_PLATFORM": "xcb", "XDG_CURRENT_DESKTOP": "XFCE"}  # fmt: skip


def _start(
    stack: contextlib.ExitStack,
    environment: dict[str, str],
    *command: str,
    pass_fds: tuple[int, ...] = (),
) -> subprocess.Popen[bytes]:
    """Start a program of the desktop; it and what it starts end with the desktop."""
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=pass_fds,
        start_new_session=True,
    )
    stack.callback(_end, process)
    return process


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)


def _started_telling(
    stack: contextlib.ExitStack, environment: dict[str, str], *command: str
) -> tuple[subprocess.Popen[bytes], str]:
    """Start a program that writes one line to the descriptor ``FD`` once it is ready."""
    reading, writing = os.pipe()
    with os.fdopen(reading) as answer:
        try:
            named = [part.replace("FD", str(writing)) for part in command]
            process = _start(stack, environment, *named, pass_fds=(writing,))
        finally:
            os.close(writing)
        line = answer.readline().strip()
    assert line, f"{command[0]} did not start"
    return process, line


def _start_server(
    stack: contextlib.ExitStack, environment: dict[str, str], size: str
) -> tuple[subprocess.Popen[bytes], str]:
    process, number = _started_telling(
        stack, environment,
        "Xvfb", "-displayfd", "FD", "-screen", "0", f"{size}x24", "-nolisten", "tcp", "-noreset",
    )  # fmt: skip
    return process, f":{number}"


def _start_bus(stack: contextlib.ExitStack, environment: dict[str, str]) -> str:
    _, address = _started_telling(
        stack, environment, "dbus-daemon", "--session", "--nofork", "--print-address=FD"
    )
    return address


def start_bus_at(stack: contextlib.ExitStack, running: Desktop) -> None:
    """Start a bus at the address the desktop's variables name, where nothing answers yet."""
    address = running.environment["DBUS_SESSION_BUS_ADDRESS"]
    _started_telling(
        stack, running.environment,
        "dbus-daemon", "--session", "--nofork", f"--address={address}", "--print-address=FD",
    )  # fmt: skip


_DAEMONS = {
    "dunst": "dunst",
    "xfce4-notifyd": "/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd",
}
NOTIFICATIONS = "org.freedesktop.Notifications"


def start_daemon(
    stack: contextlib.ExitStack, running: Desktop, name: str
) -> subprocess.Popen[bytes]:
    """Start a notification daemon and wait until the bus knows it."""
    process = _start(stack, running.environment, _DAEMONS[name])
    assert eventually(lambda: _has_owner(running, NOTIFICATIONS)), f"no {name}"
    return process


def start_plain_daemon(
    stack: contextlib.ExitStack, running: Desktop, file: Path, *able: str
) -> None:
    """Start a daemon that can do this much and writes down what it is sent (plain_daemon.py)."""
    program = str(Path(__file__).with_name("plain_daemon.py"))
    _start(stack, running.environment, sys.executable, program, str(file), *able)
    assert eventually(lambda: _has_owner(running, NOTIFICATIONS)), "no plain daemon"


def start_panel(
    stack: contextlib.ExitStack, running: Desktop, *, is_dark: bool = True, scale: int = 1
) -> subprocess.Popen[bytes]:
    """Start a panel with a tray; it is there when its watcher is on the bus."""
    configuration = Path(running.environment["XDG_CONFIG_HOME"])
    settings = configuration / "xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    drawn = {"dark": str(is_dark).lower(), "icon": 22 * scale, "height": PANEL_HEIGHT * scale}
    settings.write_text(_PANEL.format(**drawn))
    return _start(stack, running.environment, "xfce4-panel", "--disable-wm-check")


def start_xembed_panel(stack: contextlib.ExitStack, running: Desktop) -> subprocess.Popen[bytes]:
    """Start a panel that knows XEmbed's icons alone, at the screen's upper edge."""
    return _start(
        stack, running.environment,
        "trayer", "--edge", "top", "--align", "left", "--widthtype", "percent", "--width", "100",
        "--heighttype", "pixel", "--height", str(PANEL_HEIGHT),
    )  # fmt: skip


def start_bare_host(
    stack: contextlib.ExitStack, running: Desktop, *options: str
) -> subprocess.Popen[bytes]:
    """Start a StatusNotifierHost that draws nothing (bare_host.py)."""
    program = str(Path(__file__).with_name("bare_host.py"))
    return _start(stack, running.environment, sys.executable, program, *options)


def _has_owner(running: Desktop, name: str) -> bool:
    command = _gdbus("org.freedesktop.DBus", "/org/freedesktop/DBus")
    return "true" in running.run(*command, "org.freedesktop.DBus.NameHasOwner", name)


def _gdbus(bus: str, path: str) -> tuple[str, ...]:
    return ("gdbus", "call", "--session", "--dest", bus, "--object-path", path, "--method")


def artefacts(fallback: Path) -> Path:
    """Return where screenshots are kept."""
    folder = Path(os.environ.get("ODC_TEST_ARTEFACTS") or fallback)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def missing_programs() -> list[str]:
    """Return what is needed here and not installed."""
    needed = (
        "Xvfb",
        "dbus-daemon",
        "xfce4-panel",
        "dunst",
        "dunstctl",
        "gdbus",
        "import",
        "trayer",
    )
    return [name for name in needed if shutil.which(name) is None]
