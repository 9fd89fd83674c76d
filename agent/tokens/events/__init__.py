"""Sources of events that tell of tokens coming and going, one module for each system interface.

PC/SC knows readers and cards; the operating system knows devices, which matters as much: many tokens
of Chinese make are HID or mass-storage devices and never appear in PC/SC. A source only says "look
again"; what changed is found by reading.
"""

from __future__ import annotations

import sys

from agent.tokens.events.pcsc import PcscEvents
from agent.tokens.events.source import EventSource, Told


def system_events() -> tuple[EventSource, ...]:
    """Return this system's sources."""
    pcsc = PcscEvents()
    return (pcsc, *_device_events(pcsc.hurry))


def _device_events(hurry: Told) -> tuple[EventSource, ...]:
    """Return the source for devices; each of its events is also a reason to ask PC/SC again."""
    if sys.platform == "linux":
        from agent.tokens.events.udev import UdevEvents  # noqa: PLC0415 - one platform only

        return (UdevEvents(hurry),)
    elif sys.platform == "win32":  # noqa: RET505 - mypy skips the other platforms' branches only with an else
        from agent.tokens.events.windows import DeviceChanges  # noqa: PLC0415 - one platform only

        return (DeviceChanges(hurry),)
    elif sys.platform == "darwin":
        from agent.tokens.events.macos import UsbChanges  # noqa: PLC0415 - one platform only

        return (UsbChanges(hurry),)
    else:
        return ()


__all__ = ["EventSource", "PcscEvents", "Told", "system_events"]
