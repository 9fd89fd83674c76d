"""Methods that change a token's PIN; for the user's own tools only."""

from __future__ import annotations

import msgspec

from agent.api.registry import Call, Registry, Role
from agent.api.services import Services
from agent.api.views.pins import PinPrompt, pin_prompt
from agent.tokens.model import TokenReference


class ChangeParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``pin.change``."""

    token: TokenReference
    accept_final_try: bool = False
    """A person consented to risk the last try."""


class UnlockedParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``pin.unlocked``."""

    token: TokenReference


class PinMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("pin.change", ChangeParams, self.change, Role.CONTROL)
        registry.add("pin.unlocked", UnlockedParams, self.unlocked, Role.CONTROL)

    async def change(self, call: Call, params: ChangeParams) -> PinPrompt:
        """Prepare to change a PIN, and say where the old and the new one are to be sent."""
        asked = await self._services.pin_change.ask(
            params.token, accepts_final_try=params.accept_final_try
        )
        call.connection.on_close(asked.abandon)
        return pin_prompt(asked)

    async def unlocked(self, _call: Call, params: UnlockedParams) -> dict[str, str]:
        """Forget a lock the token itself does not tell of: the counter has opened it."""
        self._services.pins.was_unlocked(params.token)
        return {}
