"""Methods of the settings."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.services import Services
from agent.api.views.settings import SettingList, SettingView, setting_list, setting_view


class SetParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``settings.set``."""

    key: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    value: Any
    """As JSON has it; null takes the user's value away."""


class SettingMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("settings.get", NoParams, self.get, Role.CONTROL)
        registry.add("settings.set", SetParams, self.set, Role.CONTROL)

    async def get(self, call: Call, _params: NoParams) -> SettingList:
        """Every setting, as the files have it now."""
        return setting_list(self._services.settings, self._services.language_of(call))

    async def set(self, call: Call, params: SetParams) -> SettingView:
        """Set one key in the user's file."""
        setting = self._services.settings.set(params.key, params.value)
        return setting_view(setting, self._services.language_of(call))
