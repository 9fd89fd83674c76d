"""All parts but the tokens put together: here alone it says in which order they start and end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from agent.api.registry import Role
from agent.building.faces import Faces, build_faces
from agent.building.following import changes_followed
from agent.building.methods import add_methods
from agent.building.regular import build_regular
from agent.building.renewals import build_renewals
from agent.building.serving import build_serving
from agent.building.shared import Shared
from agent.building.tokens import Tokens
from agent.system.paths import Paths
from agent.system.service_manager import ServiceManager


@contextlib.asynccontextmanager
async def all_running(
    shared: Shared,
    tokens: Tokens,
    *,
    has_tray: bool,
    quit_agent: Callable[[], None],
    restart: Callable[[], None],
) -> AsyncIterator[Faces]:
    """Run them while the block runs."""
    async with contextlib.AsyncExitStack() as parts:
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
            has_tray=has_tray,
        )
        parts.push_async_callback(faces.windows.close)
        parts.push_async_callback(faces.presence.close)
        add_methods(
            shared=shared,
            serving=serving,
            tokens=tokens,
            regular=regular,
            renewals=renewals,
            faces=faces,
            quit_agent=quit_agent,
            restart=restart,
        )
        await parts.enter_async_context(changes_followed(shared, tokens, regular))
        await server.start()
        if shared.config().browser.register:
            await parts.enter_async_context(_background(_register_with_browsers(shared.paths)))
        regular.reminders.start()
        renewals.renewals.resume()
        if has_tray:
            faces.presence.show_tray(lambda inherited: server.adopt(inherited, Role.TRAY))
        await parts.enter_async_context(_background(tokens.watch.run()))
        await parts.enter_async_context(_background(tokens.remembered.get_ready()))
        await parts.enter_async_context(_background(regular.updates.run()))
        await parts.enter_async_context(ServiceManager().told())
        yield faces


async def _register_with_browsers(paths: Paths) -> None:
    from native_host.mending import mend_registration  # noqa: PLC0415 - once the agent can be reached

    # Homes may lie on a share that hangs.
    await asyncio.to_thread(mend_registration, paths)


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
