"""By which clock a renewal is judged: a computer's may be wrong, and a renewal must not be lost for that.

What an authority gives or refuses goes by its own clock, and each of its answers tells that (RFC 9110,
6.6.1; RFC 9810, 5.1.1, where CMP protects it) over a connection that has proved whose it is. So nothing
is held against a renewal that is right by one of the two.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable

from agent.ground.errors import OdcError
from agent.renewals.steps.context import Context

log = logging.getLogger(__name__)


async def by_either_clock(
    context: Context, check: Callable[[dt.datetime], Awaitable[None]]
) -> None:
    """Make a check by this computer's clock and, where that fails, by the authority's.

    Raises:
        OdcError: what the check raises by both, or by the one there is.
        AuthorityUnreachableError: the authority has not told the time yet, and cannot be asked.
    """
    own = context.clock()
    try:
        await check(own)
    except OdcError as error:
        told = await context.enrolment.time()
        if told is None:
            raise
        await check(told)
        log.warning(
            "clock seems wrong code=%s ahead_seconds=%.0f", error.code, (own - told).total_seconds()
        )


async def authoritys_now(context: Context) -> dt.datetime:
    """Return the instant by the clock of the authority, by ours where that tells none."""
    return await context.enrolment.time() or context.clock()
