"""``odc-agent run``: the agent itself."""

from __future__ import annotations

import asyncio
import sys

from agent.app import Agent
from agent.cli.outcome import Exit
from agent.lock import AgentLock
from agent.logs import set_up_logging
from agent.paths import find_paths
from agent.settings.service import Settings


async def _run(*, has_tray: bool) -> None:
    paths = find_paths()
    await Agent(Settings(paths), paths, has_tray=has_tray).run()


def run(*, has_tray: bool) -> int:
    """Run the agent until it is asked to end."""
    paths = find_paths()
    with AgentLock(paths.lock):
        set_up_logging(paths.logs, to_stderr=sys.stderr is not None and sys.stderr.isatty())
        asyncio.run(_run(has_tray=has_tray))
    return Exit.DONE
