"""How a command ends: its exit code, and the sentence for what went wrong."""

from __future__ import annotations

import sys
from enum import IntEnum, unique

from agent.api.client import CallError
from agent.errors import OdcError
from agent.language import Language, mark, user_language


@unique
class Exit(IntEnum):
    """Exit codes of ``odc-agent``."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NO_AGENT = 3
    NEEDED = 4
    """Something must be given or done first."""
    REJECTED = 5
    """The review asks for amendments."""
    INTERRUPTED = 130


NEEDED_FIRST = frozenset({"pin_final_try", "pin_locked", "pin_not_set", "pin_to_be_changed"})
"""Errors that stay until a person has done something: nothing is tried again before."""


class NoAgentError(OdcError):
    """No agent runs and none could be started."""

    code = "agent_missing"
    sentence = mark("The agent cannot be reached: {reason}")
    advice = mark("Start it with `odc-agent run` and look at what it says.")


def explain(error: OdcError | CallError) -> Exit:
    """Print what happened and what to do next, and return the exit code for it."""
    for line in sentences(error):
        print(line, file=sys.stderr)
    if error.code in NEEDED_FIRST:
        return Exit.NEEDED
    return Exit.NO_AGENT if error.code == NoAgentError.code else Exit.FAILED


def sentences(error: OdcError | CallError) -> list[str]:
    """Return the lines that explain ``error`` in the user's language."""
    language = user_language()
    if isinstance(error, CallError):
        report = error.report
        suffix = "_zh" if language is Language.ZH else ""
        lines = [report.get(f"message{suffix}"), report.get(f"advice{suffix}")]
        items = report.get("items", [])
        lines += [f"  {item['item']}: {item[f'message{suffix}']}" for item in items]
        return [line for line in lines if line]
    return [line for line in (error.text(language), error.advice_text(language)) if line]
