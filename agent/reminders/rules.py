"""When a reminder is due, and its sentence. Pure: the clock and what was said before are arguments."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from enum import StrEnum, unique

import msgspec

from agent.certificates.china_time import china_date
from agent.certificates.days import days_left, is_expired
from agent.certificates.model import Certificate, CertificateUse
from agent.ground.language import Language, mark, translate, translate_count

MAX_CLOCK_DAYS = 7


@unique
class Later(StrEnum):
    """When a person wants to be reminded again."""

    DAY = "day"
    WEEK = "week"
    INSERTION = "insertion"
    """Not before the token is plugged in again."""
    NEVER = "never"
    """Not at all: its token is gone, or somebody else looks after it."""


_DAYS = {Later.DAY: 1, Later.WEEK: 7}


class Snooze(msgspec.Struct, frozen=True, kw_only=True):
    """A reminder that was put off."""

    until: dt.date | None
    """Calendar day in China; None until the token is plugged in again."""
    was_expired: bool
    """Whether the certificate had expired then: its expiry ends what was put off before."""
    is_for_good: bool = False
    """Nothing ends it but a person."""


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """When a certificate was last reminded of."""

    day: dt.date
    """Calendar day in China."""
    days_left: int
    """What the day count was then."""
    snooze: Snooze | None = None


def is_due(
    certificate: Certificate,
    last: Shown | None,
    now: dt.datetime,
    *,
    thresholds: Sequence[int],
    is_inserted_anew: bool = False,
) -> bool:
    """Return whether ``certificate`` is to be reminded of now.

    Before expiry once for each threshold that is crossed, after it daily; at most once a day unless
    the token was just plugged in. A clock that jumped back does not repeat what was said. What was
    put off is due when its time has come, or the certificate has expired meanwhile.
    """
    if certificate.is_ca or certificate.use is CertificateUse.OTHER:
        return False
    days = days_left(certificate.not_after, now)
    expired = is_expired(certificate.not_after, now)
    if is_silenced(last) or (not expired and days > max(thresholds, default=-1)):
        return False
    if last is None or is_by_a_wrong_clock(last, now):
        return True
    if last.snooze is not None:
        return _is_over(last.snooze, now, expired=expired, is_inserted_anew=is_inserted_anew)
    if not is_inserted_anew and china_date(now) <= last.day:
        return False
    return (
        is_inserted_anew
        or expired
        or any(days <= threshold < last.days_left for threshold in thresholds)
    )


def is_silenced(last: Shown | None) -> bool:
    """Return whether a person said that they do not want to be reminded any more."""
    return last is not None and last.snooze is not None and last.snooze.is_for_good


def is_by_a_wrong_clock(last: Shown, now: dt.datetime) -> bool:
    """Return whether ``last`` lies so far ahead that the clock was wrong then: it counts for nothing.

    A clock a few days ahead and back again is a journey or a test, and repeats nothing.
    """
    return last.day > china_date(now) + dt.timedelta(days=MAX_CLOCK_DAYS)


def _is_over(snooze: Snooze, now: dt.datetime, *, expired: bool, is_inserted_anew: bool) -> bool:
    if expired and not snooze.was_expired:
        return True
    if snooze.until is None:
        return is_inserted_anew
    furthest = china_date(now) + dt.timedelta(days=_DAYS[Later.WEEK] + MAX_CLOCK_DAYS)
    # What lies further ahead was put off by a wrong clock.
    return not china_date(now) < snooze.until <= furthest


def put_off(certificate: Certificate, later: Later, now: dt.datetime) -> Shown:
    """Return what to remember of a reminder that was put off ``now``."""
    days = _DAYS.get(later)
    until = None if days is None else china_date(now) + dt.timedelta(days=days)
    snooze = Snooze(
        until=until,
        was_expired=is_expired(certificate.not_after, now),
        is_for_good=later is Later.NEVER,
    )
    return msgspec.structs.replace(shown_now(certificate, now), snooze=snooze)


def shown_now(certificate: Certificate, now: dt.datetime) -> Shown:
    """Return what to remember once the reminder has been given."""
    return Shown(day=china_date(now), days_left=days_left(certificate.not_after, now))


def reminder_text(certificate: Certificate, now: dt.datetime, language: Language) -> str:
    """Return the guide's sentence with today's number."""
    days = days_left(certificate.not_after, now)
    if not is_expired(certificate.not_after, now):
        return _before_expiry(days, language)
    if days == 0:
        return translate(
            mark(
                "Your digital certificate has expired today. Please renew it now! "
                "An expired certificate cannot be used for signing or log-in."
            ),
            language,
        )
    return translate_count(
        "Your digital certificate expired {count} day ago. Please renew it now! "
        "An expired certificate cannot be used for signing or log-in.",
        "Your digital certificate expired {count} days ago. Please renew it now! "
        "An expired certificate cannot be used for signing or log-in.",
        -days,
        language,
    )


def _before_expiry(days: int, language: Language) -> str:
    if days == 0:
        return translate(
            mark(
                "Your digital certificate expires today. Please renew it now! "
                "An expired certificate cannot be used for signing or log-in."
            ),
            language,
        )
    return translate_count(
        "Your digital certificate expires in {count} day. Please renew it in time! "
        "An expired certificate cannot be used for signing or log-in.",
        "Your digital certificate expires in {count} days. Please renew it in time! "
        "An expired certificate cannot be used for signing or log-in.",
        days,
        language,
    )


def fetch_text(label: str, language: Language) -> str:
    """Return which token is to be fetched from its drawer."""
    return translate(mark("Please fetch the token “{label}”."), language, label=label)


def reminder_title(organisation: str, language: Language) -> str:
    """Return the heading of a reminder."""
    return translate(
        mark("Digital certificate of {organisation}"), language, organisation=organisation
    )


class Reminder(msgspec.Struct, frozen=True, kw_only=True):
    """One reminder, ready to be shown."""

    thumbprint: str
    title: str
    text: str
    token: str = ""
    """Label of the token that is to be fetched; empty where it is plugged in."""
    is_expired: bool = False
