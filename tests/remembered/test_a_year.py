"""A token's year: bought, seen once, and in its drawer from then on. Needs softhsm2."""

from __future__ import annotations

import datetime as dt

import pytest
from certificate_maker import ENCRYPTION, china, make_der, name, thumbprint_of
from soft_token import LABEL, SoftTokens

from agent.ground.bus import EventBus
from agent.ground.language import Language
from agent.remembered.service import PairsForgotten, Remembered
from agent.remembered.store import TokenStore
from agent.reminders.memory import ReminderMemory
from agent.reminders.service import ReminderRaised, ReminderRules, ReminderService
from agent.settings.config import ReminderSettings
from agent.system.damage import Damages
from agent.tokens.inventory import Inventory

THRESHOLDS = ReminderSettings().thresholds

DAY = dt.timedelta(days=1)
LAST_DAY = dt.date(2026, 4, 1)
ANOTHER = "新的KEY"


def of_year(year: int, **options) -> bytes:
    """Return what an authority issues in the spring of ``year`` for as many as 366 days."""
    return make_der(
        subject=name(organisation="深圳市样例有限公司"),
        not_before=china(f"{year}-04-01 00:00:00"),
        not_after=china(f"{year + 1}-04-01 23:59:59"),
        **options,
    )


SIGN, ENCRYPT = of_year(2025), of_year(2025, usage=ENCRYPTION)
NEXT = of_year(2026)


class Computer:
    """An agent over a SoftHSM, which is started each morning and looks at the calendar at noon."""

    def __init__(self, tokens: SoftTokens, home) -> None:
        self.tokens, self.home = tokens, home
        self.now = china("2025-04-02 08:00:00")
        self.reminded: list[tuple[int, str]] = []
        self.forgotten: list[str] = []

    def _hear(self, event) -> None:
        if isinstance(event, ReminderRaised):
            day = (self.now + dt.timedelta(hours=8)).date()
            self.reminded.append(((LAST_DAY - day).days, event.reminder.text))
        elif isinstance(event, PairsForgotten):
            self.forgotten += [one.label for one in event.forgotten]

    async def day(self, *, reads: bool = False) -> None:
        """Live through one day; the tokens are read only where somebody plugged one in or out."""
        bus = EventBus()
        bus.subscribe(self._hear)
        inventory = Inventory((self.tokens.settings,) if reads else (), bus)
        remembered = Remembered(
            inventory=inventory,
            store=TokenStore(self.home / "tokens.json", Damages(lambda: self.now)),
            bus=bus,
            clock=lambda: self.now,
        )
        reminders = ReminderService(
            remembered=remembered,
            memory=ReminderMemory(self.home / "reminders.json"),
            bus=bus,
            clock=lambda: self.now,
            language=lambda: Language.ZH,
            rules=lambda: ReminderRules(thresholds=THRESHOLDS),
        )
        if reads:
            await inventory.refresh()
        for hours in (4, 5, 3):
            self.now += dt.timedelta(hours=hours)
            reminders.check()
        self.now += dt.timedelta(hours=12)
        reminders.close()
        remembered.close()
        await inventory.close()

    async def days(self, count: int) -> None:
        for _ in range(count):
            await self.day()

    def days_reminded_of(self) -> list[int]:
        told, self.reminded[:] = [days for days, _ in self.reminded], []
        return told


@pytest.fixture
def tokens(tmp_path):
    tokens = SoftTokens(tmp_path / "hsm")
    tokens.initialise()
    tokens.write(("01", "sign", SIGN), ("02", "encrypt", ENCRYPT))
    return tokens


@pytest.fixture
async def computer(tokens, tmp_path):
    """Where the token was plugged in once, on the day it was bought."""
    computer = Computer(tokens, tmp_path / "one")
    await computer.day(reads=True)
    tokens.pull_out()
    return computer


async def test_each_reminder_comes_on_its_day_and_names_the_token(computer):
    await computer.days(370)
    texts = [text for _, text in computer.reminded]
    assert all(f"请取出电子钥匙“{LABEL}”" in text for text in texts)
    assert computer.days_reminded_of() == [*THRESHOLDS, -1, -2, -3, -4, -5, -6]


