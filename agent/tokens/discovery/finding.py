"""Putting the sources together: each library once, by the first source that names it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from agent.ground.reports import ErrorReport
from agent.tokens.discovery.found import (
    OF_32_BITS,
    OF_64_BITS,
    OTHER_ARCHITECTURE,
    SWITCHED_OFF,
    ConfiguredModule,
    Discovery,
    FoundModule,
    LeftOut,
    Source,
    left_out,
)
from agent.tokens.discovery.libraries import why_not_loadable
from agent.tokens.discovery.p11_kit import P11KitPlaces, p11_kit_places, read_p11_kit
from agent.tokens.discovery.well_known import Entry, Table, read_tables
from agent.tokens.errors import ModuleLoadError
from agent.tokens.exports import kinds_of
from agent.tokens.model import ModuleSettings


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """Where to look around for modules nobody configured."""

    platform: str = sys.platform
    tables: tuple[Path, ...] = ()
    """Folders ``modules.d``, later ones above earlier ones."""
    good_tables: dict[Path, Table] = msgspec.field(default_factory=dict)
    """What each table said when it could last be read."""
    p11_kit: P11KitPlaces | None = None


def this_system(tables: Iterable[Path] = ()) -> Surroundings:
    """Return the surroundings of this process."""
    return Surroundings(tables=tuple(tables), p11_kit=p11_kit_places(sys.platform))


def find_modules(
    configured: Iterable[ConfiguredModule] = (), around: Surroundings | None = None
) -> Discovery:
    """Return the modules to serve, those left out, and what is wrong; nothing is raised.

    Args:
        configured: what the configuration names; served although it may not be there yet.
        around: where else to look; None looks nowhere else.
    """
    search = _Search()
    for module in configured:
        search.take_configured(module)
    if around is not None:
        if around.p11_kit is not None:
            search.take_p11_kit(around.p11_kit)
        search.take_tables(around)
    return search.result()


class _Search:
    """One look around, under way."""

    def __init__(self) -> None:
        self._modules: list[FoundModule] = []
        self._left_out: list[LeftOut] = []
        self._problems: list[ErrorReport] = []
        self._seen: set[str] = set()

    def result(self) -> Discovery:
        return Discovery(
            modules=tuple(self._modules),
            left_out=tuple(self._left_out),
            problems=tuple(self._problems),
        )

    def take_configured(self, entry: ConfiguredModule) -> None:
        # The configuration may name a library twice, with variables that make it show other tokens.
        self._seen.add(_identity(entry.path))
        module = FoundModule(
            settings=entry.settings,
            name=entry.name or Path(entry.path).name,
            source=Source.CONFIG,
            is_wanted=True,
        )
        reason = _why_not(entry) if entry.enabled else SWITCHED_OFF
        self._take(module, reason)

    def take_p11_kit(self, places: P11KitPlaces) -> None:
        reading = read_p11_kit(places)
        self._left_out += reading.left_out
        # What p11-kit is told to leave alone is not to come back by our table.
        self._seen.update(_identity(left.module.settings.path) for left in reading.left_out)
        self._problems += [problem.report() for problem in reading.problems]
        for module in reading.modules:
            path = module.settings.path
            if _identity(path) not in self._seen:
                self._seen.add(_identity(path))
                self._take(module, why_not_loadable(path))

    def take_tables(self, around: Surroundings) -> None:
        entries, problems = read_tables(around.tables, around.good_tables)
        self._problems += [problem.report() for problem in problems]
        for entry in entries:
            self._take_entry(entry, entry.candidates(around.platform))

    def _take_entry(self, entry: Entry, candidates: list[str]) -> None:
        """Take one of the files, which are copies of one library: more would show tokens twice."""
        if not self._seen.isdisjoint(map(_identity, candidates)):
            return
        reasons = {path: why_not_loadable(path, is_guessed=True) for path in candidates}
        # The first that can be loaded, or else the first, to say why not.
        for path in sorted(reasons, key=lambda path: reasons[path] is not None)[:1]:
            self._seen.add(_identity(path))
            kind = entry.kind if entry.kind in kinds_of(path) else None
            settings = ModuleSettings(path=path, kind=kind)
            found = FoundModule(
                settings=settings, name=entry.name, source=Source.WELL_KNOWN, is_wanted=False
            )
            self._take(found, reasons[path])

    def _take(self, module: FoundModule, reason: str | None) -> None:
        may_come = module.is_wanted and reason not in (SWITCHED_OFF, *_NEVER_HERE)
        if reason is None or may_come:
            # What is wanted and missing may yet be installed; until then its worker tells of it.
            self._modules.append(module)
            return
        self._left_out.append(left_out(module, reason))
        path = module.settings.path
        if module.is_wanted and reason in _NEVER_HERE:
            self._problems.append(ModuleLoadError(module=path, reason=reason).report())


_NEVER_HERE = (OTHER_ARCHITECTURE, OF_32_BITS, OF_64_BITS)


def _why_not(entry: ConfiguredModule) -> str | None:
    return why_not_loadable(entry.path, loaded_by=entry.quirks.loaded_by)


def _identity(path: str) -> str:
    """Return what two names of one file have in common."""
    try:
        return os.path.realpath(path)
    except ValueError:  # a NUL in the configuration
        return path
