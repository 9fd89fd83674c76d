"""Asking for a PIN on behalf of a renewal: one session at a time for each, in a worker of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from agent.clock import Clock
from agent.errors import OdcError
from agent.renewals.errors import PinEntryBusyError, WrongStateError
from agent.renewals.pin_steps import PIN_STEPS
from agent.renewals.record import Renewal
from agent.renewals.states import Waiting
from agent.renewals.steps import Context
from agent.tokens.errors import TokenFullError, TokenMissingError
from agent.tokens.inventory import Inventory
from agent.tokens.protocol import SessionOffer
from agent.tokens.supervisor import pin_session

log = logging.getLogger(__name__)

PIN_SECONDS = 180.0
"""How long somebody may take to enter a PIN."""


class PinEntry:
    """Opens PIN sessions and carries out the step each was opened for."""

    def __init__(
        self,
        inventory: Inventory,
        context_of: Callable[[Renewal], Context],
        on_done: Callable[[Renewal, Renewal], None],
        clock: Clock,
    ) -> None:
        self._inventory = inventory
        self._context_of = context_of
        self._on_done = on_done
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._readings: set[asyncio.Task[None]] = set()
        self._awaiting_pin: dict[str, SessionOffer] = {}

    async def offer(self, renewal: Renewal) -> SessionOffer:
        """Open a session for the renewal's next step and return where its PIN is to be sent.

        The step runs once the PIN has been sent; its outcome is the renewal's new state.

        Raises:
            WrongStateError: the renewal needs no PIN now.
            PinEntryBusyError: a PIN is being asked for already.
            ReportedError: the token is not there (``token_missing``), or its module fails.
        """
        if renewal.state not in PIN_STEPS or renewal.is_proved or renewal.is_withdrawing:
            raise WrongStateError(state=renewal.state.value)
        if renewal.id in self._tasks:
            raise PinEntryBusyError
        offered: asyncio.Future[SessionOffer] = asyncio.get_running_loop().create_future()
        self._tasks[renewal.id] = asyncio.create_task(self._run(renewal, offered))
        return await offered

    def abandon(self, renewal_id: str, offer: SessionOffer) -> None:
        """Stop waiting for this offer's PIN, since who was asked has gone.

        Once the PIN is there the step is finished: ending it in mid-login could cost a try.
        """
        if self._awaiting_pin.get(renewal_id) is offer:
            self._tasks[renewal_id].cancel()

    async def cancel(self, renewal_id: str) -> None:
        """End the renewal's session, where one is open."""
        task = self._tasks.get(renewal_id)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """End all sessions."""
        for renewal_id in list(self._tasks):
            await self.cancel(renewal_id)
        for reading in self._readings:
            reading.cancel()
        await asyncio.gather(*self._readings, return_exceptions=True)

    async def _run(self, renewal: Renewal, offered: asyncio.Future[SessionOffer]) -> None:
        try:
            after = await self._in_session(renewal, offered)
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits must be told
            told = _told(error)
            if not offered.done():
                offered.set_exception(told)
                return
            log.info("pin step not done id=%s code=%s", renewal.id, told.code)
            waiting = _waiting_after(told)
            after = renewal.changed(self._clock(), waiting=waiting, error=told.report())
        finally:
            # Before anybody is told: the next thing they do may be to ask again.
            del self._tasks[renewal.id]
            offered.cancel()
        self._on_done(renewal, after)
        self._read_token_again(renewal)

    async def _in_session(self, renewal: Renewal, offered: asyncio.Future[SessionOffer]) -> Renewal:
        module = self._inventory.settings_of(renewal.token)
        async with pin_session(module, renewal.token, renewal.private.certificate) as session:
            self._awaiting_pin[renewal.id] = session.offer
            try:
                offered.set_result(session.offer)
                await session.pin_received(PIN_SECONDS)
            finally:
                del self._awaiting_pin[renewal.id]
            await session.log_in()
            context = self._context_of(renewal)
            return await PIN_STEPS[renewal.state](context, renewal, session)

    def _read_token_again(self, renewal: Renewal) -> None:
        """Have the token listed anew: no event tells of what a session wrote, or of a try it cost."""
        reading = asyncio.create_task(self._inventory.read_again(renewal.token))
        self._readings.add(reading)
        reading.add_done_callback(self._readings.discard)


def _told(error: Exception) -> OdcError:
    """Return ``error`` as one that can be told; a mistake of ours is written to the log."""
    if isinstance(error, OdcError):
        return error
    log.error("pin step failed", exc_info=error)
    return OdcError(reason=type(error).__name__)


def _waiting_after(error: OdcError) -> Waiting:
    """Return what the renewal waits for after a step with a PIN was not done."""
    by_code = {TokenMissingError.code: Waiting.TOKEN, TokenFullError.code: Waiting.SPACE}
    return by_code.get(error.code, Waiting.PIN)
