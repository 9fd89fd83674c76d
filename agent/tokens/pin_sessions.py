"""Asking for PINs: one session at a time for each token, for whatever needs one.

A session is offered once the token's state allows a try; its work runs once the PIN has been sent and
the token has taken it. What the try showed is remembered.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from agent.ground.bus import Event, EventBus
from agent.ground.errors import OdcError
from agent.tokens.errors import PinEntryBusyError, PinUnansweredError, TokenMissingError
from agent.tokens.inventory import Inventory, TokensChanged
from agent.tokens.model import TokenReference
from agent.tokens.pin_memory import PinMemory
from agent.tokens.pin_states import PinPurpose, check_state
from agent.tokens.protocol import ChangePin, LogIn, SessionOffer
from agent.tokens.snapshot import Snapshot, Token
from agent.tokens.spare_worker import SpareWorker
from agent.tokens.supervisor import PinSession, pin_session

log = logging.getLogger(__name__)
Result = TypeVar("Result")

PIN_SECONDS = 180.0
"""How long somebody may take to enter a PIN."""
ENDING_SECONDS = 5.0


class PinWish(msgspec.Struct, frozen=True, kw_only=True):
    """What a PIN is wanted for."""

    token: TokenReference
    purpose: PinPurpose
    certificate: bytes = b""
    """A certificate the token must hold; tells tokens of the same name apart."""
    accepts_final_try: bool = False
    """A person consented to risk the last try."""


class AskedPin:
    """A session that is offered: where its PIN is to be sent, until that has been done."""

    def __init__(self, wish: PinWish) -> None:
        self.wish = wish
        self.offered: asyncio.Future[SessionOffer] = asyncio.get_running_loop().create_future()
        self.task: asyncio.Task[None] | None = None
        self.is_awaiting_pin = False
        self.has_pin = False

    @property
    def offer(self) -> SessionOffer:
        """Where the PIN is to be sent, and what to know before it is."""
        return self.offered.result()

    def abandon(self) -> None:
        """Stop waiting for the PIN, since who was asked has gone.

        Once the PIN is there the work is finished: ending it in mid-login could cost a try.
        """
        if self.is_awaiting_pin and self.task is not None:
            self.task.cancel()

    async def cancel(self) -> None:
        """End the session, whatever it does."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)


