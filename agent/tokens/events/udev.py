"""udev: USB devices that come and go. Where no udev runs (a container), nothing is ever told."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pyudev

from agent.tokens.events.source import Told
from agent.tokens.model import ModuleKind

log = logging.getLogger(__name__)

_UDEV_RUNS = Path("/run/udev/control")
_DEVICES: tuple[str, str | None] = ("usb", "usb_device")
"""Subsystem and kind of what is told of."""


class UdevEvents:
    """Tells of USB devices."""

    name = "udev"
    kinds = frozenset(ModuleKind)
    # A driver's library sees a device some time after the system does: when pcscd, or the kernel's
    # HID and storage layers, are done with it.
    settles_after: tuple[float, ...] = (0.5, 2.0)

    def __init__(self, hurry: Told) -> None:
        self._hurry = hurry
        self.is_live = False

    async def run(self, changed: Told) -> None:
        """Tell of USB devices until cancelled."""
        try:
            monitor = pyudev.Monitor.from_netlink(pyudev.Context())
            monitor.filter_by(*_DEVICES)
            monitor.start()
        except OSError as error:
            log.warning("udev cannot be listened to: %s", error)
            return
        loop = asyncio.get_running_loop()

        def read() -> None:
            is_token_like = False
            while (device := monitor.poll(0)) is not None:
                is_token_like |= device.action in {"add", "remove", "bind", "unbind"}
            if is_token_like:
                self._hurry()
                changed()

        loop.add_reader(monitor.fileno(), read)
        # The socket opens everywhere; whether somebody sends to it is another matter.
        self.is_live = _UDEV_RUNS.exists()
        changed()
        try:
            await loop.create_future()
        finally:
            loop.remove_reader(monitor.fileno())
