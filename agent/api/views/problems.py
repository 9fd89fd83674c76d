"""What clients see of what went wrong while something was read."""

from __future__ import annotations

import msgspec

from agent.ground.errors import OdcError
from agent.tokens.snapshot import Problem


class ProblemView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that kept a module, a token or an object from being read."""

    module: str
    code: str
    message: str
    message_zh: str
    advice: str = ""
    """What to do next; empty where nothing can be done."""
    advice_zh: str = ""


def error_view(error: OdcError) -> ProblemView:
    """Return what is wrong with something that is no token's as clients see it."""
    return problem_view(Problem(module="", report=error.report()))


def problem_view(problem: Problem) -> ProblemView:
    """Return a problem as clients see it."""
    report = problem.report
    return ProblemView(
        module=problem.module,
        code=report.code,
        message=report.message,
        message_zh=report.message_zh,
        advice=report.advice,
        advice_zh=report.advice_zh,
    )
