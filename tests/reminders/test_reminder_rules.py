"""When a reminder is due. The clock and what was said before are arguments."""

from __future__ import annotations

import datetime as dt

import pytest
from certificate_maker import CHINA, ENCRYPTION, china, make_certificate
from hypothesis import given
from hypothesis import strategies as st

from agent.ground.language import Language
from agent.reminders import rules
from agent.reminders.rules import (
    Shown,
    reminder_text,
    reminder_title,
    shown_now,
)
from agent.settings.config import ReminderSettings

LAST_DAY = dt.date(2025, 6, 30)
CERTIFICATE = make_certificate(
    not_before=china("2024-06-30 00:00:00"), not_after=china("2025-06-30 23:59:59")
)
DAY = dt.timedelta(days=1)
THRESHOLDS = ReminderSettings().thresholds


def is_due(*facts, thresholds=THRESHOLDS, **options):
    return rules.is_due(*facts, thresholds=thresholds, **options)


def noon(days_left: int) -> dt.datetime:
    """Return noon in China so many days before the last day."""
    day = LAST_DAY - dt.timedelta(days=days_left)
    return dt.datetime.combine(day, dt.time(12), CHINA)


def shown(days_left: int) -> Shown:
    return shown_now(CERTIFICATE, noon(days_left))


class User:
    """Somebody whose agent looks at the calendar, and remembers what it said."""

    def __init__(self, last: Shown | None = None) -> None:
        self.last = last
        self.reminded: list[int] = []

    def looks(self, now: dt.datetime, *, is_inserted_anew: bool = False) -> bool:
        due = is_due(CERTIFICATE, self.last, now, is_inserted_anew=is_inserted_anew)
        if due:
            self.last = shown_now(CERTIFICATE, now)
            self.reminded.append(self.last.days_left)
        return due


def test_nobody_is_reminded_long_before_the_end():
    assert not is_due(CERTIFICATE, None, noon(91))


def test_the_first_threshold_begins_the_reminders():
    assert is_due(CERTIFICATE, None, noon(90))


def test_a_day_by_day_life_is_reminded_of_at_each_threshold_and_then_daily():
    user = User()
    for days in range(120, -6, -1):
        user.looks(noon(days))
    assert user.reminded == [*THRESHOLDS, -1, -2, -3, -4, -5]


def test_a_reminder_is_not_repeated_on_the_same_day():
    user = User()
    assert user.looks(noon(30))
    assert not user.looks(noon(30) + dt.timedelta(hours=11))
    assert user.looks(noon(-1))
    assert not user.looks(noon(-1) + dt.timedelta(hours=11))


def test_a_reminder_comes_again_when_the_token_is_plugged_in_again():
    user = User()
    assert user.looks(noon(-1))
    assert user.looks(noon(-1) + dt.timedelta(minutes=1), is_inserted_anew=True)
    assert not user.looks(noon(-1) + dt.timedelta(minutes=2))


def test_plugging_in_a_token_that_is_valid_for_long_says_nothing():
    assert not is_due(CERTIFICATE, None, noon(91), is_inserted_anew=True)


def test_between_thresholds_nothing_is_said():
    assert not is_due(CERTIFICATE, shown(30), noon(29))
    assert not is_due(CERTIFICATE, shown(30), noon(16))
    assert is_due(CERTIFICATE, shown(30), noon(15))


def test_a_first_look_between_thresholds_says_it_once():
    user = User()
    for days in (50, 49, 48):
        user.looks(noon(days))
    assert user.reminded == [50]


@pytest.mark.parametrize(("before", "after"), [(61, 8), (30, 2), (90, 1), (16, -20)])
def test_a_machine_that_slept_across_several_thresholds_reminds_once(before, after):
    user = User(shown(before))
    for minutes in (0, 15, 30):
        user.looks(noon(after) + dt.timedelta(minutes=minutes))
    assert user.reminded == [after]


def test_the_last_day_is_no_threshold_of_its_own():
    user = User(shown(1))
    assert not user.looks(noon(0))


def test_the_moment_it_expires_is_reminded_of_on_the_next_day():
    user = User(shown(0))
    assert not user.looks(dt.datetime.combine(LAST_DAY, dt.time(23, 59, 59), CHINA))
    assert user.looks(dt.datetime.combine(LAST_DAY + DAY, dt.time(0), CHINA))


