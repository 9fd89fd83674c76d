"""What clients see of the settings."""

from __future__ import annotations

import os

import msgspec

from agent.api.views.problems import ProblemView
from agent.ground.language import Language, translate
from agent.ground.reports import ErrorReport
from agent.settings.keys import TITLES
from agent.settings.reading import Source
from agent.settings.service import Setting, Settings


class SettingView(msgspec.Struct, frozen=True, kw_only=True):
    """One key of the configuration, as it holds."""

    key: str
    title: str
    """In the client's language."""
    value: object
    """As JSON has it; for ``autostart`` whether something starts the agent at login now."""
    default: object
    source: Source
    """``default``, ``user`` (their file) or ``policy`` (the administrator's)."""
    is_locked: bool
    """The administrator has decided it."""
    needs_restart: bool
    """It has another value than when the agent started, and takes effect when it starts again."""


class SettingList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``settings.get``."""

    settings: tuple[SettingView, ...]
    problems: tuple[ProblemView, ...]
    """What of the files could not be used."""
    file: str
    """The user's file."""
    policy: str | None
    """The administrator's file, where there is one."""


def setting_list(settings: Settings, language: Language) -> SettingList:
    """Return every setting, as the files have it now."""
    found = settings.all()
    return SettingList(
        settings=tuple(setting_view(setting, language) for setting in found),
        problems=tuple(map(setting_problem, settings.problems)),
        file=os.fspath(settings.file),
        policy=os.fspath(settings.policy) if settings.policy.exists() else None,
    )


def setting_problem(report: ErrorReport) -> ProblemView:
    """Return what is wrong with a configuration file as clients see it."""
    return ProblemView(
        module="",
        code=report.code,
        message=report.message,
        message_zh=report.message_zh,
        advice=report.advice,
        advice_zh=report.advice_zh,
    )


def setting_view(setting: Setting, language: Language) -> SettingView:
    """Return one setting as clients see it."""
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
