"""Reading the configuration so that the agent always starts, and says what it did not use.

The user's file is taken as a whole or not at all: then the last good one. Of the administrator's policy
each wrong key falls back to its default by itself, since the other keys are to hold all the same.
"""

from __future__ import annotations

import errno
import logging
import os
import tomllib
from collections.abc import Iterator
from enum import StrEnum, unique
from pathlib import Path
from typing import Any

import msgspec

from agent.ground.clock import utc_now
from agent.ground.errors import reason_of
from agent.ground.reports import ErrorReport
from agent.ground.text_files import TextEncodingError, read_text_file
from agent.settings.config import Config, ConfigError, checked, merged_with, with_absolute_paths
from agent.settings.errors import ConfigIgnoredError, ConfigNotUsedError, PolicyOnlyKeyError
from agent.settings.keys import (
    DEFAULTS,
    POLICY_ONLY,
    flattened,
    line_of,
    nested,
    why_wrong,
)
from agent.settings.policy import usable
from agent.system.damage import lay_aside
from agent.system.files import write_private
from agent.system.paths import Paths
from agent.system.trusted_files import see_to_writers

log = logging.getLogger(__name__)


@unique
class Source(StrEnum):
    """Where a value comes from."""

    DEFAULT = "default"
    USER = "user"
    POLICY = "policy"


class Loaded(msgspec.Struct, frozen=True, kw_only=True):
    """What the files say, as far as it can be used."""

    config: Config
    sources: dict[str, Source]
    problems: tuple[ErrorReport, ...] = ()
    is_user_file_good: bool = True


def load(paths: Paths) -> Loaded:
    """Read both files; this never fails."""
    problems: list[ErrorReport] = []
    user = _user_values(paths, problems)
    is_good = all(problem.code == PolicyOnlyKeyError.code for problem in problems)
    policy, locked = _policy_values(paths, problems)
    # What the policy has wrong is nobody's: the user's value does not step in for it.
    # Neither does it where only the administrator may say so.
    unused = locked | POLICY_ONLY
    user = nested({key: value for key, value in flattened(user).items() if key not in unused})
    sources = dict.fromkeys(DEFAULTS, Source.DEFAULT)
    sources |= dict.fromkeys(flattened(user), Source.USER)
    sources |= dict.fromkeys(locked, Source.POLICY)
    merged = merged_with(
        with_absolute_paths(paths.config_file, user), with_absolute_paths(paths.policy_file, policy)
    )
    return Loaded(
        config=checked(paths.config_file, merged),
        sources=sources,
        problems=tuple(problems),
        is_user_file_good=is_good,
    )


def _user_values(paths: Paths, problems: list[ErrorReport]) -> dict[str, Any]:
    file = paths.config_file
    try:
        text = _text(file)
        values = tomllib.loads(text)
    except (OSError, ValueError) as error:
        return _last_good(file, paths.last_good_config, reason_of(error), problems)
    try:
        checked(file, values)
    except ConfigError as error:
        reason = f"{error.values['reason']}{_where(file, text, values)}"
        return _last_good(file, paths.last_good_config, reason, problems)
    _keep(paths.last_good_config, text)
    problems.extend(_not_the_users(paths, text, values))
    return values


def _not_the_users(paths: Paths, text: str, values: dict[str, Any]) -> Iterator[ErrorReport]:
    """Yield which keys of the user's file are the administrator's."""
    for key in sorted(POLICY_ONLY & flattened(values).keys()):
        yield PolicyOnlyKeyError(
            file=str(paths.config_file),
            line=line_of(text, key),
            key=key,
            policy=str(paths.policy_file),
        ).report()


def _where(file: Path, text: str, values: dict[str, Any]) -> str:
    """Return on which line the first wrong key stands, in the way TOML errors say it."""
    flat = flattened(values)
    wrong = next((key for key in flat if why_wrong(file, key, flat[key]) is not None), "")
    line = line_of(text, wrong)
    return f" (at line {line})" if line else ""


def _policy_values(
    paths: Paths, problems: list[ErrorReport]
) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the policy's values that can be used, and all keys it decides."""
    file = paths.policy_file
    try:
        text = _text(file)
        values = tomllib.loads(text)
    except (OSError, ValueError) as error:
        # Its lines are not those of the last good one, whose wrong keys were told at its time.
        values = _last_good(file, paths.last_good_policy, reason_of(error), problems)
        good, _ = usable(file, "", values)
    else:
        _keep(paths.last_good_policy, text)
        good, wrong = usable(file, text, values)
        problems.extend(wrong)
    return good, frozenset(flattened(values)) & DEFAULTS.keys()


def _last_good(file: Path, copy: Path, reason: str, problems: list[ErrorReport]) -> dict[str, Any]:
    """Return what ``file`` said when it was last good, and note what is wrong with it now."""
    try:
        values = tomllib.loads(_text(copy, or_else=None))
        if copy.name.startswith("config"):
            checked(file, values)  # by this version, too
    except (OSError, ValueError, ConfigError) as error:
        log.warning("no last good configuration file=%s reason=%s", copy, error)
    else:
        problems.append(ConfigNotUsedError(file=str(file), reason=reason).report())
        return values
    problems.append(ConfigIgnoredError(file=str(file), reason=reason).report())
    return {}


def _text(file: Path, *, or_else: str | None = "") -> str:
    """Return what the file says, ``or_else`` where there is none; OSError, TextEncodingError."""
    if file.is_fifo():  # it would be waited for
        raise OSError(errno.ENXIO, os.strerror(errno.ENXIO))
    try:
        see_to_writers(file)
        return read_text_file(file)
    except FileNotFoundError:
        if or_else is None:
            raise
        return or_else


def _keep(copy: Path, text: str) -> None:
    try:
        if _text(copy) == text:
            return
    except (OSError, TextEncodingError) as error:
        log.warning("last good configuration damaged file=%s reason=%s", copy, error)
    try:
        if copy.is_dir():
            lay_aside(copy, utc_now())
        write_private(copy, text.encode())
    except OSError as error:
        log.warning("last good configuration not kept file=%s reason=%s", copy, error)
