"""How often sites may do something: buckets of tokens, filled at a steady rate.

A site is a host, whatever its port: a host has 65,535 ports, and whoever registered a domain has as many
hosts below it as they like. So there is a bucket for each host, one for each registrable domain, and one
for all together.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

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
        is_left = self.is_left(site)
        if is_left:
            self.use(site)
        return is_left

    def is_left(self, site: str) -> bool:
        """Return whether the site may do it once more now."""
        return self._level(site, self._clock()) >= 1

    def use(self, site: str) -> None:
        """Count one use."""
        now = self._clock()
        if site not in self._levels and len(self._levels) >= MOST_SITES:
            self._forget_idle(now)
        self._levels[site] = (self._level(site, now) - 1, now)

    def _level(self, site: str, now: float) -> float:
        level, counted = self._levels.get(site, (self._burst, now))
        return min(self._burst, level + (now - counted) * self._per_second)

    def _forget_idle(self, now: float) -> None:
        for site in list(self._levels):
            if self._level(site, now) >= self._burst:
                del self._levels[site]


class Rate(msgspec.Struct, frozen=True):
    """How often something may be done."""

    burst: int
    """So many times at once."""
    per_second: float
    """So many times in the long run."""

    def allowance(self, clock: Callable[[], float]) -> Allowance:
        """Return buckets of this size."""
        return Allowance(burst=self.burst, per_second=self.per_second, clock=clock)


class SiteAllowances:
    """Lets sites do something as often as their host, their domain and all sites together may."""

    def __init__(
        self,
        *,
        host: Rate,
        domain: Rate,
        everybody: Rate,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hosts = host.allowance(clock)
        self._domains = domain.allowance(clock)
        self._everybody = everybody.allowance(clock)

    def take(self, host: str, domain: str) -> bool:
        """Count one use; false, and nothing is counted, where one of the three is used up.

        So a flood of refused requests takes nothing from other sites, and no memory.
        """
        buckets = ((self._everybody, ""), (self._domains, domain), (self._hosts, host))
        if not all(bucket.is_left(name) for bucket, name in buckets):
            return False
        for bucket, name in buckets:
            bucket.use(name)
        return True
