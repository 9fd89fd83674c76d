"""The calendar all days are counted by: that of China Standard Time."""

from __future__ import annotations

import datetime as dt

CHINA_STANDARD_TIME = dt.timezone(dt.timedelta(hours=8), "CST")
"""UTC+8 all year; China has had no summer time since 1991."""


def china_date(instant: dt.datetime) -> dt.date:
    """Return the calendar day in China of an aware ``instant``."""
    try:
        return instant.astimezone(CHINA_STANDARD_TIME).date()
    except OverflowError:
        # 99991231235959Z says that there is no well-defined end (RFC 5280, 4.1.2.5).
        return dt.date.max if instant.year > 1 else dt.date.min
