"""The command line's way to the agent, which is started when none runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from agent.api.client import Client, ConnectionLostError
from agent.cli.ground.outcome import AgentDeafError, AgentEndedError, NoAgentError
from agent.cli.ground.output import say
from agent.ground.errors import OdcError
from agent.ground.language import mark, translate, user_language
from agent.system.lock import RunningElsewhereError, running_agent
from agent.system.paths import find_paths
from agent.system.runtime import CONTROL_SOCKET
from agent.system.start_failure import last_failure
from agent.system.starting import AgentMissingError, connect, has_started_one

_REASONS = (mark("the agent of this home belongs to another user; run the command as that user"),)
"""What agent.system.starting says, which knows no languages."""


@contextmanager
def agent(*, start: bool = True) -> Iterator[Client]:
    """Connect to the agent for one command.

    Raises:
        NoAgentError: it cannot be reached, or went away meanwhile.
    """
    try:
        with Client(connect(CONTROL_SOCKET, start=start), "odc-agent") as client:
            if has_started_one():
                _tell_of_it(client)
            yield client
    except AgentMissingError as error:
        raise _why_missing(error.reason, is_started=start) from error
    except ConnectionLostError as error:
        raise NoAgentError(reason=str(error)) from error


def _why_missing(reason: str, *, is_started: bool) -> OdcError:
    """Return what is to be said where no agent can be reached."""
    paths = find_paths()
    running = running_agent(paths.lock) if is_started and reason not in _REASONS else None
    if isinstance(running, RunningElsewhereError):
        return running
    if running is not None:
        return AgentDeafError(reason=reason, pid=running.values["pid"])
    if failure := last_failure(paths.data):
        return AgentEndedError(failure.report)
    return NoAgentError(reason=reason)


@contextmanager
def agent_if_any() -> Iterator[Client | None]:
    """Connect to the agent where one runs; None where none does, and none is started.

    Raises:
        NoAgentError: it went away meanwhile.
    """
    try:
        connection = connect(CONTROL_SOCKET, start=False)
    except AgentMissingError:
        yield None
        return
    try:
        with Client(connection, "odc-agent") as client:
            yield client
    except ConnectionLostError as error:
        raise NoAgentError(reason=str(error)) from error


def _tell_of_it(client: Client) -> None:
    """Say that there is an agent now: it stays when the command is over."""
    told = mark(
        "The agent did not run, so it was started (process {pid}). `odc-agent quit` ends it."
    )
    text = translate(told, user_language(), pid=client.welcome["pid"])
    say(text, file=sys.stderr, flush=True)
