"""What a check finds, as sentences that are translated where they are shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum, unique
from typing import Protocol

import msgspec

from agent.ground.language import Language, translate
from agent.ground.reports import ErrorReport


@unique
class CheckState(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    """It works, but not as well as it might, or not for long."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It cannot be told, and the text says why."""


_MILD_TO_GRAVE = (CheckState.OK, CheckState.UNKNOWN, CheckState.WARNING, CheckState.FAILED)


class Said(Protocol):
    """Something that can be said in both languages."""

    def text(self, language: Language) -> str:
        """Return it in ``language``."""


class Sentence(msgspec.Struct, frozen=True):
    """A marked sentence and what fills its placeholders; a value may be such a sentence itself."""

    message: str
    values: Mapping[str, object] = msgspec.field(default_factory=dict)

    def text(self, language: Language) -> str:
        """Return it in ``language``."""
        values = {
            name: value.text(language) if isinstance(value, Sentence) else value
            for name, value in self.values.items()
        }
        return translate(self.message, language, **values)


class Reported(msgspec.Struct, frozen=True):
    """What an error said of itself."""

    report: ErrorReport

    def text(self, language: Language) -> str:
        """Return its sentence in ``language``."""
        return self.report.text(language)

    def advice(self) -> _ReportedAdvice | None:
        """Return what it advises, where it does."""
        return _ReportedAdvice(self.report) if self.report.advice else None


class _ReportedAdvice(msgspec.Struct, frozen=True):
    report: ErrorReport

    def text(self, language: Language) -> str:
        return self.report.advice_text(language)


class Finding(msgspec.Struct, frozen=True):
    """One thing a check found."""

    state: CheckState
    said: Said
    advice: Said | None = None
    fix: str | None = None
    """Name of the fix (``checks.fix``) that mends it."""


Findings = Sequence[Finding]


def ok(message: str, **values: object) -> Finding:
    """Return that something is as it should be."""
    return Finding(CheckState.OK, Sentence(message, values))


def finding(
    state: CheckState, message: str, advice: str = "", *, fix: str | None = None, **values: object
) -> Finding:
    """Return that something is in ``state``, with what to do about it."""
    said = Sentence(message, values)
    return Finding(state, said, Sentence(advice, values) if advice else None, fix)


def reported(state: CheckState, report: ErrorReport) -> Finding:
    """Return what an error tells of itself as a finding."""
    told = Reported(report)
    return Finding(state, told, told.advice())


def worst_first(findings: Findings) -> list[Finding]:
    """Return the findings, the gravest first and otherwise as they came."""
    return sorted(findings, key=lambda f: -_MILD_TO_GRAVE.index(f.state))
