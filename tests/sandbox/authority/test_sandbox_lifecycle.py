"""The rules of an application's life, and the days an authority counts."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.renewals.authorities.ra_protocol import ApplicationState as State
from sandbox.authority.ca import renewed_validity
from sandbox.authority.rules.days import CST, china_date, end_of_day, start_of_day, years_later
from sandbox.authority.rules.lifecycle import CLOSED, Event, after, timer
from sandbox.desk.tokens import expired_validity, remaining_validity
from sandbox.problems import RefusalError

NOW = dt.datetime(2025, 3, 7, 17, 30, tzinfo=dt.UTC)  # already the 8th in China
MOMENTS = st.integers(946684800, 2840140800).map(lambda t: dt.datetime.fromtimestamp(t, dt.UTC))


def test_the_whole_way():
    state = State.OPEN
    for event, expected in [
        (Event.COMPLETE, State.REVIEWING),
        (Event.REJECT, State.REJECTED),
        (Event.AMEND, State.OPEN),
        (Event.COMPLETE, State.REVIEWING),
        (Event.APPROVE, State.APPROVED),
        (Event.RELEASE, State.RELEASED),
        (Event.INSTALL, State.INSTALLED),
    ]:
        state = after(state, event)
        assert state is expected


def test_without_a_dossier_there_is_nothing_to_review():
    assert after(State.OPEN, Event.COMPLETE, dossier_required=False) is State.APPROVED


def test_without_sms_approval_releases():
    assert after(State.REVIEWING, Event.APPROVE, sms_required=False) is State.RELEASED


@pytest.mark.parametrize("state", sorted(CLOSED))
@pytest.mark.parametrize("event", Event)
def test_nothing_follows_a_closed_application(state, event):
    with pytest.raises(RefusalError, match="wrong_state"):
        after(state, event)


@pytest.mark.parametrize("state", sorted(set(State) - CLOSED))
def test_any_open_application_can_be_withdrawn(state):
    assert after(state, Event.WITHDRAW) is State.WITHDRAWN


@pytest.mark.parametrize("state", State)
def test_what_a_timer_does_the_state_takes(state):
    due = timer(state, NOW, approve_after=dt.timedelta(), lifetime=dt.timedelta(days=1))
    assert (due is None) == (state in CLOSED)
    if due is not None:
        after(state, due[1])


def test_a_review_never_expires():
    assert timer(State.REVIEWING, NOW, approve_after=None, lifetime=dt.timedelta(1)) is None


def test_961_days_after_expiry_as_the_guide_shows_it():
    validity = expired_validity(961, dt.datetime(2025, 3, 7, 4, tzinfo=dt.UTC))
    assert china_date(validity.not_after) == dt.date(2022, 7, 20)
    assert china_date(validity.not_before) == dt.date(2021, 7, 20)


@given(now=MOMENTS, days=st.integers(0, 4000))
def test_expired_days_are_calendar_days_of_china(now, days):
    validity = expired_validity(days, now)
    assert (china_date(now) - china_date(validity.not_after)).days == days
    assert validity.not_before < validity.not_after <= now


@given(now=MOMENTS, days=st.integers(0, 4000))
def test_valid_days_are_calendar_days_of_china(now, days):
    validity = remaining_validity(days, now)
    assert (china_date(validity.not_after) - china_date(now)).days == days
    assert validity.not_before <= now <= validity.not_after


def test_a_late_renewal_runs_from_the_issue_day():
    validity = renewed_validity(NOW - dt.timedelta(days=100), NOW)
    assert validity.not_after == dt.datetime(2026, 3, 8, 23, 59, 59, tzinfo=CST)


def test_an_early_renewal_runs_from_the_old_end_date():
    validity = renewed_validity(end_of_day(dt.date(2025, 4, 1)), NOW)
    assert validity.not_after == dt.datetime(2026, 4, 1, 23, 59, 59, tzinfo=CST)


def test_a_leap_day_ends_on_the_28th():
    assert years_later(dt.date(2024, 2, 29), 1) == dt.date(2025, 2, 28)


def test_a_day_in_china_begins_at_16_utc():
    assert start_of_day(dt.date(2025, 3, 8)) == dt.datetime(2025, 3, 7, 16, tzinfo=dt.UTC)
