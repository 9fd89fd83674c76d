"""Working days of mainland China: holidays, make-up days, and years nobody has published yet."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from renewal_maker import new_renewal

from agent.ground.language import Language
from agent.renewals.authorities.ra_protocol import ApplicationState, ApplicationStatus, Policy
from agent.renewals.journal.states import State, Waiting
from agent.renewals.steps.reviewing import _expected_by
from agent.renewals.steps.working_days import add_working_days, is_certain, is_working_day
from agent.renewals.wording import expected_text, renewal_text

FAR_AWAY = dt.date(2060, 1, 1)
days = st.dates(dt.date(2004, 1, 1), dt.date(2090, 1, 1))
counts = st.integers(0, 60)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        ("2025-03-07", 2, "2025-03-11"),  # Friday: the guide's two working days, by a weekend
        ("2025-01-24", 1, "2025-01-26"),  # a Sunday that made up for the Spring Festival
        ("2025-01-27", 1, "2025-02-05"),  # eight days off in between
        ("2025-02-07", 1, "2025-02-08"),  # a Saturday that made up too
        ("2025-09-30", 2, "2025-10-10"),  # National Day and Mid-Autumn
        ("2025-10-04", 0, "2025-10-09"),
        ("2025-03-07", 0, "2025-03-07"),
    ],
)
def test_holidays_and_make_up_days_count_as_the_state_council_says(start, count, end):
    assert add_working_days(day(start), count) == day(end)
    assert is_certain(day(end))


@given(days, counts)
def test_what_is_counted_to_is_a_working_day_with_as_many_in_between(start, count):
    end = add_working_days(start, count)
    between = (start + dt.timedelta(i) for i in range(1, (end - start).days + 1))
    assert is_working_day(end)
    if count:
        assert sum(map(is_working_day, between)) == count


@given(days, counts, counts)
def test_counting_in_two_steps_is_counting_in_one(start, first, then):
    half_way = add_working_days(start, first + 1)
    assert add_working_days(half_way, then) == add_working_days(start, first + 1 + then)


@given(days, days, counts)
def test_who_begins_later_never_ends_earlier(one, other, count):
    early, late = sorted((one, other))
    assert add_working_days(early, count) <= add_working_days(late, count)


@given(st.dates(FAR_AWAY, dt.date(2090, 1, 1)))
def test_in_years_that_are_not_known_weekdays_are_working_days_and_the_day_is_about(when):
    assert is_working_day(when) is (when.weekday() < 5)
    assert not is_certain(when)
    assert "约" in expected_text(when, Language.ZH)


def test_a_known_day_is_said_without_about():
    assert expected_text(day("2025-03-11"), Language.ZH) == "预计2025-03-11前完成"
    assert expected_text(day("2025-03-11"), Language.EN) == "expected by 2025-03-11"


def test_a_review_is_worded_with_its_expected_day():
    reviewing = new_renewal(state=State.REVIEWING, waiting=Waiting.REVIEW)
    promised = msgspec.structs.replace(reviewing, expected_by=day("2025-03-11"))
    assert renewal_text(promised, Language.ZH) == (
        f"{renewal_text(reviewing, Language.ZH)} (预计2025-03-11前完成)"
    )


def status(**changes) -> ApplicationStatus:
    usual = {"application": "a", "state": ApplicationState.REVIEWING, "version": 1}
    return ApplicationStatus(**{**usual, **changes})


NOW = dt.datetime(2025, 3, 7, 2, tzinfo=dt.UTC)


def test_where_the_authority_names_no_day_its_policy_is_counted_from_the_submission():
    submitted = new_renewal(state=State.SUBMITTED, policy=Policy(authority="样例服务商"))
    expected = _expected_by(submitted, status(), State.REVIEWING, NOW)
    assert expected == day("2025-03-11")
    reviewing = msgspec.structs.replace(submitted, state=State.REVIEWING, expected_by=expected)
    later = NOW + dt.timedelta(days=3)
    assert _expected_by(reviewing, status(), State.REVIEWING, later) == expected


def test_the_day_the_authority_names_is_the_one_that_counts():
    submitted = new_renewal(state=State.SUBMITTED, policy=Policy(authority="样例服务商"))
    named = status(expected_by=day("2025-04-01"))
    assert _expected_by(submitted, named, State.REVIEWING, NOW) == day("2025-04-01")
