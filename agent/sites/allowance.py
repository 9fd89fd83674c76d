"""How often each site may do something: a bucket of tokens for each, filled at a steady rate."""

from __future__ import annotations

import time
from collections.abc import Callable

MOST_SITES = 1000
"""Sites remembered at once; beyond that, those whose buckets are full again are forgotten."""


class Allowance:
    """Lets each site do something ``burst`` times at once and ``per_second`` times in the long run."""

    def __init__(
        self, *, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._levels: dict[str, tuple[float, float]] = {}
        """By site: how much is left, and when that was counted."""

    def take(self, site: str) -> bool:
        """Count one use; false where the site has used up what it may."""
        now = self._clock()
        if site not in self._levels and len(self._levels) >= MOST_SITES:
            self._forget_idle(now)
        level = self._level(site, now)
        taken = level >= 1
        self._levels[site] = (level - taken, now)
        return taken

    def _level(self, site: str, now: float) -> float:
        level, counted = self._levels.get(site, (self._burst, now))
        return min(self._burst, level + (now - counted) * self._per_second)

    def _forget_idle(self, now: float) -> None:
        for site in list(self._levels):
            if self._level(site, now) >= self._burst:
                del self._levels[site]
