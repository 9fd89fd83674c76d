"""``odc-agent restart``: the running agent starts anew where it is."""

from __future__ import annotations

import contextlib
import time

from agent.api.client import Client, ConnectionLostError
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit, NoAgentError
from agent.cli.ground.output import say
from agent.ground.language import mark, translate, user_language
from agent.system.runtime import CONTROL_SOCKET
from agent.system.starting import START_TIMEOUT, AgentMissingError, connect

_PAUSE_SECONDS = 0.1


def restart() -> int:
    """Have the running agent start anew, and wait until it answers again.

    Raises:
        NoAgentError: none runs, or it did not come back.
    """
    with agent(start=False) as client:
        client.call("agent.restart")
        _wait_for_its_end(client)
    pid = _pid_of_the_new_one()
    done = mark("The agent has started anew (process {pid}).")
    say(translate(done, user_language(), pid=pid))
    return Exit.DONE


def _wait_for_its_end(client: Client) -> None:
    """Wait until the agent hangs up."""
    with contextlib.suppress(ConnectionLostError):
        for _ in client.notifications():
            pass


def _pid_of_the_new_one() -> int:
    deadline = time.monotonic() + START_TIMEOUT
    while True:
        try:
            with Client(connect(CONTROL_SOCKET, start=False), "odc-agent") as client:
                return int(client.welcome["pid"])
        except (AgentMissingError, ConnectionLostError) as error:
            if time.monotonic() > deadline:
                raise NoAgentError(reason=str(error)) from error
            time.sleep(_PAUSE_SECONDS)
