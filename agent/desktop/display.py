"""Whether there is a screen, and what is said where there is none."""

from __future__ import annotations

import os
import sys

from agent.ground.errors import OdcError
from agent.ground.language import mark

ELSEWHERE = 3
"""Exit code of a tray that ends since the desktop takes another kind of icon now."""


class NoWindowError(OdcError):
    """There is nothing to show a window with."""

    code = "no_window"
    sentence = mark("No window can be opened here.")
    advice = mark("Run `odc-agent renew` in a terminal.")


def has_display() -> bool:
    """Return whether there is a screen a tray or a window could be on."""
    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
