"""Looking for updates once a day and when asked, and fetching one."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from agent import __version__
from agent.ground.bus import Event, EventBus
from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.network.way_out import SYSTEMS
from agent.settings.config import NetworkSettings, UpdateSettings
from agent.system.damage import Damages
from agent.system.kept_file import KeptFile
from agent.system.wall_clock import ClockJumped
from agent.updates.errors import (
    NoUpdateError,
    UpdateCancelledError,
    UpdatesOffError,
    UpdateStateDamagedError,
    UpdateUnreachableError,
)
from agent.updates.model import (
    Release,
    UpdateFound,
    UpdateProgress,
    UpdateState,
    is_newer,
)

if TYPE_CHECKING:
    from agent.updates.repository import Repository

T = TypeVar("T")
log = logging.getLogger(__name__)

DAY = dt.timedelta(days=1)
JITTER_SECONDS = 4 * 3600
"""A fleet that was started at nine o'clock does not ask at nine o'clock."""
LOOK_SECONDS = 3600
"""Timers stand still while the machine sleeps, so the calendar is looked at this often."""


class UpdateService:
    """What there is to know of updates."""

    def __init__(
        self,
        *,
        settings: UpdateSettings,
        folder: Path,
        damages: Damages | None = None,
        bus: EventBus,
        clock: Clock,
        network: Callable[[], NetworkSettings] = lambda: SYSTEMS,
    ) -> None:
        self._settings = settings
        self._network = network
        self._folder = folder
        self._bus = bus
        self._clock = clock
        self._late = dt.timedelta(seconds=random.uniform(0, JITTER_SECONDS))  # noqa: S311 - no secret
        self._one_at_a_time = asyncio.Lock()
        self._stop = threading.Event()
        self._file = KeptFile(folder / "state.json", UpdateState, UpdateStateDamagedError, damages)
        self._state = self._file.read() or UpdateState()
        self._wake = asyncio.Event()
        bus.subscribe(self._on_event)

    @property
    def is_on(self) -> bool:
        """Whether updates are looked for here."""
        return self._settings.is_on

    @property
    def state(self) -> UpdateState:
        """What was found last."""
        release = self._state.release
        # The package may have been installed since.
        if release is not None and not is_newer(release.version, __version__):
            return msgspec.structs.replace(self._state, release=None)
        return self._state

    async def run(self) -> None:
        """Check once a day; ends at once where updates are off."""
        while self._settings.is_on:
            self._wake.clear()
            if self._is_due():
                await self._check_by_itself()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_SECONDS)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, ClockJumped):
            self._wake.set()

    async def _check_by_itself(self) -> None:
        try:
            await self.check()
        except (UpdateUnreachableError, UpdateCancelledError) as error:
            log.info("update check failed: %s", error)  # at login, before the network is there
        except OdcError as error:
            log.warning("update check failed: %s", error)
            state = msgspec.structs.replace(self._state, checked=self._clock())
            self._save(msgspec.structs.replace(state, refusal=error.report()))
        except Exception:  # whatever it is, tomorrow is another day
            log.exception("update check failed")
            self._save(msgspec.structs.replace(self._state, checked=self._clock()))

    async def check(self) -> UpdateState:
        """Look now.

        Raises:
            OdcError: one of ``agent.updates.errors``.
        """
        if not self._settings.is_on:
            raise UpdatesOffError
        newest = await self._in_a_thread(_newest)
        found = newest if _is_for_us(newest) else None
        self._save(UpdateState(checked=self._clock(), release=found))
        log.info("update check newest=%s", newest.version if newest else None)
        if found:
            self._bus.publish(UpdateFound(version=found.version))
        return self._state

    async def download(self) -> Path:
        """Fetch the package found last, and return where it lies, verified."""
        if not self._settings.is_on:
            raise UpdatesOffError
        release = self.state.release
        if release is None or not release.package:
            raise NoUpdateError
        loop = asyncio.get_running_loop()

        def progress(received: int, total: int) -> None:
            event = UpdateProgress(received=received, total=total)
            loop.call_soon_threadsafe(self._bus.publish, event)

        return await self._in_a_thread(lambda repository: repository.download(release, progress))

    def cancel(self) -> None:
        """End a download that is under way: its caller gets UpdateCancelledError."""
        self._stop.set()

    async def _in_a_thread(self, look: Callable[[Repository], T]) -> T:
        """Look at the repository, one at a time; when cancelled, end that look before anything else."""
        async with self._one_at_a_time:
            self._stop.clear()
            network = self._network()
            looking = asyncio.create_task(
                asyncio.to_thread(lambda: look(self._repository(network)))
            )
            try:
                return await asyncio.shield(looking)
            except asyncio.CancelledError:
                self._stop.set()
                await asyncio.wait({looking})
                raise

    def _repository(self, network: NetworkSettings) -> Repository:
        # 60 modules that an agent without updates never needs.
        from agent.updates.fetching import Fetcher  # noqa: PLC0415
        from agent.updates.repository import Repository  # noqa: PLC0415

        assert self._settings.root is not None
        fetcher = Fetcher(self._stop, network)
        return Repository(self._settings.url, self._settings.root, self._folder, fetcher)

    def _is_due(self) -> bool:
        checked = self._state.checked
        now = self._clock()
        # A clock that went back must not put the next check off for years.
        return checked is None or not checked <= now < checked + DAY + self._late

    def _save(self, state: UpdateState) -> None:
        self._state = state
        try:
            self._file.write(state)
        except (OSError, OdcError):
            log.warning("state of updates not saved", exc_info=True)


def _newest(repository: Repository) -> Release | None:
    newest = repository.newest()
    if not _is_for_us(newest):
        repository.forget_packages()  # the one that was fetched last is installed by now
    return newest


def _is_for_us(release: Release | None) -> bool:
    return release is not None and is_newer(release.version, __version__)
