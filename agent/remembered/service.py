"""Remembers what is plugged in, and knows it once it is in its drawer again."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from agent.ground.bus import Event, EventBus
from agent.ground.clock import Clock
from agent.remembered.errors import NotRememberedError
from agent.remembered.knowing import absent, known_pairs
from agent.remembered.model import Forgotten, KnownPair, RememberedToken
from agent.remembered.sighting import after_reading
from agent.remembered.store import TokenStore
from agent.tokens.inventory import Inventory, TokenRemoved, TokensChanged
from agent.tokens.model import TokenReference
from agent.tokens.snapshot import HeldCertificate, Token

log = logging.getLogger(__name__)


class PairsForgotten(Event, frozen=True, kw_only=True, tag="pairs_forgotten"):
    """Pairs are no longer on their token: nobody is reminded of them any more."""

    forgotten: tuple[Forgotten, ...]


class RememberedChanged(Event, frozen=True, kw_only=True, tag="remembered_changed"):
    """A person had something forgotten, brought back, or said what replaced what."""


GOOD_FOR = dt.timedelta(seconds=10)
"""How long an answer holds; a certificate that ends just then is told so much later."""


READY_AFTER = 0.01
"""Seconds from the start until all is read: workers have been asked for the tokens then, the agent waits."""


class _Asked(NamedTuple):
    """What was found last, and of what."""

    tokens: tuple[RememberedToken, ...]
    plugged_in: tuple[Token, ...]
    now: dt.datetime
    pairs: tuple[KnownPair, ...]


class Remembered:
    """What is known of tokens, those that are plugged in included.

    It has to hear of changes before whoever asks it about them: make it before those.
    """

    def __init__(
        self,
        *,
        inventory: Inventory,
        store: TokenStore,
        bus: EventBus,
        clock: Clock,
        is_on: Callable[[], bool] = lambda: True,
    ) -> None:
        self._inventory = inventory
        self._store = store
        self._bus = bus
        self._clock = clock
        self._is_on = is_on
        self._kept: tuple[RememberedToken, ...] | None = None
        self._last: _Asked | None = None
        self._taken_back: dict[str, RememberedToken] = {}
        """What a person had forgotten since the start, by thumbprint."""
        self._unsubscribe = bus.subscribe(self._on_event)

    async def get_ready(self) -> None:
        """Read what is remembered while others read the tokens: the first who asks has not to wait for it.

        Pairs are made of both, once both are there.
        """
        await asyncio.sleep(READY_AFTER)
        self._wanted()

    def close(self) -> None:
        """Learn nothing more."""
        self._unsubscribe()

    def pairs(self) -> tuple[KnownPair, ...]:
        """Return every pair that is known, as it stands now.

        Of a thousand certificates that takes milliseconds, and several ask at once after each reading:
        what was found for the same tokens is good for some seconds.
        """
        tokens, plugged_in, now = self._wanted(), self._inventory.snapshot.tokens, self._clock()
        last = self._last
        if (
            last is None
            or last.tokens is not tokens
            or last.plugged_in is not plugged_in
            or (abs(now - last.now) > GOOD_FOR)
        ):
            pairs = known_pairs(tokens, plugged_in, now)
            self._last = last = _Asked(tokens, plugged_in, now, pairs)
        return last.pairs

    def absent(self) -> tuple[RememberedToken, ...]:
        """Return the tokens that are not plugged in."""
        return absent(self._wanted(), self._inventory.snapshot.tokens)

    def find(self, thumbprint: str) -> tuple[RememberedToken, HeldCertificate] | None:
        """Return a certificate of a token that is not plugged in, and that token."""
        for token in self.absent():
            if held := token.find(thumbprint):
                return token, held
        return None

    def forget(self, thumbprint: str) -> None:
        """Forget the token that has a certificate and is not plugged in; NotRememberedError."""
        token = self._holder(thumbprint)
        for held in token.certificates:
            self._taken_back[held.certificate.thumbprint] = token
        self._keep(tuple(each for each in self._tokens if each is not token))
        log.info("token forgotten serial=%s", token.reference.serial)
        self._bus.publish(RememberedChanged())

    def restore(self, thumbprint: str) -> None:
        """Bring back what was forgotten since the start; NotRememberedError."""
        token = self._taken_back.get(thumbprint)
        if token is None:
            raise NotRememberedError
        for held in token.certificates:
            self._taken_back.pop(held.certificate.thumbprint, None)
        if not any(each.find(thumbprint) for each in self._tokens):
            self._keep((*self._tokens, token))
        self._bus.publish(RememberedChanged())

    def decide(self, thumbprint: str, *, is_replaced: bool) -> None:
        """Take a person's word on whether what may have replaced a pair has; NotRememberedError."""
        token = self._holder(thumbprint)
        offered = next(
            (p.maybe_replaced_by for p in self.pairs() if p.thumbprint == thumbprint), None
        )
        if offered is None:
            raise NotRememberedError
        if is_replaced:
            self._replace(token, renewed={**token.renewed, thumbprint: offered})
        else:
            self._replace(token, kept_apart=(*token.kept_apart, thumbprint))
        self._bus.publish(RememberedChanged())

    def was_renewed(self, thumbprint: str, by: str) -> None:
        """Note that a renewal came to its end: it counts though the token is not read any more."""
        for token in self._wanted():
            if token.find(thumbprint) and thumbprint not in token.renewed:
                self._replace(token, renewed={**token.renewed, thumbprint: by})

    @property
    def _tokens(self) -> tuple[RememberedToken, ...]:
        """All that is remembered; read when it is first asked for."""
        if self._kept is None:
            self._kept = self._store.read()
        return self._kept

    def _wanted(self) -> tuple[RememberedToken, ...]:
        return self._tokens if self._is_on() else ()

    def _keep(self, tokens: tuple[RememberedToken, ...]) -> None:
        self._kept = tokens
        self._store.write(tokens)

    def _replace(self, token: RememberedToken, **changes: object) -> None:
        after = msgspec.structs.replace(token, **changes)
        self._keep(tuple(after if each is token else each for each in self._tokens))

    def _holder(self, thumbprint: str) -> RememberedToken:
        """Return the whole of what is remembered of the token that has a certificate."""
        if self.find(thumbprint) is None:
            raise NotRememberedError
        return next(token for token in self._tokens if token.find(thumbprint))

    def _on_event(self, event: Event) -> None:
        if isinstance(event, TokenRemoved):
            self._was_removed(event.token)
        elif isinstance(event, TokensChanged):
            self._has_read()

    def _was_removed(self, reference: TokenReference) -> None:
        for token in self._wanted():
            if token.reference == reference:
                self._replace(token, seen=self._clock())

    def _has_read(self) -> None:
        if not self._is_on():
            self._kept = ()
            self._store.remove()
            return
        before = self._tokens
        sighting = after_reading(before, self._inventory.snapshot.tokens, self._clock())
        if sighting.tokens != before:
            self._keep(sighting.tokens)
        if sighting.forgotten:
            log.info("pairs no longer on their token count=%s", len(sighting.forgotten))
            self._bus.publish(PairsForgotten(forgotten=sighting.forgotten))
