"""Pauses that an authority asked for are kept, and spread, so that not everybody asks again at once."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agent.renewals.steps.pacing import backoff, first_rest, rest_after_failure, spread

PAUSES = st.floats(min_value=0, max_value=86_400)
FAILURES = st.integers(min_value=1, max_value=10_000)


@given(PAUSES)
def test_an_authority_is_never_asked_before_it_said(seconds):
    assert seconds <= spread(seconds) <= 1.2 * seconds


def test_no_pause_stays_none():
    assert spread(None) is None


def test_those_who_were_told_the_same_come_back_at_different_times():
    minutes = Counter(int(spread(3600) // 60) for _ in range(2000))
    assert len(minutes) >= 12
    assert max(minutes.values()) < 2000 / 4


@given(FAILURES)
def test_failures_in_a_row_wait_longer_up_to_a_quarter_of_an_hour(failures):
    assert 0.5 <= backoff(failures) <= 900


@given(FAILURES, PAUSES, PAUSES)
def test_a_failure_makes_nobody_ask_sooner(failures, asked, usual):
    """But for a pause of more than an hour: the failure may be over much sooner."""
    rest = rest_after_failure(failures, asked, usual)
    assert rest >= max(asked, min(usual, 3600))
    assert rest <= max(900, 1.2 * asked, 1.2 * 3600)


@given(FAILURES)
def test_a_failure_where_nothing_was_asked_for_is_tried_again_soon(failures):
    assert rest_after_failure(failures, None, None) <= 2 ** min(failures - 1, 10)


def test_agents_that_start_together_ask_at_any_moment_of_the_pause():
    tenths = Counter(int(first_rest(3600) // 360) for _ in range(4000))
    assert set(tenths) >= set(range(10))
    assert max(tenths.values()) < 4000 / 5
    assert first_rest(None) == 0
