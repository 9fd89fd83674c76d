"""A module that several read at once: what was listed last is what is shown."""

from __future__ import annotations

import asyncio
import threading

import pytest
from shown_tokens import token

from agent.tokens.errors import ModuleCrashedError
from agent.tokens.model import ModuleContent, ModuleSettings, TokenContent
from agent.tokens.reading import ModuleReader


def of(*labels: str) -> ModuleContent:
    tokens = (token("m.so", label, label) for label in labels)
    return ModuleContent(tokens=tuple(TokenContent(facts=t.facts, certificates=()) for t in tokens))


class SlowlyUnderstood(ModuleReader):
    """A module whose first listing takes long to be understood, as one of a thousand certificates does."""

    def __init__(self, *listings: ModuleContent | Exception) -> None:
        super().__init__(ModuleSettings(path="m.so"))
        self._listings = list(listings)
        self.worker.content = self._listed
        self.may_go_on = threading.Event()
        self.is_at_it = asyncio.Event()

    async def _listed(self):
        listing = self._listings.pop(0)
        if isinstance(listing, Exception):
            raise listing
        return listing

    def _understood(self, content):
        if not self.is_at_it.is_set():
            self._loop.call_soon_threadsafe(self.is_at_it.set)
            self.may_go_on.wait(20)
        return super()._understood(content)

    async def read_twice(self):
        """Read, and once more before the first is understood."""
        self._loop = asyncio.get_running_loop()
        first = asyncio.create_task(self.read())
        await self.is_at_it.wait()
        second = asyncio.create_task(self.read())
        await asyncio.wait({second}, timeout=0.1)
        self.may_go_on.set()
        await asyncio.gather(first, second)


@pytest.mark.parametrize("labels", [(), ("other",), ("first", "other")])
async def test_a_listing_that_is_understood_late_is_not_shown_in_place_of_a_newer_one(labels):
    reader = SlowlyUnderstood(of("first"), of(*labels))
    await reader.read_twice()
    assert reader.content == of(*labels)
    assert [shown.facts.label for shown in reader.reading.tokens] == list(labels)


async def test_nor_in_place_of_one_as_there_was_before_it():
    """A token that was pulled out as soon as it had been plugged in."""
    reader = SlowlyUnderstood(of(), of("first"), of())
    reader.is_at_it.set()
    await reader.read()
    reader.is_at_it.clear()
    await reader.read_twice()
    assert reader.reading.tokens == ()


async def test_nor_in_place_of_a_failure():
    failure = ModuleCrashedError(module="m.so")
    reader = SlowlyUnderstood(of("first"), failure, failure)
    await reader.read_twice()
    assert [problem.report.code for problem in reader.reading.problems] == [failure.code]
    assert not reader.is_reading
