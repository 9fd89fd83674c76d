"""Which modules are read when: at events, after failures, and by time only where no event tells."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from soft_token import LABEL, MODULE, SoftTokens

from agent.ground.bus import EventBus
from agent.tokens.inventory import Inventory, TokensChanged
from agent.tokens.model import ModuleKind, ModuleSettings
from agent.tokens.watching import Watch

LONG = 3600.0


class Doorbell:
    """A source of events in the hands of a test."""

    name = "doorbell"
    kinds = frozenset(ModuleKind)

    def __init__(self, *, is_live: bool = True, settles_after: tuple[float, ...] = ()) -> None:
        self.is_live = is_live
        self.settles_after = settles_after
        self.begun = 0
        self.listening = asyncio.Event()
        self.error: Exception | None = None

    async def run(self, changed) -> None:
        self.begun += 1
        self.ring = changed
        self.listening.set()
        if self.error:
            raise self.error
        await asyncio.get_running_loop().create_future()


class Watched:
    """An inventory that is watched, and how often its only module has been read."""

    def __init__(self, settings: ModuleSettings, *sources: Doorbell, poll_seconds: float = LONG):
        bus = EventBus()
        self.changes = []
        bus.subscribe(self.changes.append)
        self.inventory = Inventory((settings,), bus)
        self.watch = Watch(self.inventory, sources, poll_seconds=lambda: poll_seconds)
        [self.reader] = self.inventory.readers
        self.reads = 0
        read = self.reader.read

        async def counted():
            await read()
            self.reads += 1

        self.reader.read = counted

    async def until(self, condition) -> None:
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
                await asyncio.sleep(0.01)

    async def is_quiet(self) -> bool:
        before = self.reads
        await asyncio.sleep(0.5)
        return self.reads == before

    @property
    def labels(self):
        return [token.facts.label for token in self.inventory.snapshot.tokens]


@contextlib.asynccontextmanager
async def watching(settings, *sources, **options):
    watched = Watched(settings, *sources, **options)
    task = asyncio.create_task(watched.watch.run())
    try:
        yield watched
    finally:
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await watched.inventory.close()


@pytest.fixture
def removable(tmp_path):
    """SoftHSM that calls its slots removable, as a driver of real tokens does."""
    tokens = SoftTokens(tmp_path / "removable", is_removable=True)
    tokens.initialise()
    return tokens


async def test_tokens_are_read_at_the_start_and_at_each_event(tokens):
    doorbell = Doorbell()
    async with watching(tokens.settings, doorbell) as watched:
        await watched.until(lambda: watched.labels == [LABEL])
        tokens.write(("01", "sign", b"anything"))
        before = watched.changes.count(TokensChanged())
        doorbell.ring()
        await watched.until(lambda: watched.changes.count(TokensChanged()) == before + 1)


async def test_a_module_of_removable_tokens_is_not_polled(removable):
    async with watching(removable.settings, Doorbell(), poll_seconds=0.02) as watched:
        await watched.until(lambda: watched.reads > 0)
        assert watched.watch.is_watched_by_events(watched.reader)
        assert await watched.is_quiet()


async def test_a_module_of_fixed_slots_is_polled(tokens):
    async with watching(tokens.settings, Doorbell(), poll_seconds=0.02) as watched:
        await watched.until(lambda: watched.reads > 5)
        assert not watched.watch.is_watched_by_events(watched.reader)


@pytest.mark.parametrize("sources", [(), (Doorbell(is_live=False),)], ids=["none", "dead"])
async def test_without_a_live_source_every_module_is_polled(removable, sources):
    async with watching(removable.settings, *sources, poll_seconds=0.02) as watched:
        await watched.until(lambda: watched.reads > 5)


async def test_a_source_that_comes_alive_ends_the_polling(removable):
    doorbell = Doorbell(is_live=False)
    async with watching(removable.settings, doorbell, poll_seconds=0.02) as watched:
        await watched.until(lambda: watched.reads > 2)
        doorbell.is_live = True
        doorbell.ring()
        await asyncio.sleep(0.2)
        assert await watched.is_quiet()


async def test_an_event_during_a_reading_is_a_reason_for_another(removable):
    doorbell = Doorbell()
    async with watching(removable.settings, doorbell) as watched:
        await doorbell.listening.wait()
        await watched.until(lambda: watched.reader.worker._process is not None)
        doorbell.ring()
        await watched.until(lambda: watched.reads == 2)
        assert await watched.is_quiet()


async def test_many_events_at_once_are_few_readings(removable):
    doorbell = Doorbell()
    async with watching(removable.settings, doorbell) as watched:
        await watched.until(lambda: watched.reads == 1)
        for _ in range(100):
            doorbell.ring()
        await watched.until(lambda: watched.reads >= 2)
        assert await watched.is_quiet()
        assert watched.reads <= 3


async def test_a_token_that_needs_time_is_looked_at_again(removable):
    doorbell = Doorbell(settles_after=(0.1, 0.3))
    async with watching(removable.settings, doorbell) as watched:
        await watched.until(lambda: watched.reads == 1)
        doorbell.ring()
        await watched.until(lambda: watched.reads == 4)
        assert await watched.is_quiet()


async def test_a_module_that_fails_is_looked_at_again_by_itself(tmp_path):
    missing = tmp_path / "driver.so"
    tokens = SoftTokens(tmp_path / "late")
    tokens.initialise()
    settings = ModuleSettings(path=str(missing), environment=tokens.settings.environment)
    async with watching(settings, Doorbell()) as watched:
        await watched.until(lambda: watched.inventory.snapshot.module_problems)
        missing.symlink_to(MODULE)
        await watched.until(lambda: watched.labels == [LABEL])
        assert watched.inventory.snapshot.problems == ()


async def test_a_source_that_fails_does_not_end_the_watch(tokens, monkeypatch):
    monkeypatch.setattr("agent.tokens.watching.SOURCE_PAUSE", 0.01)
    broken, sound = Doorbell(), Doorbell()
    broken.error = RuntimeError("a system without it")
    async with watching(tokens.settings, broken, sound) as watched:
        await watched.until(lambda: broken.begun > 2)
        await watched.until(lambda: watched.labels == [LABEL])
        before = watched.reads
        sound.ring()
        await watched.until(lambda: watched.reads > before)


async def test_an_end_that_comes_along_with_an_event_is_the_end(removable):
    """As when a token is pulled out at the moment at which the agent is asked to end."""
    watched = Watched(removable.settings)
    for turns in range(4):
        reads = watched.reads
        task = asyncio.create_task(watched.watch.run())
        await watched.until(lambda reads=reads: watched.reads > reads)
        await asyncio.sleep(0.1)  # until it waits for the next event
        watched.watch.look_again()
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        _, unended = await asyncio.wait({task}, timeout=5)
        assert not unended, f"{turns} turns of the loop after the event"
    await watched.inventory.close()
