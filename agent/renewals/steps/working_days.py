"""Working days in mainland China, with public holidays and make-up days. Pure.

The State Council publishes a year's holidays late in the year before. For years the calendar does
not know, weekdays are taken, and a day counted to is an estimate (约).
"""

from __future__ import annotations

import datetime as dt

import chinese_calendar

_DAY = dt.timedelta(days=1)


def is_working_day(day: dt.date) -> bool:
    """Return whether offices work on ``day``; by its weekday in years the calendar does not know."""
    known = _known(day)
    return day.weekday() < 5 if known is None else known


def add_working_days(start: dt.date, count: int) -> dt.date:
    """Return the working day ``count`` working days after ``start``, which itself does not count.

    With a count of 0 it is ``start`` or, where that is a day off, the next working day.
    """
    day = start if count == 0 else start + _DAY
    left = max(count, 1)
    while (left := left - is_working_day(day)) > 0:
        day += _DAY
    return day


def is_certain(day: dt.date) -> bool:
    """Return whether the holidays of the day's year are known: else a count to it is an estimate."""
    return _known(day) is not None


def _known(day: dt.date) -> bool | None:
    """Return what the calendar says; None for a year it does not have."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None
