"""Methods about reminders."""

from __future__ import annotations

import asyncio

import msgspec

from agent.api.methods.renewals import Thumbprint
from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.services import Services
from agent.api.views.remembered import silenced_views
from agent.api.views.reminders import SilencedList
from agent.reminders.rules import Later


class PutOffParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``reminders.put_off``."""

    thumbprint: Thumbprint
    until: Later


class ResumeParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``reminders.resume``."""

    thumbprint: Thumbprint


class ReminderMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("reminders.put_off", PutOffParams, self.put_off, Role.CONTROL)
        registry.add("reminders.silenced", NoParams, self.silenced, Role.CONTROL)
        registry.add("reminders.resume", ResumeParams, self.resume, Role.CONTROL)

    async def put_off(self, _call: Call, params: PutOffParams) -> dict[str, str]:
        """Remind of a certificate later."""
        self._services.reminders.put_off([params.thumbprint], params.until)
        return {}

    async def silenced(self, call: Call, _params: NoParams) -> SilencedList:
        """What is not to be reminded of any more."""
        services = self._services
        pairs = services.reminders.silenced()
        now, language = services.clock(), services.language_of(call)
        views = await asyncio.to_thread(silenced_views, pairs, now, language, services.known())
        return SilencedList(certificates=views)

    async def resume(self, _call: Call, params: ResumeParams) -> dict[str, str]:
        """Remind of a certificate again."""
        self._services.reminders.resume(params.thumbprint)
        return {}
