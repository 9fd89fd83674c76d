"""The agent: first what the token workers need, then everything else while they load."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from agent.building.shared import Shared
from agent.building.tokens import build_tokens
from agent.ground.clock import Clock, utc_now
from agent.ground.loading import loading
from agent.settings.service import Settings
from agent.system.damage import Damages
from agent.system.paths import Paths
from agent.system.signals import on_signals
from agent.system.start_failure import forget_failure

if TYPE_CHECKING:
    from agent.desktop.windows import DesktopWindows

log = logging.getLogger(__name__)


class Agent:
    """All parts of a running agent, from its start to its end."""

    def __init__(
        self, settings: Settings, paths: Paths, *, has_tray: bool, clock: Clock = utc_now
    ) -> None:
        self._shared = Shared(settings=settings, paths=paths, clock=clock, damages=Damages(clock))
        self._has_tray = has_tray
        self._stop = asyncio.Event()
        self._windows: DesktopWindows | None = None
        self.is_to_start_anew = False
        """Asked to end and to be started again: by the package (SIGHUP), or for settings to take effect."""

    async def run(self) -> None:
        """Run until asked to end."""
        # First of all: one that is asked while it starts, ends or starts anew like any other.
        on_signals(end=self._stop.set, start_anew=self._start_anew)
        shared = self._shared
        shared.settings.tell(shared.bus)
        await asyncio.to_thread(shared.settings.see_to_autostart)
        tokens = build_tokens(shared)
        async with AsyncExitStack() as parts:
            parts.push_async_callback(tokens.inventory.close)
            await tokens.inventory.get_ready()
            with loading():
                # Here, since the workers have as much to load, and do it meanwhile.
                from agent.building.whole import all_running  # noqa: PLC0415
            faces = await parts.enter_async_context(
                all_running(
                    shared,
                    tokens,
                    has_tray=self._has_tray,
                    quit_agent=self._stop.set,
                    restart=self._start_anew,
                )
            )
            self._windows = faces.windows
            log.info("agent runs home=%s", shared.paths.data)
            forget_failure(shared.paths.data)
            faces.windows.take_over()
            await self._stop.wait()
        log.info("agent ended")

    def _start_anew(self) -> None:
        self.is_to_start_anew = True
        if self._windows is not None:
            self._windows.hand_over()
        self._stop.set()
