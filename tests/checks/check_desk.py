"""The checks over the agent's real parts."""

from __future__ import annotations

import datetime as dt
from typing import Self

from certificate_maker import china

from agent.certificates.chain import TrustStore
from agent.checks.browser_seen import BrowserSeen
from agent.checks.model import CheckState
from agent.checks.run import Parts
from agent.checks.service import CheckService, Result
from agent.ground.bus import EventBus
from agent.ground.language import Language
from agent.settings.config import Config
from agent.system.paths import find_paths
from agent.tokens.discovery import Discovery
from agent.tokens.inventory import Inventory
from agent.tokens.model import ModuleSettings
from agent.tokens.pin_memory import PinMemory
from agent.tokens.pin_sessions import PinSessions

NOW = china("2025-03-07 10:00:00")


class CheckDesk:
    """What is checked; ``now`` and ``config`` may be changed."""

    def __init__(self, *modules: ModuleSettings, discovery: Discovery | None = None) -> None:
        self.now = NOW
        self.config = Config()
        self.discovery = discovery or Discovery()
        bus = EventBus()
        self.inventory = Inventory(modules or self.discovery.settings, bus)
        self.pins = PinSessions(self.inventory, PinMemory(find_paths().pin_states), bus)
        self.seen = BrowserSeen(find_paths().browser_seen, self._clock)

    def _clock(self) -> dt.datetime:
        return self.now

    def service(self, *, seconds: float = 30.0, trust: TrustStore | None = None) -> CheckService:
        async def trusted() -> TrustStore:
            return trust or TrustStore()

        parts = Parts(
            inventory=self.inventory,
            discovery=lambda: self.discovery,
            with_known_pins=self.pins.shown,
            config=lambda: self.config,
            trust=trusted,
            paths=find_paths(),
            clock=self._clock,
            seen=self.seen,
        )
        return CheckService(parts, seconds=seconds)

    async def check(self, name: str, **options) -> Result:
        """Run one check."""
        [result] = await self.service(**options).run([name])
        return result

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.pins.close()
        await self.inventory.close()


def said(result: Result) -> tuple[CheckState, str]:
    """Return state and text, both languages having one."""
    assert result.text(Language.ZH)
    assert result.text(Language.ZH) != result.text(Language.EN)
    return result.state, result.text(Language.EN)
