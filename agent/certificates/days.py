"""Day counts and status, by the calendar of China Standard Time.

The instant decides whether a certificate is valid; the day count only words it. A certificate that
expired on 2022-07-20 and is looked at on 2025-03-07 has expired 961 days ago (the guide).
"""

from __future__ import annotations

import datetime as dt

from agent.certificates.model import Certificate, CertificateStatus

CHINA_STANDARD_TIME = dt.timezone(dt.timedelta(hours=8), "CST")
"""UTC+8 all year; China has had no summer time since 1991."""

EXPIRING_DAYS = 90
"""From how many days before its end a certificate counts as expiring: the first reminder."""


def china_date(instant: dt.datetime) -> dt.date:
    """Return the calendar day in China of an aware ``instant``."""
    try:
        return instant.astimezone(CHINA_STANDARD_TIME).date()
    except OverflowError:
        # 99991231235959Z says that there is no well-defined end (RFC 5280, 4.1.2.5).
        return dt.date.max if instant.year > 1 else dt.date.min


def days_left(not_after: dt.datetime, now: dt.datetime) -> int:
    """Return calendar days from ``now`` to ``not_after``: 0 on the last day, negative after it."""
    return (china_date(not_after) - china_date(now)).days


def is_expired(not_after: dt.datetime, now: dt.datetime) -> bool:
    """Return whether the instant ``now`` is past ``not_after``, which itself is still valid."""
    return now > not_after


def status_of(
    certificate: Certificate, now: dt.datetime, *, expiring_days: int = EXPIRING_DAYS
) -> CertificateStatus:
    """Return where ``certificate`` stands at ``now``."""
    if is_expired(certificate.not_after, now):
        return CertificateStatus.EXPIRED
    if now < certificate.not_before:
        return CertificateStatus.NOT_YET_VALID
    if days_left(certificate.not_after, now) <= expiring_days:
        return CertificateStatus.EXPIRING
    return CertificateStatus.VALID
