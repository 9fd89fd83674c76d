"""Methods of the settings."""

from __future__ import annotations

import os
from typing import Annotated, Any

import msgspec

from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.services import Services
from agent.api.views.problems import ProblemView
from agent.api.views.settings import SettingList, SettingView
from agent.ground.errors import ErrorReport
from agent.ground.language import Language, translate
from agent.settings.keys import TITLES
from agent.settings.service import Setting


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
        """Every setting; files that were changed by hand are read anew."""
        settings, language = self._services.settings, self._services.language_of(call)
        found = settings.all()
        return SettingList(
            settings=tuple(_view(setting, language) for setting in found),
            problems=tuple(map(setting_problem, settings.problems)),
            file=os.fspath(settings.file),
            policy=os.fspath(settings.policy) if settings.policy.exists() else None,
        )

    async def set(self, call: Call, params: SetParams) -> SettingView:
        """Set one key in the user's file."""
        setting = self._services.settings.set(params.key, params.value)
        return _view(setting, self._services.language_of(call))


def setting_problem(report: ErrorReport) -> ProblemView:
    """Return what is wrong with a configuration file as clients see it."""
    return ProblemView(
        module="", code=report.code, message=report.message, message_zh=report.message_zh
    )


def _view(setting: Setting, language: Language) -> SettingView:
    title = TITLES.get(setting.key)
    return SettingView(
        key=setting.key,
        title=translate(title, language) if title else setting.key,
        value=setting.value,
        default=setting.default,
        source=setting.source,
        is_locked=setting.is_locked,
        needs_restart=setting.needs_restart,
    )
