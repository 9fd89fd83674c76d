"""Day counts and status, by the calendar of China Standard Time.

The instant decides whether a certificate is valid; the day count only words it. A certificate that
expired on 2022-07-20 and is looked at on 2025-03-07 has expired 961 days ago (the guide).
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum, unique
from typing import TYPE_CHECKING

from agent.certificates.china_time import china_date

if TYPE_CHECKING:
    from agent.certificates.model import Certificate  # windows and the tray do without msgspec

EXPIRING_DAYS = 90
"""From how many days before its end a certificate counts as expiring: the first reminder."""


@unique
class CertificateStatus(StrEnum):
    """Where a certificate stands in its validity."""

    NOT_YET_VALID = "not_yet_valid"
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"


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
