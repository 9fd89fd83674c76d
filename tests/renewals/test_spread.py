"""Pauses that an authority asked for are kept, and spread, so that not everybody asks again at once."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from agent.renewals.driver import backoff, spread


@given(st.floats(min_value=0, max_value=86_400))
def test_an_authority_is_never_asked_before_it_said(seconds):
    assert seconds <= spread(seconds) <= 1.2 * seconds


def test_no_pause_stays_none():
    assert spread(None) is None


def test_those_who_were_told_the_same_come_back_at_different_times():
    minutes = Counter(int(spread(3600) // 60) for _ in range(2000))
    assert len(minutes) >= 12
    assert max(minutes.values()) < 2000 / 4


@given(st.integers(min_value=1, max_value=10_000))
def test_failures_in_a_row_wait_longer_up_to_a_quarter_of_an_hour(failures):
    assert 0.5 <= backoff(failures) <= 900