def test_a_clock_that_jumps_back_and_forth_within_days_repeats_nothing():
    user = User()
    for days in (-1, 0, -1, 2, -1, 0):
        user.looks(noon(days))
    assert user.reminded == [-1]
    assert user.looks(noon(-2))


def test_a_clock_that_was_years_ahead_for_an_hour_does_not_silence_the_years():
    user = User()
    assert user.looks(noon(-3650))
    assert user.looks(noon(-3)) or user.looks(noon(-4))


def test_each_threshold_is_an_argument():
    assert not is_due(CERTIFICATE, None, noon(11), thresholds=[10])
    assert is_due(CERTIFICATE, None, noon(10), thresholds=[10])


def test_without_thresholds_only_expired_certificates_are_reminded_of():
    assert not is_due(CERTIFICATE, None, noon(0), thresholds=[])
    assert is_due(CERTIFICATE, None, noon(-1), thresholds=[])


@pytest.mark.parametrize("days", [30, 0, -1])
def test_ca_certificates_are_never_reminded_of(days):
    validity = {"not_before": CERTIFICATE.not_before, "not_after": CERTIFICATE.not_after}
    ca = make_certificate(**validity, is_ca=True)
    other = make_certificate(**validity, usage=frozenset({"crl_sign"}))
    encryption = make_certificate(**validity, usage=ENCRYPTION)
    bare = make_certificate(**validity, usage=None)
    for certificate, expected in ((ca, False), (other, False), (encryption, True), (bare, True)):
        assert is_due(certificate, None, noon(days), is_inserted_anew=True) is expected


@given(st.integers(-2000, 200), st.lists(st.tuples(st.integers(0, 7), st.integers(0, 11))))
def test_a_clock_that_jumps_within_a_week_repeats_nothing(first, jumps):
    user = User()
    for days, hours in jumps:
        user.looks(noon(first - days) + dt.timedelta(hours=hours))
    assert len(user.reminded) == len(set(user.reminded))


@given(st.lists(st.tuples(st.integers(-2000, 200), st.integers(0, 11))))
def test_a_clock_that_goes_on_has_no_day_with_two_reminders(looks):
    user = User()
    for days, hours in sorted(looks, key=lambda look: (-look[0], look[1])):
        user.looks(noon(days) + dt.timedelta(hours=hours))
    assert len(user.reminded) == len(set(user.reminded))


@given(st.lists(st.integers(0, 500), min_size=1))
def test_after_expiry_every_day_the_machine_is_on_has_its_reminder(gaps):
    user, days = User(), -1
    for gap in gaps:
        user.looks(noon(days))
        days -= gap
    user.looks(noon(days))
    assert user.last.days_left == days


@pytest.mark.parametrize(
    ("now", "chinese", "english"),
    [
        ("2025-06-15 12:00:00", "您的数字证书还有15天到期,", "expires in 15 days."),
        ("2025-06-29 12:00:00", "您的数字证书还有1天到期,", "expires in 1 day."),
        ("2025-06-30 12:00:00", "您的数字证书今天到期,", "expires today."),
        ("2025-07-01 12:00:00", "您的数字证书已过期1天,", "expired 1 day ago."),
        ("2028-02-16 12:00:00", "您的数字证书已过期961天,", "expired 961 days ago."),
    ],
)
def test_the_sentence_is_the_guides_with_todays_number(now, chinese, english):
    told = reminder_text(CERTIFICATE, china(now), Language.ZH)
    assert told.startswith(chinese)
    assert told.endswith("过期后将不能用于电子签名或登录,请尽快更新!")
    assert english in reminder_text(CERTIFICATE, china(now), Language.EN)


def test_a_certificate_that_ended_this_morning_says_so():
    certificate = make_certificate(not_after=china("2025-06-30 08:00:00"))
    now = china("2025-06-30 09:00:00")
    assert "今天已过期" in reminder_text(certificate, now, Language.ZH)
    assert "has expired today" in reminder_text(certificate, now, Language.EN)


def test_the_heading_names_the_organisation_as_it_is_written():
    title = reminder_title("{公司} & Co.", Language.ZH)
    assert title == "{公司} & Co.的数字证书"
