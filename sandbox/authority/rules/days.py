"""Days and moments as Chinese certification authorities count them.

Calendar days are those of China Standard Time (UTC+8, no daylight saving). Pure functions; the
clock is an argument everywhere else, and :func:`utc_now` is the one that ticks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

CST = dt.timezone(dt.timedelta(hours=8), "CST")

Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    """Return the present moment, in UTC."""
    return dt.datetime.now(dt.UTC)


def china_date(moment: dt.datetime) -> dt.date:
    """Return the calendar day in China at ``moment`` (which must be aware)."""
    return moment.astimezone(CST).date()


def start_of_day(day: dt.date) -> dt.datetime:
    """Return 00:00:00 China Standard Time of ``day``."""
    return dt.datetime.combine(day, dt.time.min, CST)


def end_of_day(day: dt.date) -> dt.datetime:
    """Return 23:59:59 China Standard Time of ``day``, the last second X.509 can name of it."""
    return dt.datetime.combine(day, dt.time(23, 59, 59), CST)


def years_later(day: dt.date, years: int) -> dt.date:
    """Return the same day ``years`` later (or earlier); 29 February becomes 28 where it must."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
