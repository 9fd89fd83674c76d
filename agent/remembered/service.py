"""Remembers what is plugged in, and knows it once it is in its drawer again."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from agent.certificates.china_time import china_date
from agent.ground.bus import Event, EventBus
from agent.ground.clock import Clock
from agent.remembered.errors import NotRememberedError
from agent.remembered.knowing import absent, known_pairs, next_change
from agent.remembered.model import Forgotten, KnownPair, RememberedToken
from agent.remembered.sighting import Sighting, after_reading, put_away
from agent.remembered.store import TokenStore
from agent.tokens.inventory import Inventory, TokensChanged
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
    until: dt.datetime
    """When the first certificate begins or ends."""
    pairs: tuple[KnownPair, ...]

    def holds(
        self,
        tokens: tuple[RememberedToken, ...],
        plugged_in: tuple[Token, ...],
        now: dt.datetime,
    ) -> bool:
        """Return whether the same would be found now."""
        is_of_these = self.tokens is tokens and self.plugged_in is plugged_in
        return is_of_these and self.now - GOOD_FOR <= now < max(self.until, self.now + GOOD_FOR)


class _Learnt(NamedTuple):
    """What was learnt from a reading."""

    tokens: tuple[RememberedToken, ...]
    plugged_in: tuple[Token, ...]
    day: dt.date

    def is_same(self, other: _Learnt | None) -> bool:
        """Return whether the other says the same, so that there is nothing to learn."""
        return (
            other is not None
            and self.tokens is other.tokens
            and self.plugged_in is other.plugged_in
            and self.day == other.day
        )


class _Digested(NamedTuple):
    """What a reading makes of what was remembered before it."""

    before: tuple[RememberedToken, ...]
    plugged_in: tuple[Token, ...]
    sighting: Sighting
    asked: _Asked


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
        self._learnt: _Learnt | None = None
        self._digested: _Digested | None = None
        self._taken_back: dict[str, RememberedToken] = {}
        """What a person had forgotten since the start, by thumbprint."""
        self._unsubscribe = bus.subscribe(self._on_event)

    async def get_ready(self) -> None:
        """Read what is remembered while others read the tokens: the first who asks has not to wait for it.

        Pairs are made of both, once both are there.
        """
        await asyncio.sleep(READY_AFTER)
        self._wanted()

    async def digest(self, plugged_in: tuple[Token, ...]) -> None:
        """Find out in a thread what will be asked as soon as it is told that these are plugged in."""
        if self._is_on():
            self._digested = await asyncio.to_thread(
                _digested, self._tokens, self._shown, plugged_in, self._clock()
            )

    def close(self) -> None:
        """Learn nothing more."""
        self._unsubscribe()

    def pairs(self) -> tuple[KnownPair, ...]:
        """Return every pair that is known, as it stands now.

        Of a thousand certificates that takes milliseconds, and many ask: what was found for the same tokens
        is good until the next certificate begins or ends, and for some seconds in any case.
        """
        tokens, plugged_in, now = self._wanted(), self._inventory.snapshot.tokens, self._clock()
        if self._last is None or not self._last.holds(tokens, plugged_in, now):
            self._last = _found(tokens, plugged_in, now)
        return self._last.pairs

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
    def _shown(self) -> tuple[Token, ...]:
        """What was plugged in when it was last learnt from."""
        return self._learnt.plugged_in if self._learnt else ()

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
        if isinstance(event, TokensChanged):
            self._has_read()

    def _has_read(self) -> None:
        if not self._is_on():
            self._kept, self._learnt = (), None
            self._store.remove()
            return
        before, plugged_in, now = self._tokens, self._inventory.snapshot.tokens, self._clock()
        learning = _Learnt(before, plugged_in, china_date(now))
        if learning.is_same(self._learnt):
            return  # something else of the tokens changed than what is on them
        found, self._digested = self._digested, None
        if found is None or found.before is not before or found.plugged_in is not plugged_in:
            found = _digested(before, self._shown, plugged_in, now)
        self._last, sighting = found.asked, found.sighting
        self._learnt = learning._replace(tokens=sighting.tokens)
        if sighting.tokens is not before:
            self._keep(sighting.tokens)
        if sighting.forgotten:
            log.info("pairs no longer on their token count=%s", len(sighting.forgotten))
            self._bus.publish(PairsForgotten(forgotten=sighting.forgotten))


def _found(
    tokens: tuple[RememberedToken, ...], plugged_in: tuple[Token, ...], now: dt.datetime
) -> _Asked:
    pairs = known_pairs(tokens, plugged_in, now)
    return _Asked(tokens, plugged_in, now, next_change(pairs, now), pairs)


def _digested(
    before: tuple[RememberedToken, ...],
    shown: tuple[Token, ...],
    plugged_in: tuple[Token, ...],
    now: dt.datetime,
) -> _Digested:
    sighting = after_reading(put_away(before, shown, plugged_in, now), plugged_in, now)
    if sighting.tokens == before:
        # So that it is known as the same at a glance.
        sighting = msgspec.structs.replace(sighting, tokens=before)
    return _Digested(before, plugged_in, sighting, _found(sighting.tokens, plugged_in, now))
