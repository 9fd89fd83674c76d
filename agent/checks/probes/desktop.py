"""What the desktop offers: a place for tray icons, a service for notices."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys

from msgspec.structs import replace

from agent.checks.verdicts.desktop import Notices, TrayHost
from agent.system.consoles import NO_CONSOLE
from agent.system.runtime import module_command
from agent.system.session_bus import BusError, BusTimeoutError, Service, SessionBus

NOTIFICATIONS = Service(
    "org.freedesktop.Notifications",
    "/org/freedesktop/Notifications",
    "org.freedesktop.Notifications",
)
"""Desktop Notifications Specification."""
WATCHER = Service(
    "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher", "org.freedesktop.DBus.Properties"
)
"""StatusNotifierItem specification, which AppIndicator speaks."""


async def look_at_notices(*, is_wanted: bool, failure: str = "") -> Notices:
    """Return what shows notices here, and what it can do.

    Args:
        is_wanted: whether the settings have notices shown.
        failure: why the last one could not be shown, empty where it could.
    """
    return replace(await _look_at_service(), is_wanted=is_wanted, failure=failure)


async def _look_at_service() -> Notices:
    if sys.platform == "win32":
        obstacle = await _obstacle_to_toasts()
        return Notices(has_bus=True, server="Windows", has_buttons=not obstacle, obstacle=obstacle)
    if sys.platform == "darwin":
        return Notices(has_bus=True, server="macOS")
    return await _ask_daemon()


async def _obstacle_to_toasts() -> str:
    """Return why Windows would show no toast of ours; empty where it would."""
    _, said = await _run("agent.desktop.toast", "look")
    try:
        return str(json.loads(said).get("failed", ""))
    except ValueError:
        return "the program that shows them ended"


async def _ask_daemon() -> Notices:
    """Ask the notification daemon what it is and what it can do."""
    try:
        bus = await SessionBus.connect()
    except BusTimeoutError:
        return Notices(has_bus=True, is_silent=True)
    except BusError:
        return Notices(has_bus=False)
    try:
        name, _, version, _ = await bus.call(NOTIFICATIONS, "GetServerInformation")
        (able,) = await bus.call(NOTIFICATIONS, "GetCapabilities")
    except BusTimeoutError:
        return Notices(has_bus=True, is_silent=True)
    except (BusError, ValueError):
        return Notices(has_bus=True)
    finally:
        await bus.close()
    server = f"{name} {version}".strip()
    return Notices(has_bus=True, server=server, has_buttons="actions" in able)


async def look_for_tray_host() -> TrayHost:
    """Return whether the desktop shows tray icons, of the new kind or the old."""
    if sys.platform != "linux":
        return TrayHost.PRESENT
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return TrayHost.NO_SCREEN
    if await _has_status_notifier_host() or await _has_x11_tray():
        return TrayHost.PRESENT
    return TrayHost.ABSENT


async def _has_status_notifier_host() -> bool:
    try:
        bus = await SessionBus.connect()
    except BusError:
        return False
    try:
        if not await bus.has_owner(WATCHER.name):
            return False
        (value,) = await bus.call(
            WATCHER, "Get", "ss", WATCHER.name, "IsStatusNotifierHostRegistered"
        )
    except BusError:
        return False
    finally:
        await bus.close()
    return bool(value[1])


async def _has_x11_tray() -> bool:
    if not os.environ.get("DISPLAY"):
        return False
    code, _ = await _run("agent.checks.probes.tray_selection")
    return code == 0


async def _run(module: str, *arguments: str) -> tuple[int | None, bytes]:
    """Run one of our modules in a process of its own; return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *module_command(module, *arguments),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        creationflags=NO_CONSOLE,
    )  # fmt: skip
    try:
        said, _ = await process.communicate()
        return process.returncode, said
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
