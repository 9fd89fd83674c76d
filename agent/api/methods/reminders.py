"""Methods about reminders."""

from __future__ import annotations

from typing import Annotated

import msgspec

from agent.api.registry import Call, Registry, Role
from agent.api.services import Services
from agent.reminders.rules import Later


class PutOffParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``reminders.put_off``."""

    thumbprint: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    until: Later


class ReminderMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("reminders.put_off", PutOffParams, self.put_off, Role.CONTROL)

    async def put_off(self, _call: Call, params: PutOffParams) -> dict[str, str]:
        """Remind of a certificate later."""
        self._services.reminders.put_off(params.thumbprint, params.until)
        return {}