class PinSessions:
    """Opens PIN sessions, and knows what is known of each token's tries."""

    def __init__(self, inventory: Inventory, memory: PinMemory, bus: EventBus) -> None:
        self._inventory = inventory
        self._memory = memory
        self._bus = bus
        self._asked: dict[tuple[str, str, str], AskedPin] = {}
        self._spare = SpareWorker()
        self._looking: set[asyncio.Task[None]] = set()
        self._unsubscribe = bus.subscribe(self._on_event)

    def shown(self, snapshot: Snapshot) -> Snapshot:
        """Return a reading with all that is known of the PINs, not only what the flags say."""
        return replace(snapshot, tokens=tuple(map(self._with_state, snapshot.tokens)))

    def _with_state(self, token: Token) -> Token:
        facts = token.facts
        state = self._memory.state(token.reference, facts.pin_state, tries_left=facts.tries_left)
        return replace(token, facts=msgspec.structs.replace(facts, pin_state=state))

    def was_unlocked(self, token: TokenReference) -> None:
        """Forget a lock the token does not tell of itself: the counter has opened it."""
        self._memory.was_unlocked(token)
        log.info("PIN said to be unlocked token=%s", token.label)
        self._bus.publish(TokensChanged())

    def prepare(self, token: TokenReference) -> None:
        """Have a worker wait for a session that is likely to be asked for, where the token is there."""
        with contextlib.suppress(TokenMissingError):
            self._spare.prepare(self._inventory.settings_of(token))

    async def ask(
        self,
        wish: PinWish,
        work: Callable[[PinSession], Awaitable[Result]],
        done: Callable[[Result | OdcError], None],
    ) -> AskedPin:
        """Open a session, and return where its PIN is to be sent.

        Args:
            wish: which token, what for.
            work: what to do once the PIN was right.
            done: is called when the session is over with what the work returned, or why it was not
                done; not called where the session was cancelled.

        Raises:
            PinEntryBusyError: a PIN of this token is being asked for already.
            PinLockedError, PinNotSetError, PinToBeChangedError: no PIN is asked for.
            PinFinalTryError: nobody consented to risk the last try.
            ReportedError: the token is not there (``token_missing``), or its module fails.
        """
        name = _name(wish.token)
        await self._let_a_change_end(self._asked.get(name))
        if name in self._asked:
            raise PinEntryBusyError
        asked = self._asked[name] = AskedPin(wish)
        asked.task = asyncio.create_task(self._run(asked, work, done))
        try:
            await asyncio.shield(asked.offered)
        except asyncio.CancelledError:
            asked.task.cancel()
            raise
        return asked

    async def _let_a_change_end(self, before: AskedPin | None) -> None:
        """Wait for a change whose outcome its worker may have told already.

        Not for a step of a renewal: what is asked for now may be out of date when it has ended.
        """
        is_change = before is not None and before.wish.purpose is PinPurpose.CHANGE
        if before is not None and is_change and before.has_pin and before.task is not None:
            await asyncio.wait({before.task}, timeout=ENDING_SECONDS)

    async def settled(self) -> None:
        """Wait until no work is under way that a PIN was entered for; PINs asked for do not count."""
        while at_work := [a.task for a in self._asked.values() if a.has_pin and a.task]:
            await asyncio.wait(at_work)

    def under_way(self) -> frozenset[str]:
        """Return the paths of the modules on which sessions run."""
        paths = set()
        for asked in self._asked.values():
            with contextlib.suppress(TokenMissingError):
                paths.add(self._inventory.settings_of(asked.wish.token).path)
        return frozenset(paths)

    async def next_end(self) -> None:
        """Wait until one of the sessions under way has ended."""
        if tasks := [asked.task for asked in self._asked.values() if asked.task]:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """End all sessions."""
        self._unsubscribe()
        await self._spare.close()
        for asked in list(self._asked.values()):
            await asked.cancel()
        for task in list(self._looking):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(
        self,
        asked: AskedPin,
        work: Callable[[PinSession], Awaitable[Result]],
        done: Callable[[Result | OdcError], None],
    ) -> None:
        outcome: Result | OdcError
        try:
            outcome = await self._in_session(asked, work)
        except Exception as error:  # noqa: BLE001 - whatever it is, who waits must be told
            outcome = _told(error)
            log.info("pin session ended token=%s code=%s", asked.wish.token.label, outcome.code)
            if not asked.offered.done():
                asked.offered.set_exception(outcome)
                return
        finally:
            # Before anybody is told: the next thing they do may be to ask again.
            if asked.offered.done():
                self._look_again(asked.wish.token)
            del self._asked[_name(asked.wish.token)]
            asked.offered.cancel()
        done(outcome)

    async def _in_session(
        self, asked: AskedPin, work: Callable[[PinSession], Awaitable[Result]]
    ) -> Result:
        wish = asked.wish
        module = self._inventory.settings_of(wish.token)
        certificate = wish.certificate or self._certificate_on(wish.token)
        async with pin_session(module, wish.token, certificate, spare=self._spare) as session:
            offer = self._checked(wish, session.offer)
            asked.is_awaiting_pin = True
            try:
                asked.offered.set_result(offer)
                await session.pin_received(PIN_SECONDS)
                asked.has_pin = True
            finally:
                asked.is_awaiting_pin = False
            await self._try(wish, session)
            return await work(session)

    def _certificate_on(self, reference: TokenReference) -> bytes:
        """Return one that tells slots of the token from others of its name; empty where none does."""
        named = [t for t in self._inventory.snapshot.tokens if t.reference == reference]
        own = [h.certificate.der for t in named for h in t.certificates if not h.certificate.is_ca]
        return own[0] if len(named) == 1 and own else b""

    def _checked(self, wish: PinWish, offer: SessionOffer) -> SessionOffer:
        """Return the offer with all that is known of the PIN, where it may be tried."""
        state = self._memory.has_read(wish.token, offer.pin_state, tries_left=offer.tries_left)
        consents = wish.accepts_final_try
        check_state(offer.pin_state, state, wish.purpose, accepts_final_try=consents)
        return msgspec.structs.replace(offer, pin_state=state)

    async def _try(self, wish: PinWish, session: PinSession) -> None:
        """Give the PIN to the token, once, and remember what came of it."""
        consents = wish.accepts_final_try
        is_change = wish.purpose is PinPurpose.CHANGE
        kind: type[LogIn | ChangePin] = ChangePin if is_change else LogIn
        # On a pad it is typed only now.
        seconds = PIN_SECONDS if session.offer.has_pin_pad else None
        outcome: OdcError | None = PinUnansweredError()
        try:
            await session.call(kind(accepts_final_try=consents), seconds=seconds)
            outcome = None
        except OdcError as error:
            outcome = error
            raise
        finally:
            self._memory.has_tried(wish.token, outcome)
            self._bus.publish(TokensChanged())

    def _look_again(self, token: TokenReference) -> None:
        """Have the token listed anew: no event tells of what a session wrote, or of a try it cost."""
        task = asyncio.create_task(self._inventory.read_again(token))
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, TokensChanged):
            for token in self._inventory.snapshot.tokens:
                facts = token.facts
                self._memory.has_read(token.reference, facts.pin_state, tries_left=facts.tries_left)


def _name(token: TokenReference) -> tuple[str, str, str]:
    """Return what a PIN belongs to, whatever module it is seen through."""
    return token.serial, token.label, token.application


def _told(error: Exception) -> OdcError:
    """Return ``error`` as one that can be told; a mistake of ours is written to the log."""
    if isinstance(error, OdcError):
        return error
    log.error("pin session failed", exc_info=error)
    return OdcError(reason=type(error).__name__)
