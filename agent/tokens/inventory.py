"""What is plugged in now, and how it differs from the reading before."""

from __future__ import annotations

import asyncio
import contextlib
import os

from agent.ground.bus import Event, EventBus
from agent.tokens.errors import TokenMissingError
from agent.tokens.model import ModuleSettings, TokenReference
from agent.tokens.reading import ModuleReader
from agent.tokens.snapshot import Reading, Snapshot, put_together
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


class Inventory:
    """Reads modules, each by itself, and tells what changed in all of them together."""

    def __init__(
        self,
        modules: tuple[ModuleSettings, ...],
        bus: EventBus,
        *,
        unwanted: frozenset[str] = frozenset(),
        found: Reading | None = None,
    ) -> None:
        """Read nothing yet.

        Args:
            modules: what to serve.
            bus: hears what changed.
            unwanted: paths of modules nobody asked for: that one fails is told by ``modules`` only.
            found: problems met while looking for modules.
        """
        self.readers = tuple(
            ModuleReader(module, is_wanted=module.path not in unwanted) for module in modules
        )
        self._found = found or Reading()
        self._bus = bus
        self._all_read = asyncio.Event()
        self.snapshot = Snapshot()
        self._put_together()
        self._note_first_readings()

    async def current(self) -> Snapshot:
        """Return what is known; the modules' first readings are waited for, since before them it is nothing.

        Not longer than a driver may take to list, though: then what is known is what the others show.
        """
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._all_read.wait(), LIST_SECONDS)
        return self.snapshot

    async def refresh(self) -> Snapshot:
        """Read all modules anew, side by side; one that fails becomes a problem of the snapshot."""
        await asyncio.gather(*(self.read(reader) for reader in self.readers))
        for reader in self.readers:
            if reader.reading.problems:
                reader.is_due.set()  # until it is over, which only who watches will see
        return self.snapshot

    async def read(self, reader: ModuleReader) -> None:
        """Read one module anew and tell what that changed."""
        is_first = not reader.has_read
        await reader.read()
        before = self.snapshot
        self._put_together()
        self._note_first_readings()
        self._tell(before, reader if is_first else None)

    def _put_together(self) -> None:
        readings = [self._found, *(reader.alarming for reader in self.readers)]
        self.snapshot = put_together(readings, self.snapshot)

    def _note_first_readings(self) -> None:
        if all(reader.has_read for reader in self.readers):
            self._all_read.set()

    def _tell(self, before: Snapshot, first_read: ModuleReader | None) -> None:
        old = dict.fromkeys(token.reference for token in before.tokens)
        new = dict.fromkeys(token.reference for token in self.snapshot.tokens)
        for reference in old:
            if reference not in new:
                self._bus.publish(TokenRemoved(token=reference))
        for reference in new:
            if reference not in old:
                at_start = first_read is not None and reference.module == first_read.settings.path
                self._bus.publish(TokenInserted(token=reference, at_start=at_start))
        if before != self.snapshot:
            self._bus.publish(TokensChanged())

    def settings_of(self, reference: TokenReference) -> ModuleSettings:
        """Return the settings of the module a token is seen through.

        Raises:
            TokenMissingError: no such module is served.
        """
        return self._reader_of(reference).settings

    async def read_again(self, reference: TokenReference) -> None:
        """Read the module a token is seen through, since something was done to the token."""
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
