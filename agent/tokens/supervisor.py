"""The agent's token workers: one that lasts for each module, one of one operation for each PIN."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

from agent.ground.errors import OdcError
from agent.tokens import protocol
from agent.tokens.backoff import Backoff
from agent.tokens.errors import (
    ModuleCrashedError,
    ModuleHangsError,
    PinNotGivenError,
)
from agent.tokens.model import ModuleContent, ModuleSettings, TokenReference
from agent.tokens.spare_worker import SpareWorker
from agent.tokens.worker_process import WorkerProcess

log = logging.getLogger(__name__)
Result = TypeVar("Result")

LIST_SECONDS = 30.0
QUICK_SECONDS = 3.0
"""A module that reads all its tokens from the start in this time lets go of them in between; with sixty
tokens on a hub that would make each event slow."""
LET_GO_SECONDS = 2.0
LOG_OUT_SECONDS = 3.0
"""How long a worker may take to log out before it is ended all the same."""
MAX_RESIDENT_BYTES = 256 << 20
"""A listing worker that has grown beyond is ended after its answer: its library leaks."""

_changes: Counter[str] = Counter()
"""How often what a module knows of its tokens may have come to be wrong, by the module's path: a session
with a PIN may have written to one, the smart card service may be another one."""


class ModuleWorker:
    """The lasting worker of one module: lists tokens, and is started again when it fails.

    A module that fails again and again is started with growing pauses (:class:`Backoff`).
    """

    def __init__(self, settings: ModuleSettings) -> None:
        self.settings = settings
        self._process: WorkerProcess | None = None
        self._lock = asyncio.Lock()
        self._backoff = Backoff()
        self._changes = 0
        self._is_doubted = False
        self._has_let_go = True
        self._is_quick = False
        self._timer: asyncio.TimerHandle | None = None
        self._letting_go: asyncio.Task[None] | None = None
        self._is_closed = False
        self.restarts = 0

    async def content(self) -> ModuleContent:
        """Read all tokens of the module; see :meth:`WorkerProcess.call` for what is raised.

        Until a module that fails may be started again, its last error is raised at once.
        """
        self._keep()
        async with self._lock:
            self._backoff.check()
            try:
                content = await self._list()
            except OdcError as error:
                # A library that cannot even list is in no state to go on from; the next is fresh.
                await self.end()
                self._backoff.failed(error)
                raise
            self._backoff.reset()
            return content

    async def get_ready(self) -> None:
        """Start the process, which then loads what it needs; a failure is told by who reads."""
        async with self._lock:
            with contextlib.suppress(OdcError):
                await self._started()

    @property
    def retry_after(self) -> float | None:
        """Seconds until the module may be started again; None while it is well."""
        return self._backoff.retry_after

    def hurry(self) -> None:
        """Let the module be started at once, since something has changed."""
        self._backoff.reset()

    def renew(self) -> None:
        """Load the module anew for the next listing: what it knows of its tokens counts no more."""
        _changes[self.settings.path] += 1

    def doubt(self) -> None:
        """Let nothing of the listings before count at the next one: somebody wants to know how it is now."""
        self._is_doubted = True

    def _let_go_later(self) -> None:
        """Disconnect from the tokens after a moment: other programs may want one for themselves."""

        def begin() -> None:
            self._letting_go = asyncio.create_task(self._let_go())

        self._timer = asyncio.get_running_loop().call_later(LET_GO_SECONDS, begin)

    async def _let_go(self) -> None:
        async with self._lock:
            process = self._process
            if process is None or process.has_ended:
                return
            try:
                await process.call(protocol.LetGo(), seconds=LIST_SECONDS)
            except OdcError as error:
                log.info("worker ended module=%s code=%s", self.settings.path, error.code)
                await self._retire()
            self._has_let_go = True

    def _keep(self) -> None:
        """Stay connected, to read or until further notice."""
        if self._timer is not None:
            self._timer.cancel()

    async def _list(self) -> ModuleContent:
        if self._changes != _changes[self.settings.path]:
            # What a session wrote, OpenSC shows only once it is loaded anew.
            self._changes = _changes[self.settings.path]
            await self._retire()
        process = await self._started()
        request, self._is_doubted = protocol.ListTokens(anew=self._is_doubted), False
        started = time.monotonic()
        content = await process.call(request, seconds=LIST_SECONDS)
        if self._has_let_go:
            self._is_quick = time.monotonic() - started < QUICK_SECONDS
            self._has_let_go = False
        if self._is_quick and not content.has_fixed_slots:
            self._let_go_later()
        if process.resident_bytes > MAX_RESIDENT_BYTES:
            log.warning("worker has grown module=%s", self.settings.path)
            await self._retire()
        return content

    async def _started(self) -> WorkerProcess:
        if self._process is None or self._process.has_ended:
            if self._process is not None:
                self.restarts += 1
                log.warning("worker restarted module=%s", self.settings.path)
            self._changes = _changes[self.settings.path]  # it knows of all there were so far
            self._process = await self._new()
            self._has_let_go = True
        return self._process

    async def _new(self) -> WorkerProcess:
        """Start a process, unless the worker was closed, before or meanwhile."""
        if not self._is_closed:
            process = await WorkerProcess.start(self.settings)
            if not self._is_closed:
                return process
            await process.end()
        raise ModuleCrashedError(module=Path(self.settings.path).name)

    async def _retire(self) -> None:
        """End the worker for no fault of the call under way; the next listing has a new one."""
        await self.end()
        self._process = None

    async def close(self) -> None:
        """End the worker for good: who still waits for an answer gets an error, not a new process."""
        self._is_closed = True
        await self.end()

    async def end(self) -> None:
        """End the process; the next listing starts another."""
        self._keep()
        if self._process is not None:
            await self._process.end()


class PinSession:
    """A worker of one operation, from the offer to enter the PIN to its end."""

    def __init__(
        self, module: ModuleSettings, process: WorkerProcess, offer: protocol.SessionOffer
    ) -> None:
        self._module = module
        self._process = process
        self._is_logged_in = False
        self.offer = offer

    async def pin_received(self, seconds: float) -> None:
        """Wait until the PIN has been entered.

        Raises:
            PinNotGivenError: nobody entered it within ``seconds``.
            ReportedError: what was entered can be no PIN.
        """
        try:
            await self._process.call(protocol.ReceivePin(), seconds=seconds)
        except ModuleHangsError as error:
            raise PinNotGivenError from error

    async def log_in(self) -> None:
        """Log in with the PIN that was received, once; ReportedError where the token refuses it."""
        await self.call(protocol.LogIn())

    async def logged_in(self, seconds: float) -> None:
        """Wait for the PIN, then log in with it."""
        await self.pin_received(seconds)
        await self.log_in()

    async def call(
        self, request: protocol.Request[Result], *, seconds: float | None = None
    ) -> Result:
        """Carry out one operation of the session, in ``seconds`` where it may take unusually long."""
        try:
            result = await self._process.call(request, seconds=seconds)
        finally:
            if request.writes:
                _changes[self._module.path] += 1
        self._is_logged_in |= isinstance(request, protocol.LogIn)
        return result

    async def log_out(self) -> None:
        """End what the PIN allowed, where the worker still can: some tokens stay open without it."""
        if self._is_logged_in and not self._process.has_ended:
            with contextlib.suppress(OdcError):
                await self._process.call(protocol.LogOut(), seconds=LOG_OUT_SECONDS)


@contextlib.asynccontextmanager
async def pin_session(
    module: ModuleSettings,
    token: TokenReference,
    certificate: bytes = b"",
    *,
    spare: SpareWorker | None = None,
) -> AsyncIterator[PinSession]:
    """Spawn a worker for one operation with a PIN, or take the spare; it is gone when the block is left."""
    process = await (spare or SpareWorker()).take(module)
    endpoint: str | None = None
    try:
        offer = await process.call(protocol.OpenSession(token=token, certificate=certificate))
        endpoint = offer.endpoint
        session = PinSession(module, process, offer)
        try:
            yield session
        finally:
            await session.log_out()
    finally:
        await process.end()
        _changes[module.path] += 1
        if endpoint is not None and sys.platform != "win32":
            Path(endpoint).unlink(missing_ok=True)
