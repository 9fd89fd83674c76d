"""Quiet hours: when nothing pops up by itself. Pure."""

from __future__ import annotations

import datetime as dt
import re

import msgspec

_FORM = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


class QuietHours(msgspec.Struct, frozen=True):
    """From one time of day to another, by this computer's time zone; they may go past midnight."""

    start: dt.time
    end: dt.time


def quiet_hours(text: str) -> QuietHours | None:
    """Return the hours ``text`` tells, such as ``22:00-08:00``; None where it is empty.

    Raises:
        ValueError: it is something else.
    """
    if not text:
        return None
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError("quiet hours are written as 22:00-08:00")
    from_hour, from_minute, to_hour, to_minute = map(int, found.groups())
    return QuietHours(dt.time(from_hour, from_minute), dt.time(to_hour, to_minute))


def is_quiet(hours: QuietHours | None, now: dt.datetime) -> bool:
    """Return whether the aware instant ``now`` is within ``hours``."""
    if hours is None:
        return False
    time = now.astimezone().time()
    if hours.start <= hours.end:
        return hours.start <= time < hours.end
    return time >= hours.start or time < hours.end
