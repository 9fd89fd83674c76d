"""What clients see of the PKCS#11 modules."""

from __future__ import annotations

from enum import StrEnum, unique

import msgspec

from agent.api.views.problems import ProblemView


@unique
class ModuleState(StrEnum):
    """How a PKCS#11 module is."""

    WELL = "well"
    IMPAIRED = "impaired"
    """It works, but not all of its tokens can be read."""
    FAILED = "failed"


class ModuleView(msgspec.Struct, frozen=True, kw_only=True):
    """One PKCS#11 module that is served."""

    path: str
    name: str
    source: str
    """``config``, ``p11-kit`` or ``well-known``."""
    state: ModuleState
    description: str
    """What CK_INFO says; empty, like the next two, while the module has never been read."""
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
