"""Tokens that come and go, as their own library tells where the system does not."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging

import pytest
from skf_desk import SkfDesk

from agent.ground.bus import EventBus
from agent.tokens.events.skf import SkfEvents
from agent.tokens.inventory import Inventory
from agent.tokens.model import ModuleKind, Quirks
from agent.tokens.watching import Watch
from sandbox.skf_token.building import Shape


class Silence:
    """A source of the system's that is live, and tells of nothing by itself."""

    name = "silence"
    settles_after: tuple[float, ...] = ()
    is_live = True

    def __init__(self, *kinds: ModuleKind) -> None:
        self.kinds = frozenset(kinds)

    async def run(self, changed) -> None:
        self.ring = changed
        changed()
        await asyncio.get_running_loop().create_future()


@contextlib.asynccontextmanager
async def watching(desk: SkfDesk, *sources: Silence):
    inventory = Inventory((desk.settings,), EventBus())
    watch = Watch(inventory, sources, poll_seconds=lambda: 3600.0)
    task = asyncio.create_task(watch.run())
    try:
        await until(lambda: inventory.readers[0].has_read)
        yield inventory, watch
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await inventory.close()


LIMIT = 60
"""Seconds for what is waited for: a process starts, on a machine that may be busy with much else."""


async def until(condition) -> None:
    async with asyncio.timeout(LIMIT):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.01)


async def test_insertion_and_removal_are_told_by_the_library_where_the_system_tells_nothing(desk):
    async with watching(desk, Silence(ModuleKind.PKCS11)) as (inventory, watch):
        await until(lambda: watch.is_watched_by_events(inventory.readers[0]))
        desk.bench.pull()
        await until(lambda: not inventory.snapshot.tokens)
        desk.bench.plug()
        await until(lambda: inventory.snapshot.tokens)


def waits(desk: SkfDesk) -> int:
    """How often the library has begun to wait."""
    return desk.bench.report().calls.get("SKF_WaitForDevEvent", 0)


async def test_a_device_is_found_that_the_library_tells_of_before_it_lists_it(desk):
    desk.bench.pull()
    async with watching(desk, Silence(ModuleKind.PKCS11)) as (inventory, _):
        await until(lambda: waits(desk))
        desk.bench.misbehave("SKF_EnumDev=lies")
        lists = desk.bench.report().calls["SKF_EnumDev"]
        desk.bench.plug()
        await until(lambda: waits(desk) > 1 and desk.bench.report().calls["SKF_EnumDev"] > lists)
        desk.bench.misbehave("")
        await until(lambda: inventory.snapshot.tokens)


async def test_an_event_of_the_system_has_the_devices_looked_at(desk):
    usb = Silence(ModuleKind.SKF)
    async with watching(desk, usb) as (inventory, _):
        await until(lambda: inventory.snapshot.tokens)  # a moment after they have been read
        for act in (desk.bench.pull, desk.bench.plug):
            before = len(inventory.snapshot.tokens)
            act()
            usb.ring()
            await until(lambda before=before: len(inventory.snapshot.tokens) != before)
    assert "SKF_WaitForDevEvent" not in desk.bench.report().calls


@pytest.mark.parametrize("tells", [None, True, False])
async def test_the_library_is_asked_where_the_system_does_not_tell_or_somebody_says_so(
    bench, tells
):
    desk = SkfDesk(bench, quirks=Quirks(tells_events=tells))
    async with watching(desk, Silence(ModuleKind.SKF)) as (inventory, watch):
        await until(lambda: watch.is_watched_by_events(inventory.readers[0]))
        await asyncio.sleep(0.5 if not tells else 0)
        if tells:
            await until(lambda: waits(desk))
        assert ("SKF_WaitForDevEvent" in bench.report().calls) is bool(tells)


@pytest.mark.parametrize("fault", ["at_once", "0x0A000003", "0x0A000001", "lies"])
async def test_a_library_that_tells_of_no_events_is_left_alone_and_polled(desk, fault):
    desk.bench.misbehave(f"SKF_WaitForDevEvent={fault}")
    told = 0

    def changed() -> None:
        nonlocal told
        told += 1

    events = SkfEvents(desk.settings)
    task = asyncio.create_task(events.run(changed))
    await until(lambda: told and not events.is_live)
    calls = waits(desk)
    await asyncio.sleep(0.5)
    assert waits(desk) == calls <= 64
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_library_that_takes_the_length_itself_is_given_it(bench):
    desk = SkfDesk(bench, shape=Shape(waits_by_value=True), quirks=Quirks(waits_by_value=True))
    async with watching(desk, Silence(ModuleKind.PKCS11)) as (inventory, watch):
        await until(lambda: watch.is_watched_by_events(inventory.readers[0]))
        desk.bench.pull()
        await until(lambda: not inventory.snapshot.tokens)


@pytest.mark.parametrize("said", [True, False])
async def test_one_that_takes_it_the_other_way_is_left_alone_and_costs_its_process(
    bench, said, monkeypatch, caplog
):
    """An address taken for a length, or a length for an address."""
    monkeypatch.setattr("agent.tokens.events.skf.PAUSES", (0.1, 0.1))
    caplog.set_level(logging.INFO)
    desk = SkfDesk(bench, shape=Shape(waits_by_value=not said), quirks=Quirks(waits_by_value=said))
    begun, acts = 0, itertools.cycle((bench.pull, bench.plug))

    def is_left_alone() -> bool:
        """It is waited for once more; else an event is what it does wrong at."""
        nonlocal begun
        if waits(desk) > begun:
            begun = waits(desk)
            next(acts)()
        return "no events module=" in caplog.text

    async with watching(desk, Silence(ModuleKind.PKCS11)) as (inventory, watch):
        await until(is_left_alone)
        assert not watch.is_watched_by_events(inventory.readers[0])
        for act, count in ((bench.plug, 1), (bench.pull, 0)):
            act()
            assert len((await inventory.refresh()).tokens) == count


async def test_a_library_that_crashes_while_it_waits_is_asked_again(desk, monkeypatch):
    monkeypatch.setattr("agent.tokens.events.skf.PAUSES", (0.1, 0.1, 0.1))
    desk.bench.misbehave("SKF_WaitForDevEvent=crash!1")
    events = SkfEvents(desk.settings)
    task = asyncio.create_task(events.run(lambda: None))
    await until(lambda: waits(desk) >= 2)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
