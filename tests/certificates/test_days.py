"""Day counts and status: the calendar of China words them, the instant decides."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from certificate_maker import CHINA, china, make_certificate
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from agent.certificates.china_time import china_date
from agent.certificates.days import CertificateStatus, days_left, is_expired, status_of
from agent.certificates.wording import days_text
from agent.ground.clock import utc_now
from agent.ground.language import Language

INSTANTS = st.datetimes(
    min_value=dt.datetime.fromisoformat("0001-01-02"),
    max_value=dt.datetime.fromisoformat("9999-12-30"),
    timezones=st.just(dt.UTC),
)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
SECOND = dt.timedelta(seconds=1)
CERTIFICATE = make_certificate(not_before=dt.datetime(1950, 1, 1, tzinfo=dt.UTC))


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


@pytest.mark.parametrize("offset", [-14, 0, 8, 14])
def test_at_both_ends_of_time_there_is_a_day(offset):
    zone = dt.timezone(dt.timedelta(hours=offset))
    assert china_date(dt.datetime.max.replace(tzinfo=zone)) == dt.date.max
    assert china_date(dt.datetime.min.replace(tzinfo=zone)) == dt.date.min


class TestMachines:
    """The machine's own time zone means nothing: not at noon, not at midnight, not on leap days."""

    @pytest.fixture(
        autouse=True, params=["UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"]
    )
    def machine(self, request, monkeypatch):
        monkeypatch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
        monkeypatch.undo()
        time.tzset()

    @pytest.mark.parametrize(
        ("end", "seen", "days"),
        [
            ("2022-07-20 23:59:59", "2025-03-07 00:00:00", -961),
            ("2022-07-20 23:59:59", "2025-03-07 23:59:59", -961),
            ("2024-02-29 23:59:59", "2024-02-29 00:00:00", 0),
            ("2024-02-29 23:59:59", "2024-03-01 00:00:00", -1),
            ("2025-03-09 23:59:59", "2025-03-08 12:00:00", 1),  # clocks change in America
            ("1969-12-31 23:59:59", "1970-01-01 00:00:00", -1),
            ("1949-10-01 00:00:00", "2025-03-07 12:00:00", -27551),
        ],
    )
    def test_the_count_is_that_of_china(self, end, seen, days):
        assert days_left(china(end), china(seen)) == days
        # The same instants, as this machine's own clock would express them.
        local = china(end).astimezone(), china(seen).astimezone()
        assert days_left(*local) == days

    def test_now_is_an_instant_not_a_clock_on_the_wall(self):
        assert utc_now().utcoffset() == dt.timedelta(0)
        assert abs(utc_now().timestamp() - time.time()) < 60


@given(day=st.dates(dt.date(1951, 1, 1), dt.date(9998, 12, 30)), hour=st.integers(0, 23))
def test_on_its_last_day_there_is_no_day_left_and_it_is_still_valid(day, hour):
    end = dt.datetime.combine(day, dt.time(23, 59, 59), CHINA)
    now = dt.datetime.combine(day, dt.time(hour), CHINA)
    assert (days_left(end, now), is_expired(end, now)) == (0, False)
    assert days_left(end, now - dt.timedelta(days=1)) == 1
    assert (days_left(end, end + SECOND), is_expired(end, end + SECOND)) == (-1, True)


@given(day=st.dates(dt.date(1951, 1, 1), dt.date(9998, 12, 30)), minutes=st.integers(0, 1438))
def test_on_the_day_it_ended_it_has_expired_today(day, minutes):
    end = dt.datetime.combine(day, dt.time(), CHINA) + dt.timedelta(minutes=minutes)
    certificate = replace(CERTIFICATE, not_after=end.astimezone(dt.UTC))
    later = dt.datetime.combine(day, dt.time(23, 59), CHINA)
    assert status_of(certificate, later) is CertificateStatus.EXPIRED
    assert days_text(certificate, later, Language.ZH) == "今天已过期"
    assert days_text(certificate, end, Language.ZH) == "今天到期"


@given(not_after=INSTANTS, now=INSTANTS)
def test_whatever_the_dates_there_is_a_state_and_a_text(not_after, now):
    certificate = replace(CERTIFICATE, not_after=not_after)
    is_over = status_of(certificate, now) is CertificateStatus.EXPIRED
    assert is_over is (now > not_after)
    assert ("已过期" in days_text(certificate, now, Language.ZH)) is is_over


@given(st.dates(dt.date(1951, 1, 1), dt.date(9990, 1, 1)), st.integers(0, 2000))
def test_day_after_day_the_count_goes_down_by_one(day, days):
    """Over leap years, centuries and all."""
    end = dt.datetime.combine(day, dt.time(23, 59, 59), CHINA) + dt.timedelta(days=days)
    noon = dt.datetime.combine(day, dt.time(12), CHINA)
    assert days_left(end, noon) == days
    assert days_left(end, noon + dt.timedelta(days=1)) == days - 1
