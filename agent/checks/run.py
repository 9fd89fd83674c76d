"""One run of checks: what they look at, and what they share of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from agent.certificates.chain import TrustStore
from agent.checks.browser_seen import BrowserSeen
from agent.checks.verdicts.authority import Reached
from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.ground.reports import ErrorReport
from agent.settings.config import Config
from agent.system.paths import Paths
from agent.tokens.discovery import Discovery
from agent.tokens.inventory import Inventory
from agent.tokens.snapshot import Snapshot

T = TypeVar("T")

READ_SECONDS = 8.0
"""How long reading the tokens anew is waited for; then what was read before is looked at."""


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """The agent's parts, as checks see them."""

    inventory: Inventory
    discovery: Callable[[], Discovery]
    with_known_pins: Callable[[Snapshot], Snapshot]
    """Adds to a snapshot what earlier tries showed of the PINs."""
    config: Callable[[], Config]
    config_problems: Callable[[], tuple[ErrorReport, ...]] = tuple
    """What of the configuration files cannot be used."""
    data_problems: Callable[[], tuple[OdcError, ...]] = tuple
    """What of the agent's own files was found damaged since it started."""
    trust: Callable[[], Awaitable[TrustStore | None]]
    paths: Paths
    clock: Clock
    seen: BrowserSeen
    notices_failure: Callable[[], str] = str
    """Why the last notice could not be shown; empty where it could."""
    is_tray_shown: Callable[[], bool] = lambda: False
    has_tray: bool = True
    """False where the agent was started without one."""


class Run(msgspec.Struct):
    """The parts, and what more than one check asks for: it is found out once."""

    parts: Parts
    _shared: dict[str, asyncio.Task[Any]] = msgspec.field(default_factory=dict)

    async def snapshot(self) -> Snapshot:
        """Return what is plugged in, read anew where the drivers answer in time."""
        with contextlib.suppress(TimeoutError):
            reading = self._once("reading", self.parts.inventory.refresh)
            await asyncio.wait_for(asyncio.shield(reading), READ_SECONDS)
        return self.parts.with_known_pins(self.parts.inventory.snapshot)

    async def reached(self) -> list[Reached]:
        """Return how far each configured authority can be reached."""
        return await asyncio.shield(self._once("authorities", self._reach_all))

    async def _reach_all(self) -> list[Reached]:
        # Here: an agent that checks nothing need not load it.
        from agent.checks.probes.authority import reach  # noqa: PLC0415

        config, clock = self.parts.config(), self.parts.clock
        tries = (reach(each, clock, config.network) for each in config.authorities)
        return list(await asyncio.gather(*tries))

    def _once(self, name: str, find_out: Callable[[], Awaitable[T]]) -> asyncio.Task[T]:
        if name not in self._shared:
            self._shared[name] = asyncio.ensure_future(_awaited(find_out))
        return self._shared[name]

    def close(self) -> None:
        """Stop what nobody waits for any more; a reading goes on, since the inventory wants it."""
        task = self._shared.get("authorities")
        if task is not None:
            task.cancel()


async def _awaited(find_out: Callable[[], Awaitable[T]]) -> T:
    return await find_out()
