"""What the desktop offers: a place for tray icons, a service for notices."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys

from agent.checks.verdicts.desktop import Notices, TrayHost
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


async def look_at_notices(*, is_wanted: bool) -> Notices:
    """Ask the notification service what it is and what it can do."""
    if sys.platform != "linux":
        return Notices(has_bus=True, server=sys.platform, is_wanted=is_wanted)
    try:
        bus = await SessionBus.connect()
    except BusTimeoutError:
        return Notices(has_bus=True, is_silent=True, is_wanted=is_wanted)
    except BusError:
        return Notices(has_bus=False, is_wanted=is_wanted)
    try:
        name, _, version, _ = await bus.call(NOTIFICATIONS, "GetServerInformation")
        (able,) = await bus.call(NOTIFICATIONS, "GetCapabilities")
    except BusTimeoutError:
        return Notices(has_bus=True, is_silent=True, is_wanted=is_wanted)
    except (BusError, ValueError):
        return Notices(has_bus=True, is_wanted=is_wanted)
    finally:
        await bus.close()
    return Notices(
        has_bus=True,
        server=f"{name} {version}".strip(),
        has_buttons="actions" in able,
        is_wanted=is_wanted,
    )


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
    process = await asyncio.create_subprocess_exec(
        *module_command("agent.checks.probes.tray_selection"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        return await process.wait() == 0
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
