"""How a command ends: its exit code, and the sentence for what went wrong."""

from __future__ import annotations

import sys
from enum import IntEnum, unique

from agent.api.client import CallError, Json
from agent.cli.ground.output import say
from agent.ground.errors import OdcError
from agent.ground.language import Language, mark, translate, user_language

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.ground.reports import ErrorReport


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
    ALREADY_RUNS = 6
    """Of ``run``: another agent runs, or is starting just now; nothing is wrong."""
    WORKING = 10
    """A renewal is under way and waits for nobody; the codes after it say what one waits for."""
    TOKEN = 11
    PIN = 12
    DOSSIER = 13
    REVIEW = 14
    SMS_CODE = 15
    NETWORK = 16
    SPACE = 17
    SECRET = 18
    INTERRUPTED = 130


EXIT_CODES = """exit codes: where the renewal stands when the command is over
   0 installed (cancel: cancelled)      11 waits for the token
   1 failed, or cancelled               12 waits for the PIN
   2 wrong usage                        13 waits for the dossier
   3 the agent cannot be reached        14 is being reviewed
   4 something is needed first          15 waits for the SMS code
   5 the review asks for amendments     16 waits for the network
  10 goes on by itself                  17 waits for space on the token
                                       18 waits for the authority's secret"""

_ENDED = {"installed": Exit.DONE, "cancelled": Exit.FAILED, "failed": Exit.FAILED}
_WAITING = {
    "TOKEN": Exit.TOKEN,
    "PIN": Exit.PIN,
    "APPLICANT": Exit.DOSSIER,
    "REVIEW": Exit.REVIEW,
    "SMS_CODE": Exit.SMS_CODE,
    "NETWORK": Exit.NETWORK,
    "SPACE": Exit.SPACE,
    "SECRET": Exit.SECRET,
}


def standing(renewal: Json) -> Exit:
    """Return the exit code for where a renewal (RenewalView) stands."""
    state, waiting = renewal["state"], renewal["waiting"]
    if state in _ENDED:
        return _ENDED[state]
    if state == "rejected":
        return Exit.REJECTED
    return _WAITING[waiting] if waiting else Exit.WORKING


def has_ended(renewal: Json) -> bool:
    """Return whether nothing more will happen to a renewal."""
    return renewal["state"] in _ENDED


NEEDED_FIRST = frozenset({"pin_final_try", "pin_locked", "pin_not_set", "pin_to_be_changed"})
"""Errors that stay until a person has done something: nothing is tried again before."""


class NeededError(OdcError):
    """Base of what keeps a command from doing anything until somebody gives or chooses something."""


class NoAgentError(OdcError):
    """No agent runs and none could be started."""

    code = "agent_missing"
    sentence = mark("The agent cannot be reached: {reason}")
    advice = mark("Start it with `odc-agent run` and look at what it says.")


class AgentEndedError(NoAgentError):
    """None runs, since the last start failed."""

    def __init__(self, report: ErrorReport) -> None:
        super().__init__(reason=report.message)
        self._report = report

    def text(self, language: Language) -> str:
        """Return what happened, in ``language``."""
        return translate(self.sentence, language, reason=self._report.text(language))

    def advice_text(self, language: Language) -> str:
        """Return what the failure itself advises."""
        return self._report.advice_text(language) or super().advice_text(language)


class AgentDeafError(NoAgentError):
    """One runs, and cannot be reached."""

    sentence = mark("The agent runs (process {pid}), but cannot be reached: {reason}")
    advice = mark("End it with `odc-agent quit` and try again.")


class AgentStartsError(NoAgentError):
    """One has just been started, and does not listen yet."""

    sentence = mark("The agent (process {pid}) is starting, and cannot be reached yet.")
    advice = mark("Try again in a moment.")


class HomeAwayError(NoAgentError):
    """The disk or share of the home is away, and with it all word of an agent."""

    sentence = mark("The agent cannot be reached: the folder {folder} is away ({reason}).")
    advice = mark(
        "It is on a share or a drive that is not connected now: have it connected again. What was saved "
        "there is kept."
    )


def explain(error: OdcError | CallError) -> Exit:
    """Print what happened and what to do next, and return the exit code for it."""
    for line in sentences(error):
        say(line, file=sys.stderr)
    if isinstance(error, NeededError) or error.code in NEEDED_FIRST:
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
