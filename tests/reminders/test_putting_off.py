"""Reminders that are put off, and hours in which nothing pops up."""

from __future__ import annotations

import datetime as dt

import pytest
from certificate_maker import CHINA, china, make_certificate

from agent.reminders import rules
from agent.reminders.rules import Later, put_off
from agent.settings.config import ReminderSettings
from agent.settings.quiet import is_quiet, quiet_hours

LAST_DAY = dt.date(2025, 6, 30)
CERTIFICATE = make_certificate(
    not_before=china("2024-06-30 00:00:00"), not_after=china("2025-06-30 23:59:59")
)


def is_due(*facts, **options):
    return rules.is_due(*facts, thresholds=ReminderSettings().thresholds, **options)


def noon(days_left: int) -> dt.datetime:
    day = LAST_DAY - dt.timedelta(days=days_left)
    return dt.datetime.combine(day, dt.time(12), CHINA)


def due_days(later, start, days, **options):
    """Return how many days after it was put off a reminder is due, of the next ``days``."""
    last = put_off(CERTIFICATE, later, noon(start))
    return [n for n in range(days) if is_due(CERTIFICATE, last, noon(start - n), **options)]


@pytest.mark.parametrize("start", [50, -961])
def test_a_day_means_tomorrow_and_a_week_seven_days(start):
    assert due_days(Later.DAY, start, 4) == [1, 2, 3]
    assert due_days(Later.WEEK, start, 10) == [7, 8, 9]


@pytest.mark.parametrize("later", [Later.DAY, Later.WEEK])
def test_plugging_in_does_not_end_what_was_put_off_by_days(later):
    assert 0 not in due_days(later, 50, 1, is_inserted_anew=True)


def test_until_the_next_insertion_means_nothing_else():
    assert due_days(Later.INSERTION, 50, 30) == []
    assert due_days(Later.INSERTION, 50, 1, is_inserted_anew=True) == [0]


@pytest.mark.parametrize("later", [Later.WEEK, Later.INSERTION])
def test_what_was_put_off_before_the_end_is_due_once_the_certificate_has_expired(later):
    assert due_days(later, 2, 5)[0] == 3


def test_what_was_put_off_after_the_end_stays_put_off():
    assert due_days(Later.INSERTION, -10, 30) == []


def test_a_crossed_threshold_does_not_end_what_was_put_off():
    assert due_days(Later.WEEK, 16, 7) == []  # 15 days


def test_what_a_wrong_clock_put_off_for_years_counts_for_nothing():
    last = put_off(CERTIFICATE, Later.DAY, noon(-4000))
    assert is_due(CERTIFICATE, last, noon(10))


@pytest.mark.parametrize(
    ("hours", "quiet", "loud"),
    [
        ("22:00-08:00", ["22:00", "23:59", "00:00", "07:59"], ["08:00", "12:00", "21:59"]),
        ("12:00-13:30", ["12:00", "13:29"], ["11:59", "13:30", "00:00"]),
        ("09:00-09:00", [], ["09:00", "10:00"]),
    ],
)
def test_quiet_hours_are_by_the_computers_own_time(hours, quiet, loud):
    local = dt.datetime.now().astimezone().tzinfo

    def at(time):
        moment = dt.datetime.combine(dt.date(2025, 3, 7), dt.time.fromisoformat(time), local)
        return is_quiet(quiet_hours(hours), moment.astimezone(dt.UTC))

    assert [at(time) for time in quiet] == [True] * len(quiet)
    assert [at(time) for time in loud] == [False] * len(loud)


def test_without_quiet_hours_it_is_never_quiet():
    assert quiet_hours("") is None
    assert not is_quiet(None, noon(0))


@pytest.mark.parametrize("text", ["22-8", "24:00-08:00", "22:00", "22:00-08:60", "nachts"])
def test_what_are_no_hours_is_refused(text):
    with pytest.raises(ValueError, match="22:00-08:00"):
        quiet_hours(text)
