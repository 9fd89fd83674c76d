"""Reminders of real tokens: at start, on insertion and by the clock. Needs softhsm2."""

from __future__ import annotations

import datetime as dt

import pytest
from certificate_maker import ENCRYPTION, china, make_der, name, thumbprint_of
from der_maker import UTC_TIME, make, validity
from soft_token import LABEL, SoftTokens

from agent.ground.bus import EventBus
from agent.ground.language import Language
from agent.remembered.service import Remembered
from agent.remembered.store import TokenStore
from agent.reminders.memory import ReminderMemory
from agent.reminders.rules import Later
from agent.reminders.service import (
    ReminderRaised,
    ReminderRules,
    ReminderService,
    ReminderTakenBack,
)
from agent.settings.config import ReminderSettings
from agent.settings.quiet import quiet_hours
from agent.tokens.inventory import Inventory, TokensChanged

THRESHOLDS = ReminderSettings().thresholds

DAY = dt.timedelta(days=1)
EXPIRED = make_der(not_after=china("2022-07-20 23:59:59"))
PAIR = make_der(not_after=china("2022-07-20 23:59:59"), usage=ENCRYPTION)
LONG_GOOD = make_der(
    not_before=china("2025-03-01 00:00:00"), not_after=china("2027-05-01 23:59:59")
)
SUCCESSOR = make_der(
    not_before=china("2025-03-01 00:00:00"), not_after=china("2026-03-01 23:59:59")
)


class Desk:
    """An agent's reminders over a SoftHSM, a clock that stands, and what was raised."""

    def __init__(self, tokens: SoftTokens, folder) -> None:
        self.tokens = tokens
        self.now = china("2025-03-07 09:00:00")
        self.rules = ReminderRules(thresholds=THRESHOLDS)
        self._file = folder / "reminders.json"
        self.raised: list[ReminderRaised] = []
        self.remembers = True
        self.begin()

    def begin(self) -> None:
        bus = EventBus()
        bus.subscribe(lambda event: isinstance(event, ReminderRaised) and self.raised.append(event))
        self.bus = bus
        self.inventory = Inventory((self.tokens.settings,), bus)
        self.remembered = Remembered(
            inventory=self.inventory,
            store=TokenStore(self._file.with_name("tokens.json")),
            bus=bus,
            clock=lambda: self.now,
            is_on=lambda: self.remembers,
        )
        self.service = ReminderService(
            remembered=self.remembered,
            memory=ReminderMemory(self._file),
            bus=bus,
            clock=lambda: self.now,
            language=lambda: Language.ZH,
            rules=lambda: self.rules,
        )

    async def end(self) -> None:
        self.service.close()
        self.remembered.close()
        await self.inventory.close()

    async def restart(self) -> None:
        await self.end()
        self.begin()

    async def reads_tokens(self) -> list[str]:
        """Read the tokens and return the thumbprints reminded of."""
        await self.inventory.refresh()
        return self.told()

    def told(self) -> list[str]:
        told, self.raised[:] = [event.reminder.thumbprint for event in self.raised], []
        return told


@pytest.fixture
async def desk(tmp_path):
    tokens = SoftTokens(tmp_path / "hsm")
    tokens.initialise()
    desk = Desk(tokens, tmp_path)
    yield desk
    await desk.end()


async def test_an_expired_certificate_is_reminded_of_at_the_start(desk):
    desk.tokens.write(("01", "sign", EXPIRED))
    await desk.inventory.refresh()
    [raised] = desk.raised
    assert raised.reminder.thumbprint == thumbprint_of(EXPIRED)
    assert raised.reminder.title == "深圳市样例有限公司的数字证书"
    assert "已过期961天" in raised.reminder.text
    assert desk.service.raised == {thumbprint_of(EXPIRED): raised.reminder}


async def test_a_restart_on_the_same_day_says_nothing_and_on_the_next_day_again(desk):
    desk.tokens.write(("01", "sign", EXPIRED))
    assert len(await desk.reads_tokens()) == 1
    await desk.restart()
    assert await desk.reads_tokens() == []
    desk.now += DAY
    await desk.restart()
    assert await desk.reads_tokens() == [thumbprint_of(EXPIRED)]


async def test_a_token_that_is_plugged_in_again_is_reminded_of_again(desk):
    desk.tokens.write(("01", "sign", EXPIRED))
    assert len(await desk.reads_tokens()) == 1
    desk.tokens.pull_out()
    assert await desk.reads_tokens() == []
    desk.tokens.plug_in()
    assert await desk.reads_tokens() == [thumbprint_of(EXPIRED)]
    desk.service.check()
    assert desk.told() == []


async def test_the_calendar_alone_raises_it_once_a_day(desk):
    desk.tokens.write(("01", "sign", EXPIRED))
    await desk.reads_tokens()
    for hours in (1, 2, 14, 20):
        desk.service.check()
        desk.now += dt.timedelta(hours=hours)
    assert desk.told() == [thumbprint_of(EXPIRED)]