async def test_renewed_elsewhere_it_falls_silent_when_the_token_is_seen_again(computer, tokens):
    await computer.days(300)
    assert computer.days_reminded_of() == [90]
    tokens.plug_in()
    tokens.write(("03", "sign", NEXT))
    await computer.day(reads=True)
    tokens.pull_out()
    await computer.days(100)
    assert computer.days_reminded_of() == []
    await computer.days(300)
    # Of the new one, whose last day is a year later.
    assert [days + 365 for days in computer.days_reminded_of()][:3] == [90, 60, 30]
    assert computer.forgotten == []


async def test_renewed_on_another_token_it_falls_silent_when_that_one_is_seen(computer, tokens):
    await computer.days(362)
    computer.days_reminded_of()
    tokens.initialise(ANOTHER)
    tokens.write(("01", "sign", NEXT), label=ANOTHER)
    await computer.day(reads=True)
    tokens.pull_out(ANOTHER)
    await computer.days(60)
    assert computer.days_reminded_of() == []


async def test_a_second_pair_of_the_organisation_goes_on_being_reminded_of(computer, tokens):
    second = make_der(
        subject=name(organisation="深圳市样例有限公司"),
        not_before=china("2025-05-01 00:00:00"),
        not_after=china("2026-05-01 23:59:59"),
    )
    tokens.initialise("第二把")
    tokens.write(("01", "sign", second), label="第二把")
    await computer.day(reads=True)
    tokens.pull_out("第二把")
    await computer.days(361)
    computer.days_reminded_of()
    tokens.initialise(ANOTHER)
    tokens.write(("01", "sign", NEXT), label=ANOTHER)
    await computer.day(reads=True)
    tokens.pull_out(ANOTHER)
    computer.days_reminded_of()
    await computer.days(10)
    texts = {text.splitlines()[-1] for _, text in computer.reminded}
    assert len(texts) == 2  # nothing says which of both was renewed


async def test_a_token_that_was_emptied_is_told_of_once_and_then_silent(computer, tokens):
    await computer.days(370)
    computer.days_reminded_of()
    tokens.plug_in()
    for key_id in (b"\x01", b"\x02"):
        tokens.destroy("CERTIFICATE", key_id)
    await computer.day(reads=True)
    tokens.pull_out()
    await computer.days(5)
    assert computer.forgotten == [LABEL]
    assert computer.days_reminded_of() == []


async def test_moved_to_another_computer_it_is_reminded_of_there_from_the_first_insertion(
    computer, tokens, tmp_path
):
    await computer.days(340)
    computer.days_reminded_of()
    other = Computer(tokens, tmp_path / "two")
    other.now = computer.now
    await other.days(3)
    assert other.days_reminded_of() == []
    tokens.plug_in()
    await other.day(reads=True)
    tokens.pull_out()
    await other.days(20)
    assert other.days_reminded_of() == [20, 15, 7, 3, 1]
    await computer.days(30)
    assert set(computer.days_reminded_of()) >= {15, 7, 3, 1, -1}


async def test_nobody_reminds_twice_a_day_whatever_the_clock_does(computer):
    await computer.days(365)
    computer.days_reminded_of()
    for jump in (-2, 3, -1, 0, 2, -3):
        computer.now += DAY * jump
        await computer.day()
    told = computer.days_reminded_of()
    assert len(told) == len(set(told))


async def test_a_disk_that_lost_its_memory_begins_anew_and_says_so(computer, tokens):
    file = computer.home / "tokens.json"
    file.write_bytes(file.read_bytes()[:100])
    await computer.days(370)
    assert computer.days_reminded_of() == []
    assert [each.name for each in computer.home.glob("*damaged*")] == [
        "tokens.damaged-2025-04-03.json"
    ]
    tokens.plug_in()
    await computer.day(reads=True)
    tokens.pull_out()
    await computer.days(2)
    assert computer.days_reminded_of() == [-7, -8, -9]
    assert thumbprint_of(SIGN) in file.read_text("utf-8")
