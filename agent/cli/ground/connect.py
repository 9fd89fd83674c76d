"""The command line's way to the agent, which is started when none runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from agent.api.client import AgentSilentError, Client, ConnectionLostError
from agent.cli.ground.outcome import NoAgentError
from agent.cli.ground.output import say
from agent.ground.errors import OdcError
from agent.ground.language import mark, translate, user_language
from agent.system.runtime import CONTROL_SOCKET
from agent.system.starting import AgentMissingError, connect, has_started_one


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
        from agent.cli.ground.missing import why_missing  # noqa: PLC0415 - next to always there is one

        raise why_missing(error.reason, is_started=start) from error
    except AgentSilentError as error:
        raise why_silent(error) from error
    except ConnectionLostError as error:
        raise NoAgentError(reason=str(error)) from error


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
    except AgentSilentError as error:
        raise why_silent(error) from error
    except ConnectionLostError as error:
        raise NoAgentError(reason=str(error)) from error


def why_silent(error: AgentSilentError) -> OdcError:
    """Return what is to be said where an agent listens and does not answer."""
    from agent.cli.ground.missing import why_missing  # noqa: PLC0415 - next to always there is one

    return why_missing(error.reason, is_started=True, listens=True)


def _tell_of_it(client: Client) -> None:
    """Say that there is an agent now: it stays when the command is over."""
    told = mark(
        "The agent did not run, so it was started (process {pid}). `odc-agent quit` ends it."
    )
    text = translate(told, user_language(), pid=client.welcome["pid"])
    say(text, file=sys.stderr, flush=True)
