"""Methods of 环境检测."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import msgspec

from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.services import Services
from agent.api.views.checks import CheckItem, CheckList, CheckName, CheckNames
from agent.checks.report import Redactor, names_in, report_text
from agent.checks.service import Result
from agent.checks.table import CHECKS
from agent.ground.language import Language, translate
from agent.tokens.snapshot import Snapshot

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class RunParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``checks.run``."""

    names: tuple[Name, ...] = ()
    """Which checks; all where none is named."""


class FixParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``checks.fix``."""

    id: Name


class CheckMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("checks.list", NoParams, self.list_checks, Role.CONTROL)
        registry.add("checks.run", RunParams, self.run, Role.CONTROL)
        registry.add("checks.fix", FixParams, self.fix, Role.CONTROL)

    async def list_checks(self, call: Call, _params: NoParams) -> CheckNames:
        """Return the checks there are."""
        language = self._services.language_of(call)
        return CheckNames(
            checks=tuple(
                CheckName(name=check.name, title=translate(check.title, language))
                for check in CHECKS
            )
        )

    async def run(self, call: Call, params: RunParams) -> CheckList:
        """Run checks; one that fails or hangs is unknown."""
        return await self._told(call, await self._services.checks.run(params.names))

    async def fix(self, call: Call, params: FixParams) -> CheckList:
        """Mend something, and check it again."""
        return await self._told(call, await self._services.checks.fix(params.id))

    async def _told(self, call: Call, results: list[Result]) -> CheckList:
        language = self._services.language_of(call)
        snapshot = self._services.inventory.snapshot
        return await asyncio.to_thread(_list, results, snapshot, language)


def _list(results: list[Result], snapshot: Snapshot, language: Language) -> CheckList:
    redact = Redactor(names_in(snapshot, os.fspath(Path.home())))
    return CheckList(
        items=tuple(_item(result, language) for result in results),
        report=report_text(results, language, redact),
    )


def _item(result: Result, language: Language) -> CheckItem:
    return CheckItem(
        name=result.check.name,
        title=translate(result.check.title, language),
        state=result.state,
        text=result.text(language),
        advice=result.advice(language),
        fix=result.fix,
    )
