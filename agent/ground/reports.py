"""Errors on their way between processes, with their sentences in both languages already made."""

from __future__ import annotations

import re

import msgspec

from agent.ground.errors import OdcError
from agent.ground.language import Language


class ItemReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with one field or document of something a person filled in."""

    item: str
    message: str
    message_zh: str


class ErrorReport(msgspec.Struct, frozen=True, kw_only=True):
    """An error as it travels: over the local API, from a worker, into ``--json`` output."""

    code: str
    message: str
    message_zh: str
    advice: str = ""
    advice_zh: str = ""
    details: dict[str, str | int | bool | None] = {}
    items: tuple[ItemReport, ...] = ()

    def text(self, language: Language) -> str:
        """Return what happened, in ``language``."""
        return self.message_zh if language is Language.ZH else self.message

    def advice_text(self, language: Language) -> str:
        """Return what to do next, in ``language``; empty where nothing can be done."""
        return self.advice_zh if language is Language.ZH else self.advice


_HALVES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""Of surrogates, those that stand for no byte (PEP 383)."""


def sayable(text: str) -> str:
    """Return a text that can be sent and kept, with signs for the bytes of a path that are no text."""
    whole = _HALVES.sub("\N{REPLACEMENT CHARACTER}", text)
    return whole.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


class ReportedError(OdcError):
    """An error that came from another process with its sentences already made."""

    def __init__(self, report: ErrorReport) -> None:
        super().__init__(**report.details)
        self.code = report.code
        self.reported = report

    def text(self, language: Language) -> str:
        """Return what happened, in ``language``."""
        return self.reported.text(language)

    def advice_text(self, language: Language) -> str:
        """Return what to do next, in ``language``."""
        return self.reported.advice_text(language)

    def report(self) -> ErrorReport:
        """Return the error as it arrived."""
        return self.reported
