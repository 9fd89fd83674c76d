"""What the agent keeps: whether it can be read, and is kept whole."""

from __future__ import annotations

import msgspec

from agent.checks.model import CheckState, Finding, Findings, finding, ok, reported
from agent.ground.language import mark
from agent.ground.reports import ErrorReport


class Sharing(msgspec.Struct, frozen=True, kw_only=True):
    """What a file system can do of what keeps programs apart."""

    folder: str
    has_locks: bool = True
    has_maps: bool = True
    """Files can be mapped into memory by several programs at once."""


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the folder of saved data."""

    folder: str
    problems: tuple[ErrorReport, ...] = ()
    """What was found damaged since the agent started."""
    laid_aside: tuple[str, ...] = ()
    """Names of files that were laid aside, now or earlier."""
    sharing: Sharing | None = None


def judge_data(data: Data) -> Findings:
    """Return what is damaged, and what lies aside since it was."""
    found = [reported(CheckState.WARNING, problem) for problem in data.problems]
    if data.laid_aside:
        found.append(
            ok(
                mark("Laid aside as damaged in {folder}, to be deleted when you like: {files}"),
                folder=data.folder,
                files=", ".join(data.laid_aside),
            )
        )
    found.extend(_sharing(data.sharing))
    return found or [ok(mark("All that was saved can be read."))]


def _sharing(sharing: Sharing | None) -> list[Finding]:
    if sharing is None:
        return []
    found = []
    if not sharing.has_locks:
        found.append(
            finding(
                CheckState.WARNING,
                mark(
                    "The file system of {folder} has no file locks. The agent keeps its journal without "
                    "them, and is kept apart from others of this computer alone."
                ),
                mark("Never run the agent for this home on two computers at once."),
                folder=sharing.folder,
            )
        )
    if not sharing.has_maps:
        found.append(
            ok(
                mark("{folder} has no shared memory; the journal is kept in another way there."),
                folder=sharing.folder,
            )
        )
    return found
