"""``odc-agent quit``."""

from __future__ import annotations

import os
import signal

from agent.api.client import CallError
from agent.cli.ground.connect import agent
from agent.cli.ground.outcome import Exit, NoAgentError
from agent.cli.running.room import end_waiting
from agent.system.lock import RunningElsewhereError, lock_holder, running_agent
from agent.system.paths import find_paths
from agent.system.start_failure import forget_failure


def quit_agent() -> int:
    """End the running agent, and one that waits to start."""
    if has_waited := end_waiting():
        forget_failure(find_paths().data)  # it says that the agent starts by itself
    try:
        with agent(start=False) as client:
            client.call("agent.quit")
    except NoAgentError:
        running = running_agent(find_paths().lock)
        if running is None and has_waited:
            return Exit.DONE
        if running is None or isinstance(running, RunningElsewhereError):
            raise
        os.kill(lock_holder(find_paths().lock), signal.SIGTERM)  # it cannot be reached
    except CallError as error:
        if error.code != "protocol_mismatch":
            raise
        # An agent of another version does not listen to us; the lock says which process it is.
        os.kill(lock_holder(find_paths().lock), signal.SIGTERM)
    return Exit.DONE
