"""Asking for a PIN on behalf of a renewal: one session at a time for each, in a worker of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from agent.errors import OdcError
from agent.renewals.errors import PinEntryBusyError, WrongStateError
from agent.renewals.pin_steps import PIN_STEPS
from agent.renewals.record import Renewal
from agent.renewals.states import Waiting
from agent.renewals.steps import Context
from agent.tokens.errors import TokenFullError, TokenMissingError
from agent.tokens.inventory import Inventory
from agent.tokens.protocol import SessionOffer
from agent.tokens.supervisor import PinSession, pin_session

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
    ) -> None:
        self._inventory = inventory
        self._context_of = context_of
        self._on_done = on_done
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._awaiting_pin: set[str] = set()

    async def offer(self, renewal: Renewal) -> SessionOffer:
        """Open a session for the renewal's next step and return where its PIN is to be sent.

        The step runs once the PIN has been sent; its outcome is the renewal's new state.

        Raises:
            WrongStateError: the renewal needs no PIN now.
            PinEntryBusyError: a PIN is being asked for already.
            ReportedError: the token is not there (``token_missing``), or its module fails.
        """
        if renewal.state not in PIN_STEPS or renewal.is_proved:
            raise WrongStateError(state=renewal.state.value)
        if renewal.id in self._tasks:
            raise PinEntryBusyError
        offered: asyncio.Future[SessionOffer] = asyncio.get_running_loop().create_future()
        self._tasks[renewal.id] = asyncio.create_task(self._run(renewal, offered))
        return await offered

    def abandon(self, renewal_id: str) -> None:
        """Stop waiting for a PIN, since who was asked has gone; a step that runs is finished."""
        if renewal_id in self._awaiting_pin:
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

    async def _run(self, renewal: Renewal, offered: asyncio.Future[SessionOffer]) -> None:
        try:
            after = await self._in_session(renewal, offered)
        except OdcError as error:
            if not offered.done():
                offered.set_exception(error)
                return
            log.info("pin step not done id=%s code=%s", renewal.id, error.code)
            now = self._context_of(renewal).clock()
            after = renewal.changed(now, waiting=_waiting_after(error), error=error.report())
        finally:
            # Before anybody is told: the next thing they do may be to ask again.
            del self._tasks[renewal.id]
            offered.cancel()
        self._on_done(renewal, after)

    async def _in_session(self, renewal: Renewal, offered: asyncio.Future[SessionOffer]) -> Renewal:
        module = self._inventory.settings_of(renewal.token)
        async with pin_session(module, renewal.token) as session:
            offered.set_result(session.offer)
            return await self._step(renewal, session)

    async def _step(self, renewal: Renewal, session: PinSession) -> Renewal:
        self._awaiting_pin.add(renewal.id)
        try:
            await session.logged_in(PIN_SECONDS)
        finally:
            self._awaiting_pin.discard(renewal.id)
        context = self._context_of(renewal)
        return await PIN_STEPS[renewal.state](context, renewal, session)


def _waiting_after(error: OdcError) -> Waiting:
    """Return what the renewal waits for after a step with a PIN was not done."""
    by_code = {TokenMissingError.code: Waiting.TOKEN, TokenFullError.code: Waiting.SPACE}
    return by_code.get(error.code, Waiting.PIN)
