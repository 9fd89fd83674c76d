"""The errors a person can meet: each has a stable code, a sentence and what to do next.

Subclasses live beside the code that raises them; this module holds what they share. The sentence
and the advice are English message ids (see :mod:`agent.ground.language`), the values fill their
placeholders. An error never carries a PIN, an SMS code or an ID number.
"""

from __future__ import annotations

from agent.ground.language import Language, look_up, mark, translate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from agent.ground.reports import ErrorReport


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
        from agent.ground.reports import (  # noqa: PLC0415 - a command that tells none is quicker
            ErrorReport,
            sayable,
        )

        return ErrorReport(
            code=self.code,
            message=sayable(self.text(Language.EN)),
            message_zh=sayable(self.text(Language.ZH)),
            advice=sayable(self.advice_text(Language.EN)),
            advice_zh=sayable(self.advice_text(Language.ZH)),
            details={
                name: sayable(value) if isinstance(value, str) else value
                for name, value in self.values.items()
            },
        )


class InvalidInputError(OdcError):
    """What was given does not have the form it must have."""

    code = "invalid_input"
    sentence = mark("{what} is not valid: {reason}")
