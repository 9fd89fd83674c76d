"""Polls of a million agents over a working day, by the agent's own rules of pacing and by simpler ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agent.renewals.steps.pacing import backoff, first_rest, rest_after_failure, spread

AGENTS = 1_000_000
PAUSE = 1800.0
"""What the authority asks for, in seconds."""
HOUR = 3600.0
OPENS, CLOSES = 9 * HOUR, 18 * HOUR
AWAY = (11 * HOUR, 12 * HOUR)
MINUTES = range(int(OPENS // 60), int(CLOSES // 60))
Day = list[int]
"""Polls in each minute from midnight."""


@dataclass(frozen=True)
class Pacing:
    """When an agent asks: first, after an answer, and after so many failures in a row."""

    first: Callable[[], float]
    following: Callable[[], float]
    failed: Callable[[int], float]


PACINGS = {
    "as the agent does": Pacing(
        lambda: first_rest(PAUSE),
        lambda: spread(PAUSE) or 0.0,
        lambda failures: rest_after_failure(failures, None, PAUSE),
    ),
    "at once at its start; back-off alone after failures": Pacing(
        lambda: 0.0, lambda: spread(PAUSE) or 0.0, backoff
    ),
    "Retry-After to the second, no jitter": Pacing(
        lambda: 0.0, lambda: PAUSE, lambda failures: min(2.0 ** (failures - 1), 900.0)
    ),
}


def main() -> None:
    """Print the busiest minute beside the mean of the day, for each pacing and each kind of day."""
    print(f"\n{f'polls of {AGENTS:,} agents, 9 to 18 h, every {PAUSE:.0f} s':54}"
          f" {'mean/s':>8} {'peak/s':>8} {'peak:mean':>10}")  # fmt: skip
    for day, (starts, away) in DAYS.items():
        print(day)
        for name, pacing in PACINGS.items():
            polls = _polls(pacing, starts, away)
            counted = [polls[minute] for minute in MINUTES]
            mean = sum(counted) / len(counted) / 60
            peak = max(counted) / 60
            print(f"  {name:52} {mean:8.0f} {peak:8.0f} {peak / mean:10.2f}")


def all_at_once() -> float:
    """All machines are switched on together."""
    return OPENS


def in_the_morning() -> float:
    """People come around a quarter to nine."""
    return min(max(random.gauss(OPENS - 900, 900), OPENS - HOUR), OPENS + HOUR)


DAYS: dict[str, tuple[Callable[[], float], tuple[float, float] | None]] = {
    "all start at 9:00:00": (all_at_once, None),
    "logins around 8:45": (in_the_morning, None),
    "logins around 8:45, no answers from 11 to 12": (in_the_morning, AWAY),
}


def _polls(pacing: Pacing, starts: Callable[[], float], away: tuple[float, float] | None) -> Day:
    day = [0] * 1440
    for _ in range(AGENTS):
        for instant in _instants(pacing, starts(), away):
            day[int(instant // 60)] += 1
    return day


def _instants(pacing: Pacing, start: float, away: tuple[float, float] | None) -> Iterator[float]:
    """Yield when one agent asks, from its start until the office closes."""
    left, back = away or (CLOSES, CLOSES)
    instant, failures = start + pacing.first(), 0
    while instant < CLOSES:
        yield instant
        if left <= instant < back:
            failures += 1
            instant += pacing.failed(failures)
        else:
            failures = 0
            instant += pacing.following()
