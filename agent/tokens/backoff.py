"""When a module that fails may be started again: at once, then after pauses that double."""

from __future__ import annotations

import time
from collections.abc import Callable

from agent.ground.errors import OdcError
from agent.ground.reports import ErrorReport, ReportedError

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0


class Backoff:
    """Counts failures in a row, and keeps the last one for who asks before the pause is over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures = 0
        self._start_at = 0.0
        self._last: ErrorReport | None = None

    @property
    def retry_after(self) -> float | None:
        """Seconds until the next start may happen; None where the last one was well."""
        return max(0.0, self._start_at - self._clock()) if self._failures else None

    def check(self) -> None:
        """Raise the last failure again (ReportedError) while the pause lasts."""
        if self.retry_after and self._last is not None:
            raise ReportedError(self._last)

    def failed(self, error: OdcError) -> None:
        """Note a failure; the first of several is no reason to wait: most are the only one."""
        self._failures += 1
        self._last = error.report()
        # The exponent is bounded: a module may fail for months.
        doublings = min(self._failures - 2, 10)
        pause = min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE) if doublings >= 0 else 0.0
        self._start_at = self._clock() + pause

    def reset(self) -> None:
        """Forget all failures: it is well, or something has changed that may make it so."""
        self._failures = 0
