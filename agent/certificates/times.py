"""The two notations of time in a certificate (RFC 5280, 4.1.2.5), and those that merely resemble them."""

from __future__ import annotations

import datetime as dt
import re

from agent.keys.der import DerError, Element, Tag

EARLIEST = dt.datetime.min.replace(tzinfo=dt.UTC)
LATEST = dt.datetime.max.replace(microsecond=0, tzinfo=dt.UTC)

_REST = (
    rb"(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?:(?P<minute>\d\d)(?P<second>\d\d)?)?"
    rb"(?:[.,](?P<fraction>\d+))?(?:Z|(?P<offset>[+-]\d\d(?:\d\d)?))?"
)
_FORMS = {
    # Seconds came only with X.509; four digits of a year can be nothing else in a UTCTime.
    Tag.UTC_TIME: re.compile(rb"(?P<year>\d\d(?!\d{12})|\d{4}(?=\d{10}))" + _REST),
    # X.680, 46.2: seconds and minutes may be missing, and the year always has four digits.
    Tag.GENERALIZED_TIME: re.compile(rb"(?P<year>\d{4})" + _REST),
}
_STRICT = {
    Tag.UTC_TIME: re.compile(rb"\d{12}Z"),
    Tag.GENERALIZED_TIME: re.compile(rb"\d{14}Z"),
}


def read_time(element: Element) -> tuple[dt.datetime, bool]:
    """Return an instant in UTC, and whether it is written as it must be.

    Missing seconds, a leap second, fractions, a time zone or none are read as they were meant. How many
    digits the year has is decided by the tag: a length means other things in the two notations.

    Raises:
        DerError: it names no instant.
    """
    if element.tag not in _FORMS:
        raise DerError("no time")
    tag = Tag(element.tag)
    form = _FORMS[tag].fullmatch(element.content)
    if form is None:
        raise DerError("no time")
    parts = {name: int(form[name] or 0) for name in ("month", "day", "hour", "minute", "second")}
    is_strict = bool(_STRICT[tag].fullmatch(element.content))
    if parts["second"] == 60:
        parts["second"], is_strict = 59, False
    try:
        instant = dt.datetime(_year(form["year"]), **parts, tzinfo=dt.UTC)
    except ValueError as error:
        raise DerError(str(error)) from error
    return _shifted(instant + _fraction(form), form["offset"]), is_strict


def _fraction(form: re.Match[bytes]) -> dt.timedelta:
    """Return what a decimal fraction stands for: of the last unit that is written, in whole seconds."""
    if form["second"] or not form["fraction"]:
        return dt.timedelta()
    unit = 60 if form["minute"] else 3600
    return dt.timedelta(seconds=int(unit * float(b"0." + form["fraction"][:9])))


def _year(digits: bytes) -> int:
    """Two digits mean 1950 to 2049 (RFC 5280, 4.1.2.5.1)."""
    year = int(digits)
    if len(digits) == 4:
        return year
    return year + (1900 if year >= 50 else 2000)


def _shifted(instant: dt.datetime, offset: bytes | None) -> dt.datetime:
    """Return the UTC instant of a local time with its offset, within the years there are."""
    if not offset:
        return instant
    minutes = int(offset[1:3]) * 60 + int(offset[3:5] or 0)
    ahead = dt.timedelta(minutes=minutes if offset[:1] == b"+" else -minutes)
    try:
        return instant - ahead
    except OverflowError:
        return EARLIEST if ahead > dt.timedelta() else LATEST
