"""The server of the local API, before it has methods: windows, which some methods open, are its clients."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from agent.api.known import Known
from agent.api.registry import Registry, Role
from agent.api.server import Server
from agent.building.shared import Shared
from agent.certificates.chain import TrustStore
from agent.checks.browser_seen import BrowserSeen
from agent.settings.config import Config
from agent.settings.trust import trusted_certificates


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """What clients are served by, and with."""

    server: Server
    registry: Registry
    known: Known
    browser_seen: BrowserSeen
    """Notes it where a browser says hello."""


async def build_serving(shared: Shared) -> Serving:
    """Build the server; it listens to nobody yet."""
    # Certificates of authorities are read from files, on disks that may be slow.
    trust = await asyncio.to_thread(_trust, shared.config())
    browser_seen = BrowserSeen(shared.paths.browser_seen, shared.clock)

    def greeted(role: Role) -> None:
        if role is Role.BROWSER:
            browser_seen.note()

    registry = Registry()
    return Serving(
        server=Server(registry, greeted=greeted),
        registry=registry,
        known=Known(identity_oids=shared.identity_oids(), trust=trust),
        browser_seen=browser_seen,
    )


def _trust(config: Config) -> TrustStore:
    return TrustStore(trusted_certificates(config))
