"""What all parts of the agent have in common."""

from __future__ import annotations

import msgspec

from agent.certificates.identity_oids import IDENTITY_OIDS, IdentityOid
from agent.ground.bus import EventBus
from agent.ground.clock import Clock
from agent.ground.language import Language, desktop_language
from agent.settings.config import Config
from agent.settings.service import Settings
from agent.system.damage import Damages
from agent.system.paths import Paths


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """What every builder is given."""

    settings: Settings
    paths: Paths
    clock: Clock
    damages: Damages
    """What of the agent's own files was found damaged."""
    bus: EventBus = msgspec.field(default_factory=EventBus)

    def config(self) -> Config:
        """Return what is set now; most parts are made of what was set at the start."""
        return self.settings.config

    def language(self) -> Language:
        """Return what the agent speaks now."""
        return self.config().language or desktop_language()

    def identity_oids(self) -> tuple[IdentityOid, ...]:
        """Return where in a certificate an organisation's identity may stand."""
        return (*self.config().identity_oids, *IDENTITY_OIDS)
