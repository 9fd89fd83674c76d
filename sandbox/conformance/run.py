"""The run: one step after the other, each with what the server must do and what it did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum, unique

import httpx
import msgspec

from sandbox.conformance.client import Applicant


@unique
class Outcome(StrEnum):
    """How a step went."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"
    """The policy does not ask for it, or a step it needs failed."""


class NotAskedError(Exception):
    """The policy does not ask for this step."""


class WrongAnswerError(Exception):
    """The server did something else than it must."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing a server must do."""

    name: str
    requirement: str
    source: str
    """Where that stands: a section of an RFC or of docs/authorities.md."""
    run: Callable[[Applicant], str]
    """Returns what was seen."""
    is_needed: bool = False
    """Without it nothing that follows can be tried."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one step went."""

    step: Step
    outcome: Outcome
    seen: str


def verdicts(applicant: Applicant, steps: tuple[Step, ...]) -> Iterator[Verdict]:
    """Run the steps in order and yield a verdict for each."""
    broken = ""
    for step in steps:
        if broken:
            yield Verdict(step, Outcome.SKIPPED, f"needs: {broken}")
            continue
        verdict = _verdict(applicant, step)
        if verdict.outcome is Outcome.FAILED and step.is_needed:
            broken = step.name
        yield verdict


def _verdict(applicant: Applicant, step: Step) -> Verdict:
    try:
        return Verdict(step, Outcome.PASSED, step.run(applicant))
    except NotAskedError as reason:
        return Verdict(step, Outcome.SKIPPED, str(reason))
    except (WrongAnswerError, httpx.HTTPError, msgspec.MsgspecError, ValueError) as error:
        return Verdict(step, Outcome.FAILED, str(error) or type(error).__name__)
