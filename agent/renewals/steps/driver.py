"""Takes renewals from step to step: one task each, which sleeps until something may have changed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Callable

import msgspec

from agent.ground.clock import Clock, since_boot
from agent.ground.errors import OdcError
from agent.renewals.authorities.authority import AuthorityUnreachableError
from agent.renewals.ground.errors import RenewalClosedError
from agent.renewals.journal.journal import Journal, StaleRenewalError
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State, Waiting
from agent.renewals.journal.vault import VaultError
from agent.renewals.steps.context import ApplicationClosed, Context, Wait
from agent.renewals.steps.finality import is_final
from agent.renewals.steps.pacing import first_rest, rest_after_failure, spread
from agent.renewals.steps.steps import advance
from agent.system.files import NotSavedError

log = logging.getLogger(__name__)

LEFT_ALONE_SECONDS = 7200.0
"""How long a renewal is left alone that waits for a person: it may be abandoned by then.

Not a day, since many agents do not run that long."""
LOOK_SECONDS = 900.0
"""Timers stand still while the machine sleeps, so a longer wait looks at the clock this often."""
_NOT_SAVED = (NotSavedError, sqlite3.Error)


class _Run(msgspec.Struct):
    """The task of one renewal, and the event that wakes it."""

    wake: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    is_resting: bool = False
    """It has not been looked at since the agent was started."""


class _Pause(msgspec.Struct, frozen=True):
    """How long to sleep before the next look: two hours without a number, by back-off after a failure."""

    seconds: float | None = None
    is_failure: bool = False
    usual: float | None = None
    """What the authority asks for in this state while all is well."""


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

    def resume(self, renewal: Renewal) -> None:
        """Go on with a renewal of an earlier run of the agent, when its authority is next to be asked."""
        run = self._runs[renewal.id] = _Run(is_resting=True)
        run.task = asyncio.create_task(self._rest_and_drive(renewal, run))

    def wake(self, renewal_id: str) -> None:
        """Have the renewal looked at now; its task is started where none runs."""
        run = self._runs.setdefault(renewal_id, _Run())
        run.wake.set()
        if run.task is None or run.task.done():
            run.task = asyncio.create_task(self._drive(renewal_id, run.wake))

    def hurry(self, renewal_id: str) -> None:
        """Have it looked at now if that has not been done since the agent was started: somebody asks."""
        run = self._runs.get(renewal_id)
        if run is not None and run.is_resting:
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

    async def _rest_and_drive(self, renewal: Renewal, run: _Run) -> None:
        await _woken(run.wake, first_rest(_usual_pause(renewal)))
        run.is_resting = False
        await self._drive(renewal.id, run.wake)

    async def _drive(self, renewal_id: str, wake: asyncio.Event) -> None:
        failures = 0
        while True:
            wake.clear()
            try:
                renewal = self._journal.get(renewal_id)
                if renewal.has_ended:
                    # An agent that runs for months keeps nothing of what it has done.
                    self._runs.pop(renewal_id, None)
                    return
                pause = await self._step(renewal)
            except VaultError:
                # It was damaged since it was listed; nobody can go on with it, and the journal has told so.
                log.error("renewal cannot be decrypted id=%s", renewal_id)  # noqa: TRY400 - it is no mistake
                self._runs.pop(renewal_id, None)
                return
            except _NOT_SAVED:
                # The disk is full, say: nothing was saved, so nothing has happened yet.
                log.exception("renewal not saved id=%s", renewal_id)
                pause = _Pause(is_failure=True)
            if pause is None:
                failures = 0
                continue
            failures = failures + 1 if pause.is_failure else 0
            await _woken(wake, _seconds_of(pause, failures))

    async def _step(self, renewal: Renewal) -> _Pause | None:
        """Take one step; return how long to sleep after it, None to look again at once."""
        try:
            await advance(self._context_of(renewal), renewal)
        except StaleRenewalError:
            log.info("renewal changed during a step id=%s", renewal.id)
        except Wait as wait:
            return self._note(renewal, wait.reason, None, _Pause(wait.seconds, usual=wait.seconds))
        except ApplicationClosed as closed:
            self._fail(renewal, RenewalClosedError(state=closed.state.value))
        except _NOT_SAVED:
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
        pause = _Pause(asked, is_failure=True, usual=_usual_pause(renewal))
        return self._note(renewal, Waiting.NETWORK, error, pause)

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
        noted = renewal.changed(
            self._clock(), waiting=waiting, error=report, usual_pause=pause.usual
        )
        if msgspec.structs.replace(noted, updated=renewal.updated) != renewal:
            self._save(noted)
        return pause

    def _fail(self, before: Renewal, error: OdcError) -> None:
        now = self._clock()
        renewal = self._journal.get(before.id)
        if renewal.state is before.state:
            log.warning("renewal failed id=%s code=%s", renewal.id, error.code)
            self._save(renewal.moved(State.FAILED, now).changed(now, error=error.report()))


def _usual_pause(renewal: Renewal) -> float | None:
    """Return what the authority asks for; a withdrawal is no question it meant."""
    return None if renewal.is_withdrawing else renewal.usual_pause


def _seconds_of(pause: _Pause, failures: int) -> float | None:
    if failures:
        return rest_after_failure(failures, pause.seconds, pause.usual)
    return spread(pause.seconds)


async def _woken(wake: asyncio.Event, seconds: float | None) -> None:
    """Wait until woken or so many seconds have passed, those in which the machine slept included."""
    end = since_boot() + (LEFT_ALONE_SECONDS if seconds is None else seconds)
    while not wake.is_set() and (left := end - since_boot()) > 0:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(left, LOOK_SECONDS)):
                await wake.wait()
