"""Takes renewals from step to step: one task each, which sleeps until something may have changed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.clock import Clock
from agent.errors import OdcError
from agent.files import NotSavedError
from agent.renewals.authority import AuthorityUnreachableError
from agent.renewals.errors import RenewalClosedError
from agent.renewals.finality import is_final
from agent.renewals.journal import Journal, StaleRenewalError
from agent.renewals.record import Renewal
from agent.renewals.states import State, Waiting
from agent.renewals.steps import ApplicationClosed, Context, Wait, advance

log = logging.getLogger(__name__)

FIRST_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 900.0
_DISK_ERRORS = (NotSavedError, sqlite3.Error, OSError)


@dataclass(slots=True)
class _Run:
    """The task of one renewal, and the event that wakes it."""

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


@dataclass(frozen=True, slots=True)
class _Pause:
    """How long to sleep before the next look: for ever without a number, by back-off after a failure."""

    seconds: float | None = None
    is_failure: bool = False


class Driver:
    """Drives every renewal it was told to wake, until it has ended."""

    def __init__(
        self,
        *,
        journal: Journal,
        save: Callable[[Renewal], Renewal],
        context_of: Callable[[Renewal], Context],
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._save = save
        self._context_of = context_of
        self._clock = clock
        self._runs: dict[str, _Run] = {}

    def wake(self, renewal_id: str) -> None:
        """Have the renewal looked at now; its task is started where none runs."""
        run = self._runs.setdefault(renewal_id, _Run())
        run.wake.set()
        if run.task is None or run.task.done():
            run.task = asyncio.create_task(self._drive(renewal_id, run.wake))

    def wake_all(self) -> None:
        """Have all renewals under way looked at now."""
        for run in self._runs.values():
            run.wake.set()

    async def stop(self, renewal_id: str) -> None:
        """End the renewal's task; a step under way is given up."""
        run = self._runs.pop(renewal_id, None)
        if run is not None and run.task is not None:
            run.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await run.task

    async def close(self) -> None:
        """End all tasks; the journal goes on from here at the next start."""
        for renewal_id in list(self._runs):
            await self.stop(renewal_id)

    async def _drive(self, renewal_id: str, wake: asyncio.Event) -> None:
        failures = 0
        while True:
            wake.clear()
            try:
                renewal = self._journal.get(renewal_id)
                if renewal.has_ended:
                    return
                pause = await self._step(renewal)
            except _DISK_ERRORS:
                # The disk is full, say: nothing was saved, so nothing has happened yet.
                log.exception("renewal not saved id=%s", renewal_id)
                pause = _Pause(is_failure=True)
            if pause is None:
                failures = 0
                continue
            failures = failures + 1 if pause.is_failure else 0
            asked = spread(pause.seconds)
            seconds = max(backoff(failures), asked or 0) if failures else asked
            await _woken(wake, seconds)

    async def _step(self, renewal: Renewal) -> _Pause | None:
        """Take one step; return how long to sleep after it, None to look again at once."""
        try:
            await advance(self._context_of(renewal), renewal)
        except StaleRenewalError:
            log.info("renewal changed during a step id=%s", renewal.id)
        except Wait as wait:
            return self._note(renewal, wait.reason, None, _Pause(wait.seconds))
        except ApplicationClosed as closed:
            self._fail(renewal, RenewalClosedError(state=closed.state.value))
        except _DISK_ERRORS:
            raise
        except OdcError as error:
            return self._after_error(renewal, error)
        except Exception as error:  # a mistake of ours must not leave a renewal silent
            log.exception("renewal step failed id=%s", renewal.id)
            return self._after_error(renewal, OdcError(reason=type(error).__name__))
        return None

    def _after_error(self, renewal: Renewal, error: OdcError) -> _Pause | None:
        """Have the renewal end where its error is final; else try again later, it may be mended by then."""
        if is_final(error) and not renewal.is_withdrawing:
            stored = self._journal.get(renewal.id)
            if stored.state is renewal.state:
                log.warning("renewal will fail id=%s code=%s", renewal.id, error.code)
                self._save(stored.failing(self._clock(), error.report()))
            return None
        log.warning("renewal waits id=%s code=%s", renewal.id, error.code)
        asked = error.retry_after if isinstance(error, AuthorityUnreachableError) else None
        return self._note(renewal, Waiting.NETWORK, error, _Pause(asked, is_failure=True))

    def _note(
        self, before: Renewal, waiting: Waiting, error: OdcError | None, pause: _Pause
    ) -> _Pause | None:
        """Save what a step waits for, where that is news; no pause if the user has gone on meanwhile."""
        renewal = self._journal.get(before.id)
        if renewal.state is not before.state:
            return None
        # Why the last PIN was refused stays to be seen until the next one is asked for.
        keeps = waiting in {Waiting.PIN, Waiting.SPACE}
        report = error.report() if error else renewal.error if keeps else None
        if (renewal.waiting, renewal.error) != (waiting, report):
            self._save(renewal.changed(self._clock(), waiting=waiting, error=report))
        return pause

    def _fail(self, before: Renewal, error: OdcError) -> None:
        now = self._clock()
        renewal = self._journal.get(before.id)
        if renewal.state is before.state:
            log.warning("renewal failed id=%s code=%s", renewal.id, error.code)
            self._save(renewal.moved(State.FAILED, now).changed(now, error=error.report()))


def backoff(failures: int) -> float:
    """Return seconds to wait after so many failures in a row: doubling, capped, with jitter."""
    longest = min(FIRST_BACKOFF_SECONDS * 2.0 ** min(failures - 1, 20), MAX_BACKOFF_SECONDS)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, hides nothing


def spread(seconds: float | None) -> float | None:
    """Return somewhat more than ``seconds``, never less: not everybody is to ask again at once."""
    return None if seconds is None else seconds * random.uniform(1.0, 1.2)  # noqa: S311 - spreads load


async def _woken(wake: asyncio.Event, seconds: float | None) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(wake.wait(), seconds)
