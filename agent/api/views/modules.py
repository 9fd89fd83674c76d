"""What clients see of the token drivers."""

from __future__ import annotations

from enum import StrEnum, unique

import msgspec

from agent.api.views.problems import ProblemView
from agent.tokens.model import ModuleKind


@unique
class ModuleState(StrEnum):
    """How a module is."""

    WELL = "well"
    IMPAIRED = "impaired"
    """It works, but not all of its tokens can be read."""
    FAILED = "failed"


class ModuleView(msgspec.Struct, frozen=True, kw_only=True):
    """One token driver that is served."""

    path: str
    name: str
    source: str
    """``config``, ``p11-kit`` or ``well-known``."""
    state: ModuleState
    driver: ModuleKind | None
    """How it is spoken to; None where that is not known yet."""
    bits: int | None
    """Of how many it is; a process of its own loads one that is of others than the agent. None of what is
    no library that says so."""
    description: str
    """What CK_INFO says, or which standard; empty, like the next two, while it has never been read."""
    manufacturer: str
    version: str
    slots: int
    tokens: tuple[str, ...]
    """Labels of the tokens that were read, also of those shown through another module."""
    has_events: bool
    """Insertion is told by an event; else the module is polled."""
    restarts: int
    """How often its worker had to be started again."""
    retry_after: float | None
    """Seconds until a module that fails is started again."""
    problems: tuple[ProblemView, ...]


class ModuleLeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A module that was found and is not served."""

    path: str
    name: str
    source: str
    message: str
    message_zh: str


class ModuleList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``modules.list``."""

    modules: tuple[ModuleView, ...]
    left_out: tuple[ModuleLeftOut, ...]
    problems: tuple[ProblemView, ...]
    """Files that name modules and cannot be read."""
