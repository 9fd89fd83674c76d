"""Which modules are served: what the configuration and the tables say now, also when they change.

A module that comes gets a worker at once. One that goes is let go of when no PIN session runs on it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from agent.tokens.discovery import Discovery
from agent.tokens.inventory import Inventory, Serving
from agent.tokens.pin_sessions import PinSessions

log = logging.getLogger(__name__)

LOOK_AGAIN_SECONDS = 10.0
"""How long after a change it is looked for modules once more: a package that brings a table and a library
may bring the library last."""


def serving(discovery: Discovery) -> Serving:
    """Return what the inventory is to serve of what was found."""
    unwanted = frozenset(m.settings.path for m in discovery.modules if not m.is_wanted)
    return Serving(discovery.settings, unwanted=unwanted, problems=discovery.problems)


class Drivers:
    """Follows what is found."""

    def __init__(
        self,
        look: Callable[[], Callable[[], Discovery]],
        discovery: Discovery,
        inventory: Inventory,
        pins: PinSessions,
    ) -> None:
        """Serve what was found already, and what is found later.

        Args:
            look: returns what is called in a thread, by the configuration as it is then.
            discovery: what was found already.
            inventory: serves it.
            pins: knows which modules are not to go yet.
        """
        self._look = look
        self.discovery = discovery
        self._inventory = inventory
        self._pins = pins
        self._following: asyncio.Task[None] | None = None

    def look_again(self) -> None:
        """Look for modules now: what names them has changed."""
        if self._following is not None:
            self._following.cancel()
        self._following = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Follow nothing more."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)

    async def _follow(self) -> None:
        for pause in (0.0, LOOK_AGAIN_SECONDS):
            await asyncio.sleep(pause)
            try:
                await self._serve(await asyncio.to_thread(self._look()))
            except Exception:  # those that are served go on
                log.exception("modules could not be looked for")

    async def _serve(self, found: Discovery) -> None:
        wanted = serving(found)
        self.discovery = found
        while at_work := self._pins.under_way() & self._inventory.gone_in(wanted):
            await self._inventory.serve(wanted, keeping=at_work)
            await self._pins.next_end()
        await self._inventory.serve(wanted)
