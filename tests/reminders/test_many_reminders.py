"""Thousands of pairs that are due at once: each is raised once, in turns, with few writes of the file."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import msgspec
import pytest
from certificate_maker import china, make_certificate, name

from agent.certificates.pairs import Pair
from agent.ground.bus import EventBus
from agent.ground.language import Language
from agent.remembered.model import KnownPair
from agent.reminders.memory import ReminderMemory
from agent.reminders.rules import Later
from agent.reminders.service import (
    AT_A_TIME,
    ReminderRaised,
    ReminderRules,
    ReminderService,
    ReminderTakenBack,
)
from agent.system.kept_file import KeptFile
from agent.tokens.model import TokenReference
from agent.tokens.snapshot import HeldCertificate

COUNT = 1000
NOW = china("2025-03-07 09:00:00")


def pairs() -> tuple[KnownPair, ...]:
    """Return so many pairs that end in ten days."""
    one = make_certificate(subject=name(), not_after=china("2025-03-17 00:00:00"))
    token = TokenReference(module="m", serial="1", label="KEY")
    return tuple(
        KnownPair(
            pair=Pair(
                signing=HeldCertificate(
                    certificate=msgspec.structs.replace(one, thumbprint=f"{number:064x}"),
                    key=b"\1", label="", has_private_key=None,
                ),
                encryption=None,
            ),
            token=token,
        )
        for number in range(COUNT)
    )  # fmt: skip


class Many:
    """A service for them, and what it did."""

    def __init__(self, folder, monkeypatch) -> None:
        self.now, self.writes, self.events, self.turns = NOW, 0, [], []
        write = KeptFile.write

        def counted(file, content):
            self.writes += 1
            write(file, content)

        monkeypatch.setattr(KeptFile, "write", counted)
        bus, known = EventBus(), pairs()
        bus.subscribe(self.events.append)
        self.service = ReminderService(
            remembered=SimpleNamespace(pairs=lambda: known),
            memory=ReminderMemory(folder / "reminders.json"),
            bus=bus,
            clock=lambda: self.now,
            language=lambda: Language.EN,
            rules=lambda: ReminderRules(thresholds=(90, 30)),
        )

    async def check(self) -> None:
        """Look at all of them, and note how many each turn of the loop raised."""
        self.service.check()
        before = 0
        while self.service._next is not None:
            self.turns.append(len(self.events) - before)
            before = len(self.events)
            await asyncio.sleep(0)

    def told(self, kind) -> list:
        found = [event for event in self.events if isinstance(event, kind)]
        self.events.clear()
        return found


@pytest.fixture
def many(tmp_path, monkeypatch):
    many = Many(tmp_path, monkeypatch)
    yield many
    many.service.close()


async def test_all_are_raised_once_in_turns(many):
    await many.check()
    raised = [event.reminder.thumbprint for event in many.told(ReminderRaised)]
    assert len(raised) == len(set(raised)) == COUNT
    assert max(many.turns) <= AT_A_TIME
    assert many.writes == COUNT / AT_A_TIME
    await many.check()
    assert many.told(ReminderRaised) == []


async def test_a_check_that_begins_anew_raises_none_twice(many):
    for _ in range(3):
        many.service.check()
        await asyncio.sleep(0)
    await many.check()
    raised = [event.reminder.thumbprint for event in many.told(ReminderRaised)]
    assert len(raised) == len(set(raised)) == COUNT


async def test_putting_all_off_and_a_clock_put_right_write_once(many):
    await many.check()
    many.writes = 0
    many.service.put_off(list(many.service.raised), Later.WEEK)
    assert many.writes == 1
    many.told(ReminderRaised)
    many.now = china("2024-01-07 09:00:00")
    many.service.look_again()
    assert many.writes == 2
    assert len(many.told(ReminderTakenBack)) == COUNT
