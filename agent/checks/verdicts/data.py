"""What the agent keeps: whether it can be read, and is kept whole."""

from __future__ import annotations

from dataclasses import dataclass

from agent.checks.model import CheckState, Findings, ok, reported
from agent.ground.errors import ErrorReport
from agent.ground.language import mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What is known of the folder of saved data."""

    folder: str
    problems: tuple[ErrorReport, ...] = ()
    """What was found damaged since the agent started."""
    laid_aside: tuple[str, ...] = ()
    """Names of files that were laid aside, now or earlier."""


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
    return found or [ok(mark("All that was saved can be read."))]
