"""The server of the local API, before it has methods: windows, which some methods open, are its clients."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from agent.api.known import Known
from agent.api.registry import Registry, Role
from agent.api.server import Server
from agent.building.shared import Shared
from agent.checks.browser_seen import BrowserSeen
from agent.settings.trust import Trust


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """What clients are served by, and with."""

    server: Server
    registry: Registry
    known: Callable[[], Known]
    """By the configuration as it is now; without chains, which take time."""
    trust: Trust
    browser_seen: BrowserSeen
    """Notes it where a browser says hello."""


def build_serving(shared: Shared) -> Serving:
    """Build the server; it listens to nobody yet."""
    browser_seen = BrowserSeen(shared.paths.browser_seen, shared.clock, shared.damages)

    def greeted(role: Role) -> None:
        if role is Role.BROWSER:
            browser_seen.note()

    registry = Registry()
    return Serving(
        server=Server(registry, greeted=greeted),
        registry=registry,
        known=lambda: Known(identity_oids=shared.identity_oids()),
        trust=Trust(shared.config),
        browser_seen=browser_seen,
    )
