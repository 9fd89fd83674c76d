"""The time of day, as an argument: rules take an instant, services take a clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

Clock = Callable[[], dt.datetime]
"""Returns the current instant, aware, in UTC."""


def utc_now() -> dt.datetime:
    """Return the current instant in UTC."""
    return dt.datetime.now(dt.UTC)
