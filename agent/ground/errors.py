"""The errors a person can meet: each has a stable code, a sentence and what to do next.

Subclasses live beside the code that raises them; this module holds what they share. The sentence
and the advice are English message ids (see :mod:`agent.ground.language`), the values fill their
placeholders. An error never carries a PIN, an SMS code or an ID number.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from agent.ground.language import Language, look_up, mark, translate


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


_PARTS = {"reason", "what"}
SYSTEM_REASONS = (
    mark("No such file or directory"),
    mark("Permission denied"),
    mark("Operation not permitted"),
    mark("Is a directory"),
    mark("Not a directory"),
    mark("File exists"),
    mark("No space left on device"),
    mark("Read-only file system"),
    mark("Input/output error"),
    mark("Disk quota exceeded"),
    mark("File name too long"),
    mark("Connection refused"),
)
"""What a system says most often (OSError.strerror), so that a Chinese sentence has a Chinese reason."""


def reason_of(error: Exception) -> str:
    """Return why something failed, without the names of files a sentence has already."""
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__


class OdcError(Exception):
    """Base of all errors that are told to a person."""

    code: str = "internal"
    sentence: ClassVar[str] = mark("Something went wrong inside the agent: {reason}")
    advice: ClassVar[str] = ""

    def __init__(self, **values: str | int | bool | None) -> None:
        super().__init__(self.code)
        self.values = values

    def __str__(self) -> str:
        return self.text(Language.EN)

    def text(self, language: Language) -> str:
        """Return what happened, in ``language``; a marked ``reason`` or ``what`` is translated too."""
        parts = {
            name: look_up(str(self.values[name]), language) for name in _PARTS & set(self.values)
        }
        return translate(self.sentence, language, **{**self.values, **parts})

    def advice_text(self, language: Language) -> str:
        """Return what to do next, in ``language``; empty where nothing can be done."""
        return translate(self.advice, language, **self.values) if self.advice else ""

    def report(self) -> ErrorReport:
        """Return the error as it travels to another process."""
        return ErrorReport(
            code=self.code,
            message=self.text(Language.EN),
            message_zh=self.text(Language.ZH),
            advice=self.advice_text(Language.EN),
            advice_zh=self.advice_text(Language.ZH),
            details=self.values,
        )


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


class InvalidInputError(OdcError):
    """What was given does not have the form it must have."""

    code = "invalid_input"
    sentence = mark("{what} is not valid: {reason}")
