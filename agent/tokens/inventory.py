"""What is plugged in now, and how it differs from the reading before."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable, Iterator

import msgspec

from agent.ground.bus import Event, EventBus
from agent.ground.reports import ErrorReport
from agent.tokens.errors import TokenMissingError
from agent.tokens.model import ModuleSettings, TokenReference
from agent.tokens.reading import ModuleReader
from agent.tokens.snapshot import Problem, Reading, Snapshot, Token, is_same, put_together
from agent.tokens.supervisor import LIST_SECONDS


class TokenInserted(Event, frozen=True, kw_only=True, tag="token_inserted"):
    """A token was not there at the reading before."""

    token: TokenReference
    at_start: bool
    """It was found by the first reading of its module: nobody plugged it in just now."""


class TokenRemoved(Event, frozen=True, kw_only=True, tag="token_removed"):
    """A token is no longer there."""

    token: TokenReference


class TokensChanged(Event, frozen=True, kw_only=True, tag="tokens_changed"):
    """The list of tokens, certificates or problems differs from the reading before."""


class Serving(msgspec.Struct, frozen=True):
    """What is to be served."""

    modules: tuple[ModuleSettings, ...]
    unwanted: frozenset[str] = frozenset()
    """Paths of modules nobody asked for: that one fails is told by ``modules`` only."""
    problems: tuple[ErrorReport, ...] = ()
    """Met while looking for modules."""


Digest = Callable[[tuple[Token, ...]], Awaitable[None]]
"""Looks at what was just read before it is told of."""


async def _nothing_to_do(_tokens: tuple[Token, ...]) -> None:
    """Digest nothing."""


class _Change(msgspec.Struct, frozen=True):
    """How a reading differs from the one before."""

    gone: tuple[TokenReference, ...] = ()
    new: tuple[TokenReference, ...] = ()
    is_any: bool = False


class Inventory:
    """Reads modules, each by itself, and tells what changed in all of them together."""

    def __init__(self, modules: tuple[ModuleSettings, ...] | Serving, bus: EventBus) -> None:
        """Read nothing yet; ``bus`` hears what changed."""
        wanted = modules if isinstance(modules, Serving) else Serving(modules)
        self.readers = tuple(ModuleReader(m, is_wanted=is_wanted) for m, is_wanted in _each(wanted))
        self.served = asyncio.Event()
        """Other modules are served than before; who cares clears it."""
        self._found = _met(wanted)
        self._bus = bus
        self._all_read = asyncio.Event()
        self._one_by_one = asyncio.Lock()
        """Each reading is compared with the one before it."""
        self.digest: Digest = _nothing_to_do
        self._readings: list[Reading] = [self._found]
        """What the snapshot was put together from."""
        self.snapshot = put_together(self._readings, Snapshot())
        self._note_first_readings()

    async def get_ready(self) -> None:
        """Have the modules' workers loaded side by side with whatever comes before the first reading."""
        await asyncio.gather(*(reader.worker.get_ready() for reader in self.readers))

    async def current(self) -> Snapshot:
        """Return what is known; the modules' first readings are waited for, since before them it is nothing.

        Not longer than a driver may take to list, though: then what is known is what the others show.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LIST_SECONDS):
                await self._all_read.wait()
        return self.snapshot

    async def refresh(self) -> Snapshot:
        """Read all modules anew, side by side; one that fails becomes a problem of the snapshot.

        Whoever asks wants to know how it is now, or begins something: no earlier reading counts.
        """
        for reader in self.readers:
            reader.worker.doubt()
        await asyncio.gather(*(self.read(reader) for reader in self.readers))
        for reader in self.readers:
            if reader.reading.problems:
                reader.is_due.set()  # until it is over, which only who watches will see
        return self.snapshot

    async def read(self, reader: ModuleReader) -> None:
        """Read one module anew and tell what that changed."""
        is_first = not reader.has_read
        await reader.read()
        await self._look_together(first_read=reader if is_first else None)

    def gone_in(self, wanted: Serving) -> frozenset[str]:
        """Return the paths of modules that are served, and not as ``wanted`` has them."""
        staying = list(_each(wanted))
        return frozenset(
            reader.settings.path
            for reader in self.readers
            if (reader.settings, reader.is_wanted) not in staying
        )

    async def serve(self, wanted: Serving, *, keeping: frozenset[str] = frozenset()) -> None:
        """Serve these from now on, those of before by the workers they have; end the others' workers.

        Args:
            wanted: what is to be served.
            keeping: paths of modules that stay although they are not wanted any more.
        """
        before = list(self.readers)
        readers = []
        for module, is_wanted in _each(wanted):
            same = [r for r in before if (r.settings, r.is_wanted) == (module, is_wanted)]
            readers.append(same[0] if same else ModuleReader(module, is_wanted=is_wanted))
            if same:
                before.remove(same[0])
        kept = [reader for reader in before if reader.settings.path in keeping]
        gone = [reader for reader in before if reader not in kept]
        self.readers, self._found = (*readers, *kept), _met(wanted)
        self._all_read.clear()
        self._note_first_readings()
        self.served.set()
        await self._look_together(is_plugged_in=False)
        await asyncio.gather(*(reader.worker.close() for reader in gone))

    async def _look_together(
        self, *, first_read: ModuleReader | None = None, is_plugged_in: bool = True
    ) -> None:
        """Take what all modules showed last for what is there, and tell what that changes.

        Tokens may hold thousands of certificates: they are compared in a thread, and so is what the
        first who hears of it will ask.
        """
        async with self._one_by_one:
            readings = [self._found, *(reader.alarming for reader in self.readers)]
            change = _Change()
            if list(map(id, readings)) != list(map(id, self._readings)):
                after, change = await asyncio.to_thread(_compared, readings, self.snapshot)
                if change.is_any:  # else the same stays, and so what was found out about it
                    await self.digest(after.tokens)
                    self.snapshot = after
                self._readings = readings
            self._note_first_readings()
            self._tell(change, first_read, is_plugged_in=is_plugged_in)

    def _note_first_readings(self) -> None:
        if all(reader.has_read for reader in self.readers):
            self._all_read.set()

    def _tell(
        self, change: _Change, first_read: ModuleReader | None, *, is_plugged_in: bool
    ) -> None:
        for reference in change.gone:
            self._bus.publish(TokenRemoved(token=reference))
        for reference in change.new:
            is_first = first_read is not None and reference.module == first_read.settings.path
            at_start = is_first or not is_plugged_in
            self._bus.publish(TokenInserted(token=reference, at_start=at_start))
        if change.is_any:
            self._bus.publish(TokensChanged())

    def settings_of(self, reference: TokenReference) -> ModuleSettings:
        """Return the settings of the module a token is seen through.

        Raises:
            TokenMissingError: no such module is served.
        """
        return self._reader_of(reference).settings

    async def read_again(self, reference: TokenReference) -> None:
        """Read the module a token is seen through, since something was done to the token."""
        with contextlib.suppress(TokenMissingError):  # it is not served any more
            await self.read(self._reader_of(reference))

    def _reader_of(self, reference: TokenReference) -> ModuleReader:
        for reader in self.readers:
            # Its path may have been written another way when the reference was made.
            if os.path.realpath(reader.settings.path) == os.path.realpath(reference.module):
                return reader
        raise TokenMissingError(label=reference.label)

    async def close(self) -> None:
        """End the workers."""
        await asyncio.gather(*(reader.worker.close() for reader in self.readers))


def _compared(readings: list[Reading], before: Snapshot) -> tuple[Snapshot, _Change]:
    after = put_together(readings, before)
    gone, new = tuple(_not_among(before, after)), tuple(_not_among(after, before))
    return after, _Change(gone, new, before != after)


def _not_among(these: Snapshot, others: Snapshot) -> Iterator[TokenReference]:
    """Yield each token that is not among others, under whatever name another driver has for it."""
    known = {token.reference for token in others.tokens}
    for reference, token in {token.reference: token for token in these.tokens}.items():
        if reference not in known and not any(is_same(token, other) for other in others.tokens):
            yield reference


def _each(wanted: Serving) -> Iterator[tuple[ModuleSettings, bool]]:
    """Yield each module, and whether somebody asked for it."""
    for module in wanted.modules:
        yield module, module.path not in wanted.unwanted


def _met(wanted: Serving) -> Reading:
    return Reading(problems=tuple(Problem(module="", report=each) for each in wanted.problems))
