"""What is done when settings change, or the clock; most parts ask for either when they need it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from agent.building.regular import Regular
from agent.building.shared import Shared
from agent.building.tokens import Tokens
from agent.ground.bus import Event
from agent.settings.service import AUTOSTART, SettingsChanged
from agent.system.wall_clock import ClockJumped, clock_watched
from agent.tokens.inventory import TokensChanged

_OF_DRIVERS = frozenset({"discover_modules", "module"})
_OF_CERTIFICATES = frozenset({"authority", "identity_oid", "trust_store"})
"""What clients are told of certificates depends on these."""
_OF_REMINDERS = frozenset({"reminders.quiet_hours", "reminders.thresholds"})


@contextlib.asynccontextmanager
async def changes_followed(shared: Shared, tokens: Tokens, regular: Regular) -> AsyncIterator[None]:
    """Follow the configuration and the clock while the block runs, whoever changes them."""
    switching: set[asyncio.Task[None]] = set()

    def clock_jumped() -> None:
        regular.reminders.look_again()
        shared.bus.publish(ClockJumped())
        # Whoever shows how long a certificate has left has shown it by the clock as it was.
        shared.bus.publish(TokensChanged())

    def follow(event: Event) -> None:
        if not isinstance(event, SettingsChanged):
            return
        keys = frozenset(event.keys)
        if keys & _OF_DRIVERS:
            tokens.drivers.look_again()
        if keys & _OF_CERTIFICATES:
            shared.bus.publish(TokensChanged())
        if keys & _OF_REMINDERS:
            regular.reminders.check()
        if "poll_seconds" in keys:
            tokens.watch.look_again()
        if AUTOSTART in keys:
            task = asyncio.create_task(asyncio.to_thread(shared.settings.see_to_autostart))
            switching.add(task)
            task.add_done_callback(switching.discard)

    with (
        shared.bus.listening(follow),
        shared.settings.watched(),
        clock_watched(clock_jumped),
    ):
        try:
            yield
        finally:
            await tokens.drivers.close()
            await asyncio.gather(*switching, return_exceptions=True)
