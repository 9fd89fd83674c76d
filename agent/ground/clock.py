"""The time of day, as an argument: rules take an instant, services take a clock."""

from __future__ import annotations

import datetime as dt
import sys
import time
from collections.abc import Callable

Clock = Callable[[], dt.datetime]
"""Returns the current instant, aware, in UTC."""


def utc_now() -> dt.datetime:
    """Return the current instant in UTC."""
    return dt.datetime.now(dt.UTC)


def since_boot() -> float:
    """Return seconds of a clock that nobody sets and that goes on while the machine sleeps.

    Timers and ``time.monotonic`` stand still meanwhile on Linux (clock_gettime(2), CLOCK_BOOTTIME) and
    macOS, whose CLOCK_MONOTONIC goes on; on Windows they do not.
    """
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()
