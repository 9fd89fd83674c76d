"""How long until another SMS code can be asked for. Pure: the clock is an argument."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

USUAL_SECONDS = 60.0
"""Between two codes, as long as the authority has not named its own pause."""


@dataclass(slots=True)
class Countdown:
    """Seconds to a moment of a clock that only goes forward."""

    ends_at: float = 0.0

    def begin(self, now: float, seconds: float) -> None:
        """Count from ``now``."""
        self.ends_at = now + seconds

    def left(self, now: float) -> int:
        """Return whole seconds that are left, 0 when it is over."""
        return max(0, math.ceil(self.ends_at - now))


def pause_since(sent: str, now: dt.datetime) -> float:
    """Return what is left of the usual pause after a code that was ``sent`` (ISO 8601).

    Never more than a whole pause, however far the clock was set back since.
    """
    gone = (now - dt.datetime.fromisoformat(sent)).total_seconds()
    return min(max(USUAL_SECONDS - gone, 0.0), USUAL_SECONDS)


def pause_named(report: dict[str, object]) -> float | None:
    """Return the pause an error report of ``sms_too_soon`` names."""
    details = report.get("details")
    seconds = details.get("seconds") if isinstance(details, dict) else None
    return float(seconds) if isinstance(seconds, int | float) and seconds > 0 else None
