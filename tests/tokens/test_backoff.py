"""When a module that fails is started again."""

from __future__ import annotations

import pytest

from agent.ground.reports import ReportedError
from agent.tokens.backoff import LONGEST_PAUSE, Backoff
from agent.tokens.errors import ModuleCrashedError

ERROR = ModuleCrashedError(module="vendor.so")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def pauses(backoff: Backoff, count: int) -> list[float]:
    """Fail so often, and return the pause after each."""
    found = []
    for _ in range(count):
        backoff.failed(ERROR)
        found.append(backoff.retry_after)
    return found


def test_pauses_double_up_to_a_minute():
    assert pauses(Backoff(Clock()), 10) == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_module_that_fails_for_months_is_still_started_every_minute():
    assert pauses(Backoff(Clock()), 5000)[-1] == LONGEST_PAUSE


def test_the_pause_runs_out():
    clock = Clock()
    backoff = Backoff(clock)
    pauses(backoff, 3)
    clock.now += 1.5
    assert backoff.retry_after == 0.5
    with pytest.raises(ReportedError) as caught:
        backoff.check()
    assert caught.value.report() == ERROR.report()
    clock.now += 0.5
    assert backoff.retry_after == 0
    backoff.check()


def test_a_success_lets_all_failures_be_forgotten():
    backoff = Backoff(Clock())
    assert backoff.retry_after is None
    pauses(backoff, 5)
    backoff.reset()
    assert backoff.retry_after is None
    backoff.check()
    assert pauses(backoff, 2) == [0, 1]
