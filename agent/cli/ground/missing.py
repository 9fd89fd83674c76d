"""Why no agent can be reached: one runs elsewhere or does not answer, or the last start failed."""

from __future__ import annotations

import os
import time
from pathlib import Path

from agent.cli.ground.outcome import (
    AgentDeafError,
    AgentEndedError,
    AgentStartsError,
    HomeAwayError,
    NoAgentError,
)
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.system.home import why_away
from agent.system.lock import RunningElsewhereError, running_agent
from agent.system.paths import find_paths
from agent.system.start_failure import last_failure
from agent.system.starting import START_TIMEOUT

_REASONS = (mark("the agent of this home belongs to another user; run the command as that user"),)
"""What agent.system.starting says, which knows no languages."""


def why_missing(reason: str, *, is_started: bool, listens: bool = False) -> OdcError:
    """Return what is to be said where no agent can be reached.

    Args:
        reason: why not, as far as whoever tried knows.
        is_started: one was to be started where none runs.
        listens: somebody took the connection.
    """
    paths = find_paths()
    running = running_agent(paths.lock) if is_started and reason not in _REASONS else None
    if isinstance(running, RunningElsewhereError):
        return running
    if running is not None and not listens and _has_just_begun(paths.lock):
        return AgentStartsError(pid=running.values["pid"])
    if running is not None:
        return AgentDeafError(reason=reason, pid=running.values["pid"])
    if failure := last_failure(paths.data):
        return AgentEndedError(failure.report)
    if away := why_away(paths.data):
        return HomeAwayError(folder=os.fspath(paths.data), reason=reason_of(away))
    return NoAgentError(reason=reason)


def _has_just_begun(lock: Path) -> bool:
    """Return whether a lock was taken so short a while ago that its agent may be about to listen."""
    try:
        age = time.time() - lock.stat().st_mtime
    except OSError:
        return False
    return 0 <= age < START_TIMEOUT
