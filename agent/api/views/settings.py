"""What clients see of the settings."""

from __future__ import annotations

import msgspec

from agent.api.views.problems import ProblemView
from agent.settings.reading import Source


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
