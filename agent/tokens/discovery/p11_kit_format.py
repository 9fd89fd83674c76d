"""p11-kit's configuration as text (pkcs11.conf(5)): what files say and what that means for us. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import NamedTuple

from agent.tokens.discovery.found import (
    OTHER_PROGRAMS,
    PROXY,
    REMOTE,
    SWITCHED_OFF,
    TRUST_STORE,
)

PROGRAM = "odc-agent"
"""The name ``enable-in`` and ``disable-in`` know us by."""
TAKEN_BACK = "\0module"
"""Under this name, which no file can have: the library that a blank ``module:`` above takes back."""
_BLANKS = " \t\n\v\f\r"
_SUFFIX = ".module"
_PROXY_LIBRARY = re.compile(r"(p11-kit-proxy|libp11-kit)\b")

Settings = dict[str, str]


class FormatError(ValueError):
    """A file is not of p11-kit's form; says the line, never what stands in it."""


class UserConfig(Enum):
    """What a user's files are to the system's (``user-config``)."""

    NONE = auto()
    MERGE = auto()
    ONLY = auto()


_USER_CONFIG = {
    "none": UserConfig.NONE,
    "merge": UserConfig.MERGE,
    "only": UserConfig.ONLY,
    "override": UserConfig.ONLY,
}


def parse(text: str) -> Settings:
    """Return the ``name: value`` lines of a file; the last of a name counts.

    Raises:
        FormatError: a line is neither that, nor a comment, nor blank.
    """
    settings: Settings = {}
    for number, whole in enumerate(text.split("\n"), 1):
        line = whole.strip(_BLANKS)
        if not line or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        if not colon or "\0" in line or line.startswith(("[", "-----BEGIN ")):
            raise FormatError(f"line {number} is not of the form name: value")
        settings[name.rstrip(_BLANKS)] = value.lstrip(_BLANKS)
    return settings


def user_config_of(settings: Mapping[str, str], default: UserConfig) -> UserConfig:
    """Return what ``user-config`` says.

    Raises:
        FormatError: it says something unknown.
    """
    value = settings.get("user-config")
    if value is None:
        return default
    if value not in _USER_CONFIG:
        raise FormatError("user-config is not one of none, merge, only, override")
    return _USER_CONFIG[value]


def name_of(file_name: str) -> str:
    """Return the name of the module a file configures.

    p11-kit 0.24 warns of a file without its suffix, and reads it all the same.
    """
    return file_name.removesuffix(_SUFFIX) if file_name != _SUFFIX else file_name


class Named(NamedTuple):
    """A module's name and its settings."""

    name: str
    settings: Settings


def merged(layers: list[list[Named]]) -> list[Named]:
    """Put folders over one another, the first on top, each value by itself; sorted as p11-kit does."""
    modules: dict[str, Settings] = {}
    for layer in layers:
        for name, settings in layer:
            above = modules.get(name, {})
            if above.get("module") == "" and settings.get("module"):
                above.setdefault(TAKEN_BACK, settings["module"])
            modules[name] = {**settings, **above}
    named = [Named(name, settings) for name, settings in modules.items()]
    return sorted(named, key=lambda module: (-_priority(module.settings), module.name))


def _priority(settings: Mapping[str, str]) -> int:
    try:
        return int(settings.get("priority", "0"))
    except ValueError:
        return 0


def why_not_ours(settings: Mapping[str, str]) -> str | None:
    """Return why a configured module is left alone: a marked reason, or None."""
    if settings.get("trust-policy") == "yes":
        return TRUST_STORE
    if TAKEN_BACK in settings:
        return SWITCHED_OFF
    if not _is_enabled(settings):
        return OTHER_PROGRAMS
    return REMOTE if "remote" in settings else None


def why_not_library(*file_names: str) -> str | None:
    """Return why a library of these names is left alone: the proxy has everybody's tokens."""
    return PROXY if any(_PROXY_LIBRARY.match(name) for name in file_names) else None


def _is_enabled(settings: Mapping[str, str]) -> bool:
    """Where both lists are given, p11-kit looks at ``enable-in`` alone."""
    if "enable-in" in settings:
        return PROGRAM in re.split(r"[\s,]+", settings["enable-in"])
    return PROGRAM not in re.split(r"[\s,]+", settings.get("disable-in", ""))
