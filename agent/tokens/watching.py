"""Knowing that a token may have come or gone: sources of wake-ups, and the loop that re-lists.

A source only says "look again"; what changed is found by reading. A module without a source of
events is polled, SoftHSM for one.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Protocol

from agent.tokens.inventory import Inventory

log = logging.getLogger(__name__)


class WakeUps(Protocol):
    """A source of reasons to list tokens again."""

    async def wait(self) -> None:
        """Return when tokens may have changed."""


class Polling:
    """The source of last resort: a fixed interval."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def wait(self) -> None:
        """Return after the interval."""
        await asyncio.sleep(self._seconds)


async def watch(inventory: Inventory, source: WakeUps) -> None:
    """Keep ``inventory`` fresh until cancelled."""
    while True:
        try:
            await inventory.refresh()
        except Exception:  # whatever went wrong this time, watching goes on
            log.exception("tokens could not be listed")
        await source.wait()
