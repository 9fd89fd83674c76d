"""The command line's way to the agent, which is started when none runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agent.api.client import Client, ConnectionLostError
from agent.cli.ground.outcome import NoAgentError
from agent.settings.config import load_config
from agent.system.paths import find_paths
from agent.system.runtime import CONTROL_SOCKET
from agent.system.starting import AgentMissingError, connect


@contextmanager
def agent(*, start: bool = True) -> Iterator[Client]:
    """Connect to the agent for one command.

    Raises:
        NoAgentError: it cannot be reached, or went away meanwhile.
    """
    try:
        with Client(connect(CONTROL_SOCKET, start=start), "odc-agent") as client:
            yield client
    except AgentMissingError as error:
        # Most often its configuration is why it did not start; then that is what is said.
        load_config(find_paths())
        raise NoAgentError(reason=error.reason) from error
    except ConnectionLostError as error:
        raise NoAgentError(reason=str(error)) from error