async def test_a_pair_whose_successor_waits_on_the_token_is_not_reminded_of(desk):
    ending = make_der(
        not_before=china("2024-04-01 00:00:00"), not_after=china("2025-04-01 23:59:59")
    )
    coming = make_der(
        not_before=china("2025-04-02 00:00:00"), not_after=china("2026-04-01 23:59:59")
    )
    desk.tokens.write(("01", "sign", ending))
    assert await desk.reads_tokens() == [thumbprint_of(ending)]
    desk.tokens.write(("02", "next", coming))
    desk.now += DAY * 20
    assert await desk.reads_tokens() == []


async def test_an_odd_certificate_is_reminded_of_like_any_other(desk):
    odd = make(serial=b"\x02\x01\xe1", dates=validity(b"2207201559Z", UTC_TIME))
    desk.tokens.write(("01", "sign", odd))
    assert await desk.reads_tokens() == [thumbprint_of(odd)]


async def test_pairs_of_two_organisations_are_reminded_of_each(desk):
    other = make_der(subject=name(organisation="乙公司"), not_after=china("2022-07-20 23:59:59"))
    desk.tokens.write(("01", "sign", EXPIRED), ("02", "other", other), ("03", "encrypt", PAIR))
    assert set(await desk.reads_tokens()) == {thumbprint_of(EXPIRED), thumbprint_of(other)}


async def test_a_pair_is_reminded_of_once_by_its_signing_certificate(desk):
    desk.tokens.write(("02", "encrypt", PAIR), ("01", "sign", EXPIRED))
    assert await desk.reads_tokens() == [thumbprint_of(EXPIRED)]


async def test_an_encryption_certificate_alone_is_reminded_of(desk):
    desk.tokens.write(("02", "encrypt", PAIR))
    assert await desk.reads_tokens() == [thumbprint_of(PAIR)]


async def test_a_certificate_that_has_been_renewed_is_not_reminded_of(desk):
    desk.tokens.write(("01", "sign", EXPIRED), ("03", "sign", SUCCESSOR))
    assert await desk.reads_tokens() == []


async def test_a_certificate_renewed_while_the_agent_runs_falls_silent(desk):
    desk.tokens.write(("01", "sign", EXPIRED))
    await desk.reads_tokens()
    desk.tokens.write(("03", "sign", SUCCESSOR))
    desk.now += DAY
    assert await desk.reads_tokens() == []


async def test_each_organisation_on_a_token_is_reminded_of(desk):
    other = make_der(subject=name(organisation="另一公司"))
    desk.tokens.write(("01", "sign", EXPIRED), ("02", "sign", other))
    assert set(await desk.reads_tokens()) == {thumbprint_of(EXPIRED), thumbprint_of(other)}


async def test_garbage_on_the_token_silences_nothing(desk):
    desk.tokens.write(("01", "junk", b"garbage"), ("02", "sign", EXPIRED))
    assert await desk.reads_tokens() == [thumbprint_of(EXPIRED)]


async def test_ca_certificates_on_the_token_are_not_reminded_of(desk):
    desk.tokens.write(("01", "ca", make_der(is_ca=True)))
    assert await desk.reads_tokens() == []


async def test_a_token_in_its_drawer_is_reminded_of_with_its_name(desk):
    desk.tokens.write(("01", "sign", EXPIRED))
    await desk.reads_tokens()
    desk.tokens.pull_out()
    await desk.restart()
    desk.now += DAY
    await desk.inventory.refresh()
    desk.service.check()
    [raised] = desk.raised
    assert raised.reminder.thumbprint == thumbprint_of(EXPIRED)
    assert raised.reminder.token == LABEL
    assert "已过期962天" in raised.reminder.text
    assert f"请取出电子钥匙“{LABEL}”" in raised.reminder.text


async def test_where_nothing_is_to_be_remembered_a_token_in_its_drawer_is_not_reminded_of(desk):
    desk.remembers = False
    desk.tokens.write(("01", "sign", EXPIRED))
    assert await desk.reads_tokens() == [thumbprint_of(EXPIRED)]
    desk.tokens.pull_out()
    desk.now += DAY
    assert await desk.reads_tokens() == []
    desk.service.check()
    assert desk.told() == []


async def test_what_is_not_to_be_reminded_of_is_silent_until_a_person_says_otherwise(desk):
    desk.tokens.write(("01", "sign", EXPIRED))
    assert await desk.reads_tokens() == [thumbprint_of(EXPIRED)]
    desk.tokens.pull_out()
    await desk.reads_tokens()
    desk.service.put_off([thumbprint_of(EXPIRED)], Later.NEVER)
    assert desk.service.pairs_to_mind() == ()
    await desk.restart()
    for _ in range(400):
        desk.now += DAY
        desk.service.check()
    desk.tokens.plug_in()
    assert await desk.reads_tokens() == []
    [silenced] = desk.service.silenced()
    desk.service.resume(silenced.thumbprint)
    desk.service.check()
    assert desk.told() == [thumbprint_of(EXPIRED)]


