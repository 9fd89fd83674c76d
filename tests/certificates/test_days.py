"""Day counts and status: the calendar of China words them, the instant decides."""

from __future__ import annotations

import datetime as dt

import pytest
from certificate_maker import CHINA, china, make_certificate
from hypothesis import given
from hypothesis import strategies as st

from agent.certificates.days import china_date, days_left, is_expired, status_of
from agent.certificates.model import CertificateStatus

INSTANTS = st.datetimes(
    min_value=dt.datetime.fromisoformat("1950-01-02"),
    max_value=dt.datetime.fromisoformat("9999-12-30"),
    timezones=st.just(dt.UTC),
)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
SECOND = dt.timedelta(seconds=1)


def test_the_certificate_of_the_guide_has_expired_961_days_ago():
    assert days_left(china("2022-07-20 23:59:59"), china("2025-03-07 10:00:00")) == -961


@pytest.mark.parametrize("seen", ["2025-03-07 00:00:00", "2025-03-07 23:59:59"])
@pytest.mark.parametrize("ended", ["2022-07-20 00:00:00", "2022-07-20 23:59:59"])
def test_the_hour_does_not_change_the_count(ended, seen):
    assert days_left(china(ended), china(seen)) == -961


def test_a_day_begins_at_midnight_in_china_not_in_greenwich():
    end = china("2025-03-07 23:59:59")
    assert days_left(end, dt.datetime(2025, 3, 6, 15, 59, 59, tzinfo=dt.UTC)) == 1
    assert days_left(end, dt.datetime(2025, 3, 6, 16, 0, 0, tzinfo=dt.UTC)) == 0


def test_an_end_at_midnight_in_greenwich_is_a_morning_in_china():
    assert china_date(dt.datetime(2022, 7, 19, 23, 59, 59, tzinfo=dt.UTC)) == dt.date(2022, 7, 20)


@pytest.mark.parametrize(
    ("day", "following", "days"),
    [
        ("2024-02-28", "2024-03-01", 2),
        ("2023-02-28", "2023-03-01", 1),
        ("2024-02-29", "2025-02-28", 365),
        ("2100-02-28", "2100-03-01", 1),
    ],
)
def test_leap_days_are_counted(day, following, days):
    assert days_left(china(f"{following} 12:00:00"), china(f"{day} 12:00:00")) == days


def test_there_was_no_summer_time_to_lose_a_day_by():
    # China had summer time from 1986 to 1991; a certificate's calendar has not.
    assert china_date(china("1988-07-01 23:30:00")) == dt.date(1988, 7, 1)


@given(not_after=INSTANTS, one=INSTANTS, other=INSTANTS)
def test_days_left_never_grow_with_time(not_after, one, other):
    earlier, later = sorted([one, other])
    assert days_left(not_after, later) <= days_left(not_after, earlier)


@given(not_after=INSTANTS, now=INSTANTS, one=OFFSETS, other=OFFSETS)
def test_the_time_zone_an_instant_is_expressed_in_means_nothing(not_after, now, one, other):
    expected = days_left(not_after, now)
    assert days_left(not_after.astimezone(one), now.astimezone(other)) == expected


@given(not_after=INSTANTS, now=INSTANTS)
def test_the_sign_of_the_count_agrees_with_the_instant(not_after, now):
    if is_expired(not_after, now):
        assert days_left(not_after, now) <= 0
    else:
        assert days_left(not_after, now) >= 0


@given(days=st.integers(-3000, 3000))
def test_the_count_is_that_of_the_calendar(days):
    start = dt.datetime(2025, 3, 7, 12, tzinfo=CHINA)
    end = dt.datetime.combine(start.date() + dt.timedelta(days), dt.time(23, 59, 59), CHINA)
    assert days_left(end, start) == days


def test_the_last_second_is_still_valid():
    end = china("2025-03-07 23:59:59")
    assert not is_expired(end, end)
    assert is_expired(end, end + SECOND)


def test_on_its_last_day_a_certificate_is_expiring_not_expired():
    certificate = make_certificate(not_after=china("2025-03-07 23:59:59"))
    assert status_of(certificate, china("2025-03-07 23:59:58")) is CertificateStatus.EXPIRING
    assert status_of(certificate, china("2025-03-08 00:00:00")) is CertificateStatus.EXPIRED


def test_a_certificate_that_ended_this_morning_is_expired_with_no_day_gone():
    certificate = make_certificate(not_after=china("2025-03-07 08:00:00"))
    now = china("2025-03-07 09:00:00")
    assert status_of(certificate, now) is CertificateStatus.EXPIRED
    assert days_left(certificate.not_after, now) == 0


def test_expiring_begins_ninety_days_before_the_end():
    certificate = make_certificate(
        not_before=china("2025-01-01 00:00:00"), not_after=china("2026-01-01 23:59:59")
    )
    assert status_of(certificate, china("2025-10-02 12:00:00")) is CertificateStatus.VALID
    assert status_of(certificate, china("2025-10-03 00:00:00")) is CertificateStatus.EXPIRING


def test_before_its_first_second_a_certificate_is_not_yet_valid():
    begin = china("2025-03-07 00:00:00")
    certificate = make_certificate(not_before=begin, not_after=china("2030-01-01 00:00:00"))
    assert status_of(certificate, begin - SECOND) is CertificateStatus.NOT_YET_VALID
    assert status_of(certificate, begin) is CertificateStatus.VALID


def test_a_certificate_without_a_defined_end_has_days_left():
    # RFC 5280, 4.1.2.5: 99991231235959Z says that there is no well-defined end.
    endless = dt.datetime(9999, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
    assert days_left(endless, china("2025-03-07 12:00:00")) > 365 * 7000
