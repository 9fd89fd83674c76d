"""What is done when settings change; most parts ask for what is set when they need it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from agent.building.regular import Regular
from agent.building.shared import Shared
from agent.building.tokens import Tokens
from agent.ground.bus import Event
from agent.settings.service import AUTOSTART, SettingsChanged
from agent.tokens.inventory import TokensChanged

_OF_DRIVERS = frozenset({"discover_modules", "module"})
_OF_CERTIFICATES = frozenset({"authority", "identity_oid", "trust_store"})
"""What clients are told of certificates depends on these."""
_OF_REMINDERS = frozenset({"reminders.quiet_hours", "reminders.thresholds"})


@contextlib.asynccontextmanager
async def settings_followed(
    shared: Shared, tokens: Tokens, regular: Regular
) -> AsyncIterator[None]:
    """Follow the configuration while the block runs, whoever changes it."""
    switching: set[asyncio.Task[None]] = set()

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

    with shared.bus.listening(follow), shared.settings.watched():
        try:
            yield
        finally:
            await tokens.drivers.close()
            await asyncio.gather(*switching, return_exceptions=True)
