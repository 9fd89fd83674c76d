"""``odc-agent run``: the agent itself."""

from __future__ import annotations

import asyncio
import os
import sys

from agent.app import Agent
from agent.cli.outcome import Exit
from agent.lock import AgentLock
from agent.logs import set_up_logging
from agent.paths import find_paths
from agent.settings.service import Settings


async def _run(*, has_tray: bool) -> bool:
    """Run the agent; return whether another version is to take its place."""
    paths = find_paths()
    agent = Agent(Settings(paths), paths, has_tray=has_tray)
    await agent.run()
    return agent.is_to_start_anew


def run(*, has_tray: bool) -> int:
    """Run the agent until it is asked to end."""
    paths = find_paths()
    with AgentLock(paths.lock):
        set_up_logging(paths.logs, to_stderr=sys.stderr is not None and sys.stderr.isatty())
        is_to_start_anew = asyncio.run(_run(has_tray=has_tray))
    if is_to_start_anew:
        # In place: the same process for a service manager, the same display and session bus.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - no shell
    return Exit.DONE
