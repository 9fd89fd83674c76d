"""Why no agent can be reached: one runs elsewhere or does not answer, or the last start failed."""

from __future__ import annotations

import os

from agent.cli.ground.outcome import AgentDeafError, AgentEndedError, HomeAwayError, NoAgentError
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.system.home import why_away
from agent.system.lock import RunningElsewhereError, running_agent
from agent.system.paths import find_paths
from agent.system.start_failure import last_failure

_REASONS = (mark("the agent of this home belongs to another user; run the command as that user"),)
"""What agent.system.starting says, which knows no languages."""


def why_missing(reason: str, *, is_started: bool) -> OdcError:
    """Return what is to be said where no agent can be reached."""
    paths = find_paths()
    running = running_agent(paths.lock) if is_started and reason not in _REASONS else None
    if isinstance(running, RunningElsewhereError):
        return running
    if running is not None:
        return AgentDeafError(reason=reason, pid=running.values["pid"])
    if failure := last_failure(paths.data):
        return AgentEndedError(failure.report)
    if away := why_away(paths.data):
        return HomeAwayError(folder=os.fspath(paths.data), reason=reason_of(away))
    return NoAgentError(reason=reason)
