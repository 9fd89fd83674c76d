"""Methods about the token drivers that are served."""

from __future__ import annotations

from pathlib import Path

import msgspec

from agent.api.registry import Call, Registry, Role
from agent.api.services import Services
from agent.api.views.modules import ModuleLeftOut, ModuleList, ModuleState, ModuleView
from agent.api.views.problems import problem_view
from agent.tokens.discovery import FoundModule, LeftOut, Source
from agent.tokens.model import LibraryFacts
from agent.tokens.reading import ModuleReader
from agent.tokens.snapshot import Problem
from agent.tokens.widths import bits_of

_NOTHING_READ = LibraryFacts(description="", manufacturer="", version="")


class ModuleListParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``modules.list``."""

    refresh: bool = True
    """Read the modules now instead of answering from the last reading."""


class ModuleMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("modules.list", ModuleListParams, self.list_modules, Role.CONTROL, Role.TRAY)

    async def list_modules(self, _call: Call, params: ModuleListParams) -> ModuleList:
        """Every module that is served: how it is, and what it says of itself."""
        inventory = self._services.inventory
        await (inventory.refresh() if params.refresh else inventory.current())
        discovery = self._services.discovery()
        found = {module.settings.path: module for module in discovery.modules}
        return ModuleList(
            modules=tuple(
                self._view(reader, found.get(reader.settings.path)) for reader in inventory.readers
            ),
            left_out=tuple(_left_out(left) for left in discovery.left_out),
            problems=tuple(problem_view(Problem(module="", report=r)) for r in discovery.problems),
        )

    def _view(self, reader: ModuleReader, found: FoundModule | None) -> ModuleView:
        content = reader.content
        library = (content.library if content else None) or _NOTHING_READ
        problems = tuple(problem_view(problem) for problem in reader.reading.problems)
        return ModuleView(
            path=reader.settings.path,
            name=found.name if found else Path(reader.settings.path).name,
            source=(found.source if found else Source.CONFIG).value,
            state=_state(reader),
            bits=bits_of(reader.settings.path),
            driver=content.kind if content else reader.settings.kind,
            description=library.description,
            manufacturer=library.manufacturer,
            version=library.version,
            slots=content.slots if content else 0,
            tokens=tuple(token.facts.label for token in reader.reading.tokens),
            has_events=self._services.watch.is_watched_by_events(reader),
            restarts=reader.worker.restarts,
            retry_after=reader.worker.retry_after,
            problems=problems,
        )


def _left_out(left: LeftOut) -> ModuleLeftOut:
    return ModuleLeftOut(
        path=left.module.settings.path,
        name=left.module.name,
        source=left.module.source.value,
        message=left.report.message,
        message_zh=left.report.message_zh,
    )


def _state(reader: ModuleReader) -> ModuleState:
    if not reader.reading.problems:
        return ModuleState.WELL
    return ModuleState.IMPAIRED if reader.reading.tokens else ModuleState.FAILED
