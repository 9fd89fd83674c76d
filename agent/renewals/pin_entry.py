"""Asking for the PIN of a renewal's next step."""

from __future__ import annotations

from collections.abc import Callable

from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.renewals.ground.errors import WrongStateError
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State, Waiting
from agent.renewals.steps.asking import check_can_sign
from agent.renewals.steps.context import Context
from agent.renewals.steps.finality import is_final
from agent.renewals.steps.pin_steps import PIN_STEPS, PURPOSES
from agent.renewals.steps.window import SignerExpiredError
from agent.tokens.errors import TokenFullError, TokenMissingError
from agent.tokens.pin_sessions import AskedPin, PinSessions, PinWish
from agent.tokens.supervisor import PinSession

_NO_PIN_SOON = frozenset({Waiting.TOKEN, Waiting.APPLICANT, Waiting.NETWORK, Waiting.SPACE})
"""What a renewal may wait for long before it asks for a PIN."""


class PinEntry:
    """Has the step of a renewal carried out that its PIN was entered for."""

    def __init__(
        self,
        sessions: PinSessions,
        current: Callable[[str], Renewal],
        context_of: Callable[[Renewal], Context],
        on_done: Callable[[Renewal, Renewal], None],
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._current = current
        self._context_of = context_of
        self._on_done = on_done
        self._clock = clock
        self._asked: dict[str, AskedPin] = {}

    def prepare(self, renewal: Renewal) -> None:
        """Have the worker ready that a renewal's next PIN is sent to."""
        if (
            self._open(renewal.id) is None
            and renewal.waiting not in _NO_PIN_SOON
            and not renewal.is_withdrawing
        ):
            self._sessions.prepare(renewal.token)

    def is_at_work(self, renewal_id: str) -> bool:
        """Return whether a step is under way that the renewal's PIN was entered for."""
        asked = self._open(renewal_id)
        return asked is not None and asked.has_pin

    def _open(self, renewal_id: str) -> AskedPin | None:
        asked = self._asked.get(renewal_id)
        is_open = asked is not None and asked.task is not None and not asked.task.done()
        return asked if is_open else None

    async def ask(self, renewal: Renewal, *, accepts_final_try: bool = False) -> AskedPin:
        """Open a session for the renewal's next step and return where its PIN is to be sent.

        The step runs once the PIN has been sent; its outcome is the renewal's new state.

        Raises:
            WrongStateError: the renewal needs no PIN now, or was cancelled while its token was looked for.
            SignerExpiredError: it would be of no use; the renewal ends.
            AuthorityUnreachableError: by this computer's clock it would, and the authority's is not known.
            OdcError: as :meth:`PinSessions.ask` says.
        """
        if not _needs_pin(renewal):
            raise WrongStateError(state=renewal.state.value)
        try:
            await check_can_sign(self._context_of(renewal), renewal)
        except SignerExpiredError as error:
            self._on_done(renewal, self._after(renewal, error))
            raise

        async def step(session: PinSession) -> Renewal:
            return await PIN_STEPS[renewal.state](self._context_of(renewal), renewal, session)

        def done(outcome: Renewal | OdcError) -> None:
            self._asked.pop(renewal.id, None)
            self._on_done(renewal, self._after(renewal, outcome))

        wish = PinWish(
            token=renewal.token,
            purpose=PURPOSES[renewal.state],
            certificate=renewal.private.certificate,
            accepts_final_try=accepts_final_try,
        )
        asked = await self._sessions.ask(wish, step, done)
        if not _needs_pin(now := self._current(renewal.id)):
            await asked.cancel()
            raise WrongStateError(state=now.state.value)
        self._asked[renewal.id] = asked
        return asked

    async def cancel(self, renewal_id: str) -> None:
        """End the renewal's session, where one is open."""
        asked = self._asked.pop(renewal_id, None)
        if asked is not None:
            await asked.cancel()

    def _after(self, renewal: Renewal, outcome: Renewal | OdcError) -> Renewal:
        if isinstance(outcome, Renewal):
            return outcome
        if is_final(outcome):
            return renewal.failing(self._clock(), outcome.report())
        waiting = _waiting_after(outcome)
        return renewal.changed(self._clock(), waiting=waiting, error=outcome.report())


def _needs_pin(renewal: Renewal) -> bool:
    if renewal.state not in PIN_STEPS or renewal.is_proved or renewal.is_withdrawing:
        return False
    # There a PIN is needed only where the token signs each question.
    return renewal.state is not State.ISSUING or renewal.waiting in {Waiting.PIN, Waiting.TOKEN}


def _waiting_after(error: OdcError) -> Waiting:
    """Return what the renewal waits for after a step with a PIN was not done."""
    by_code = {TokenMissingError.code: Waiting.TOKEN, TokenFullError.code: Waiting.SPACE}
    return by_code.get(error.code, Waiting.PIN)
