"""What looking for modules finds, and what is told of it."""

from __future__ import annotations

import os
from enum import StrEnum, unique
from pathlib import Path

import msgspec

from agent.ground.language import mark
from agent.ground.reports import ErrorReport
from agent.tokens.errors import TokenError
from agent.tokens.model import ModuleSettings

NOT_INSTALLED = mark("it is not installed")
UNREADABLE = mark("its file cannot be read")
SWITCHED_OFF = mark("it is switched off in the configuration")
OTHER_ARCHITECTURE = mark("it is for another architecture")
OF_32_BITS = mark("it is of 32 bits, and this program of 64")
OF_64_BITS = mark("it is of 64 bits, and this program of 32")
NO_LIBRARY = mark("it is not a library of this system")
NO_DRIVER = mark("it is no token driver")
TRUST_STORE = mark("it holds trusted certificates, not tokens")
OTHER_PROGRAMS = mark("it is meant for other programs")
REMOTE = mark("it runs on another machine")
PROXY = mark("it would show all other drivers' tokens again")


class ModuleFileError(TokenError):
    """A file that names modules cannot be read; what other files name is served."""

    code = "module_file_invalid"
    sentence = mark("The file {file}, which names token drivers, is not valid: {reason}")
    advice = mark("Correct the file. Other drivers are not affected.")


class ModuleLeftOutError(TokenError):
    """A module was found and is not served."""

    code = "module_left_out"
    sentence = mark("The token driver {module} is not used: {reason}")
    advice = ""


@unique
class Source(StrEnum):
    """Where a module's path comes from."""

    CONFIG = "config"
    """``[[module]]`` of the configuration."""
    P11_KIT = "p11-kit"
    WELL_KNOWN = "well-known"
    """The table of well-known paths, ours or one in a folder ``modules.d``."""


class ConfiguredModule(ModuleSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One ``[[module]]`` of the configuration."""

    name: str = ""
    """What to call it; without one, the library's file name."""
    enabled: bool = True
    """False leaves the library alone, whoever else names it."""

    @property
    def settings(self) -> ModuleSettings:
        """What its worker has to know."""
        fields = ((name, getattr(self, name)) for name in ModuleSettings.__struct_fields__)
        return ModuleSettings(**dict(fields))


class FoundModule(msgspec.Struct, frozen=True, kw_only=True):
    """A module, and where it was found."""

    settings: ModuleSettings
    name: str
    source: Source
    is_wanted: bool
    """Somebody asked for it by name, so that it fails to load is a problem to tell.

    False where it was merely installed: a SoftHSM that this user has no tokens in, or a driver that
    came with another program, must not alarm everybody.
    """


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A module that is not served, and why."""

    module: FoundModule
    report: ErrorReport


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """Everything one look around found."""

    modules: tuple[FoundModule, ...] = ()
    """To be served, each library once."""
    left_out: tuple[LeftOut, ...] = ()
    problems: tuple[ErrorReport, ...] = ()
    """Files that are not valid, and wanted modules that cannot be served."""

    @property
    def settings(self) -> tuple[ModuleSettings, ...]:
        """The settings of the modules to be served."""
        return tuple(module.settings for module in self.modules)


def left_out(module: FoundModule, reason: str) -> LeftOut:
    """Return ``module`` as left out for a marked ``reason``."""
    error = ModuleLeftOutError(module=module.settings.path, reason=reason)
    return LeftOut(module=module, report=error.report())


def printable(path: Path | str) -> str:
    """Return a file's name as text that can travel; names on disk need not be UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")
