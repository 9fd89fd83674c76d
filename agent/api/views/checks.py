"""What clients see of the environment check."""

from __future__ import annotations

import msgspec

from agent.api.views.large import Large
from agent.checks.model import CheckState


class CheckName(msgspec.Struct, frozen=True, kw_only=True):
    """One check that can be run."""

    name: str
    title: str
    """In the client's language, like all texts here."""


class CheckNames(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``checks.list``, in the order they are shown."""

    checks: tuple[CheckName, ...]


class CheckItem(msgspec.Struct, frozen=True, kw_only=True):
    """What one check found."""

    name: str
    title: str
    state: CheckState
    text: str
    """A line for each thing that was found, the gravest first."""
    advice: str
    fix: str | None
    """What ``checks.fix`` takes to mend it; None where a person has to."""


class CheckList(Large, frozen=True, kw_only=True):
    """The answer to ``checks.run`` and ``checks.fix``."""

    items: tuple[CheckItem, ...]
    report: str
    """The same as a text to copy, without names and numbers of people."""
