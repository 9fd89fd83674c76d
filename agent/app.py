"""The agent put together: in which order its parts start and end is decided here and nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from agent.api.registry import Role
from agent.building.faces import build_faces
from agent.building.following import changes_followed
from agent.building.methods import add_methods
from agent.building.regular import build_regular
from agent.building.renewals import build_renewals
from agent.building.serving import build_serving
from agent.building.shared import Shared
from agent.building.tokens import build_tokens
from agent.desktop.windows import DesktopWindows
from agent.ground.clock import Clock, utc_now
from agent.settings.service import Settings
from agent.system.damage import Damages
from agent.system.paths import Paths
from agent.system.service_manager import ServiceManager
from agent.system.signals import on_signals
from agent.system.start_failure import forget_failure
from native_host.mending import mend_registration

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
        async with contextlib.AsyncExitStack() as parts:
            parts.push_async_callback(tokens.inventory.close)
            renewals = await build_renewals(shared, tokens)
            parts.push_async_callback(renewals.renewals.close)
            parts.push_async_callback(renewals.licences.close)
            parts.push_async_callback(tokens.pins.close)
            regular = build_regular(shared, tokens, renewals)
            parts.callback(regular.reminders.close)
            serving = build_serving(shared)
            server = serving.server
            parts.push_async_callback(server.close)
            faces = build_faces(
                shared=shared,
                serving=serving,
                tokens=tokens,
                regular=regular,
                renewals=renewals,
                has_tray=self._has_tray,
            )
            self._windows = faces.windows
            parts.push_async_callback(faces.windows.close)
            parts.push_async_callback(faces.presence.close)
            add_methods(
                shared=shared,
                serving=serving,
                tokens=tokens,
                regular=regular,
                renewals=renewals,
                faces=faces,
                quit_agent=self._stop.set,
                restart=self._start_anew,
            )
            await parts.enter_async_context(changes_followed(shared, tokens, regular))
            await server.start()
            if shared.config().browser.register:
                await parts.enter_async_context(_background(self._register_with_browsers()))
            regular.reminders.start()
            renewals.renewals.resume()
            if self._has_tray:
                faces.presence.show_tray(lambda inherited: server.adopt(inherited, Role.TRAY))
            await parts.enter_async_context(_background(tokens.watch.run()))
            await parts.enter_async_context(_background(tokens.remembered.get_ready()))
            await parts.enter_async_context(_background(regular.updates.run()))
            await parts.enter_async_context(ServiceManager().told())
            log.info("agent runs home=%s", shared.paths.data)
            forget_failure(shared.paths.data)
            faces.windows.take_over()
            await self._stop.wait()
        log.info("agent ended")

    async def _register_with_browsers(self) -> None:
        # Homes may lie on a share that hangs.
        await asyncio.to_thread(mend_registration, self._shared.paths)

    def _start_anew(self) -> None:
        self.is_to_start_anew = True
        if self._windows is not None:
            self._windows.hand_over()
        self._stop.set()


@contextlib.asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run a coroutine while the block runs."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
