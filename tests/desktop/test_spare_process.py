"""The process that waits to be the next window: there is one, or none."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agent.desktop.window_processes import SpareProcess

START_SECONDS = 10.0


async def started(spare: SpareProcess) -> int:
    async with asyncio.timeout(START_SECONDS):
        while (pid := spare.pid) is None:  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)
    return pid


async def test_one_that_is_wanted_while_another_is_ended_is_ended_too():
    """A token is plugged in just when a window is asked for, or when the agent ends."""
    spare = SpareProcess()
    spare.prepare(at_once=True)
    first = await started(spare)
    ending = asyncio.create_task(spare.close())
    await asyncio.sleep(0)
    spare.prepare(at_once=True)
    await ending
    second = await started(spare)
    await spare.close()
    assert spare.pid is None
    assert not [pid for pid in (first, second) if Path(f"/proc/{pid}").exists()]