async def test_a_closed_service_says_nothing_more(desk):
    desk.tokens.write(("01", "sign", EXPIRED))
    desk.service.start()
    desk.service.close()
    assert await desk.reads_tokens() == []


async def test_a_check_that_came_late_is_made_all_the_same(desk):
    desk.service.start()
    [job] = desk.service._scheduler.get_jobs()
    # APScheduler drops what is a second late unless it is told not to.
    assert job.misfire_grace_time is None
    assert job.coalesce
    assert job.trigger.interval <= dt.timedelta(minutes=15)


async def test_a_change_on_the_bus_is_looked_at_without_a_new_reading(desk):
    desk.tokens.write(("01", "sign", EXPIRED))
    await desk.reads_tokens()
    desk.now += DAY
    desk.bus.publish(TokensChanged())
    assert desk.told() == [thumbprint_of(EXPIRED)]


async def test_what_was_put_off_stays_put_off_after_a_restart(desk):
    desk.tokens.write(("01", "sign", EXPIRED))
    assert await desk.reads_tokens() == [thumbprint_of(EXPIRED)]
    desk.service.put_off([thumbprint_of(EXPIRED)], Later.WEEK)
    desk.now += DAY * 2
    await desk.restart()
    assert await desk.reads_tokens() == []
    desk.now += DAY * 5
    desk.service.check()
    assert desk.told() == [thumbprint_of(EXPIRED)]


async def test_what_was_put_off_until_the_next_insertion_is_due_then(desk):
    desk.tokens.write(("01", "sign", EXPIRED))
    await desk.reads_tokens()
    desk.service.put_off([thumbprint_of(EXPIRED)], Later.INSERTION)
    desk.now += DAY * 3
    assert await desk.reads_tokens() == []
    desk.tokens.pull_out()
    await desk.reads_tokens()
    desk.tokens.plug_in()
    assert await desk.reads_tokens() == [thumbprint_of(EXPIRED)]


async def test_what_was_plugged_in_in_quiet_hours_is_reminded_of_after_them(desk):
    hour = desk.now.astimezone()
    span = [(hour + dt.timedelta(hours=h)).strftime("%H:%M") for h in (-1, 1)]
    desk.rules = ReminderRules(thresholds=THRESHOLDS, quiet_hours=quiet_hours("-".join(span)))
    desk.tokens.write(("01", "sign", EXPIRED))
    assert await desk.reads_tokens() == []
    desk.now += dt.timedelta(hours=2)
    desk.service.check()
    assert desk.told() == [thumbprint_of(EXPIRED)]


async def test_thresholds_that_are_set_anew_hold_at_once(desk):
    ending = make_der(not_after=desk.now + DAY * 50)
    desk.rules = ReminderRules(thresholds=(30,))
    desk.tokens.write(("01", "sign", ending))
    assert await desk.reads_tokens() == []
    desk.rules = ReminderRules(thresholds=(60,))
    desk.service.check()
    assert desk.told() == [thumbprint_of(ending)]


async def test_a_reminder_of_a_wrong_clock_is_taken_back_once_the_clock_is_right(desk):
    desk.tokens.write(("01", "sign", LONG_GOOD))
    desk.now += DAY * 3650
    assert await desk.reads_tokens() == [thumbprint_of(LONG_GOOD)]
    taken_back = []
    desk.bus.subscribe(lambda e: isinstance(e, ReminderTakenBack) and taken_back.append(e))
    desk.now -= DAY * 3650
    desk.service.look_again()
    assert [event.thumbprint for event in taken_back] == [thumbprint_of(LONG_GOOD)]
    assert desk.told() == []
    assert not desk.service.raised
    desk.now += DAY * 800  # and it is reminded of on its day
    desk.service.check()
    assert desk.told() == [thumbprint_of(LONG_GOOD)]


async def test_a_reminder_that_is_due_by_the_right_clock_too_is_said_anew_with_its_number(desk):
    desk.tokens.write(("01", "sign", EXPIRED))
    desk.now += DAY * 3650
    await desk.reads_tokens()
    desk.now -= DAY * 3650
    desk.service.look_again()
    [raised] = desk.raised
    assert "已过期961天" in raised.reminder.text


@pytest.mark.parametrize(
    "zone", ["CST-8", "UTC+8", "Asia/Beijing", "Asia/Shanghai", "/etc/passwd", "北京"]
)
async def test_the_calendar_is_looked_at_whatever_the_time_zone_is_called(desk, monkeypatch, zone):
    monkeypatch.setenv("TZ", zone)
    desk.service.start()
    [job] = desk.service._scheduler.get_jobs()
    assert dt.timedelta() < job.next_run_time - dt.datetime.now(dt.UTC) <= dt.timedelta(minutes=15)
