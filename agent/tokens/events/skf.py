"""Devices as a library that speaks SKF tells of them, where the system does not.

SKF_WaitForDevEvent (GM/T 0016, 7.1.1) blocks, so a process of its own waits
(:mod:`agent.tokens.worker.skf.waiter`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging

from agent.system.consoles import NO_CONSOLE
from agent.system.runtime import module_command
from agent.tokens.events.source import Told
from agent.tokens.model import ModuleKind, ModuleSettings
from agent.tokens.widths import interpreter_of
from agent.tokens.worker.skf.quirks import quirks_of
from agent.tokens.worker.skf.waiting import BY_VALUE, NONE
from agent.tokens.worker_process import END_SECONDS, environment_of

log = logging.getLogger(__name__)

PAUSES = (1.0, 5.0, 30.0)
"""Seconds until a process that crashed is started again; after the last it is left at that."""


class SkfEvents:
    """Tells of one library's devices."""

    name = "skf"
    kinds = frozenset({ModuleKind.SKF})
    settles_after: tuple[float, ...] = (0.5, 2.0)
    """Not every library lists a device that it tells of; and one may come right before the wait begins."""

    def __init__(self, module: ModuleSettings) -> None:
        """Wait for devices of ``module``."""
        self._module = module
        self._quirks = quirks_of(module.path, module.quirks)
        self.is_live = False

    async def run(self, changed: Told) -> None:
        """Tell of devices until cancelled; of nothing any more where the library tells of none."""
        for pause in PAUSES:
            if not await self._hear(changed):
                break
            log.info("no events for a moment module=%s", self._module.path)
            await asyncio.sleep(pause)
        log.info("no events module=%s", self._module.path)
        await asyncio.get_running_loop().create_future()

    async def _hear(self, changed: Told) -> bool:
        """Start the process and tell what it tells; return whether it ended without saying why."""
        process = await self._started()
        assert process.stdout is not None
        try:
            while told := await process.stdout.read(1):
                if told == NONE:
                    return False
                self.is_live = True
                changed()
        finally:
            self.is_live = False
            await _end(process)
            changed()
        return True

    async def _started(self) -> asyncio.subprocess.Process:
        said = [BY_VALUE] if self._quirks.waits_by_value else []
        return await asyncio.create_subprocess_exec(
            *module_command(
                "agent.tokens.worker.skf.waiter",
                self._module.path,
                *said,
                interpreter=interpreter_of(self._module.path, self._quirks.loaded_by),
            ),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=environment_of(self._module),
            start_new_session=True,
            creationflags=NO_CONSOLE,
        )


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
