"""Methods about tokens that are not plugged in: what a person has forgotten, brought back, decided."""

from __future__ import annotations

import msgspec

from agent.api.methods.renewals import Thumbprint
from agent.api.registry import Call, Registry, Role
from agent.api.services import Services


class TokenParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of methods that name a token by one of its certificates."""

    thumbprint: Thumbprint


class DecideParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``tokens.decide``."""

    thumbprint: Thumbprint
    """Of the certificate that may have been replaced."""
    is_replaced: bool


class RememberedMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._remembered = services.remembered

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("tokens.forget", TokenParams, self.forget, Role.CONTROL)
        registry.add("tokens.restore", TokenParams, self.restore, Role.CONTROL)
        registry.add("tokens.decide", DecideParams, self.decide, Role.CONTROL)

    async def forget(self, _call: Call, params: TokenParams) -> dict[str, str]:
        """Forget a token that is not plugged in."""
        self._remembered.forget(params.thumbprint)
        return {}

    async def restore(self, _call: Call, params: TokenParams) -> dict[str, str]:
        """Bring back what was forgotten since the agent started."""
        self._remembered.restore(params.thumbprint)
        return {}

    async def decide(self, _call: Call, params: DecideParams) -> dict[str, str]:
        """Take a person's word on whether what may have replaced a certificate has."""
        self._remembered.decide(params.thumbprint, is_replaced=params.is_replaced)
        return {}
