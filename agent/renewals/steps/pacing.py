"""When a renewal asks its authority again: no sooner than that wants, and not when all others do.

A million agents start when their offices open, lose the authority at the same moment, and are told the
same pause. Each rule here keeps them apart; `python -m bench polls` measures what comes of it.
"""

from __future__ import annotations

import random

FIRST_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 900.0
MAX_USUAL_SECONDS = 3600.0
"""The longest pause an authority usually asks for that is kept to also after a failure."""


def spread(seconds: float | None) -> float | None:
    """Return somewhat more than ``seconds``, never less: not everybody is to ask again at once."""
    return None if seconds is None else seconds * random.uniform(1.0, 1.2)  # noqa: S311 - spreads load


def first_rest(usual: float | None) -> float:
    """Return seconds until the first question of an agent that has just been started.

    Any moment of the authority's ``usual`` pause, as if the agent had never been away.
    """
    return (spread(usual) or 0.0) * random.random()  # noqa: S311 - spreads load


def rest_after_failure(failures: int, asked: float | None, usual: float | None) -> float:
    """Return seconds to wait after so many failures in a row.

    Args:
        failures: one or more.
        asked: the pause the failing server asked for, if it did.
        usual: the pause the authority asks for while all is well: who hurries after a failure fills
            the gap others were told to leave, and comes in step with all who failed.
    """
    least = max(asked or 0.0, min(usual or 0.0, MAX_USUAL_SECONDS))
    return max(backoff(failures), spread(least) or 0.0)


def backoff(failures: int) -> float:
    """Return seconds to wait after so many failures in a row: doubling, capped, with jitter."""
    longest = min(FIRST_BACKOFF_SECONDS * 2.0 ** min(failures - 1, 20), MAX_BACKOFF_SECONDS)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, hides nothing
