"""Applies the rules at the right moments: at start, on insertion, and by the clock.

A pair is reminded of once, by its signing certificate: the renewal is the same for both.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from dataclasses import dataclass

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from agent.certificates.model import Certificate
from agent.certificates.pairs import group
from agent.ground.bus import Event, EventBus
from agent.ground.clock import Clock
from agent.ground.language import Language
from agent.reminders.memory import ReminderMemory
from agent.reminders.rules import (
    Later,
    Reminder,
    is_due,
    put_off,
    reminder_text,
    reminder_title,
    shown_now,
)
from agent.settings.quiet import QuietHours, is_quiet
from agent.tokens.inventory import Inventory, TokenInserted, TokensChanged
from agent.tokens.snapshot import Token

log = logging.getLogger(__name__)

CHECK_MINUTES = 15
"""Timers stand still while the machine sleeps, so the calendar is looked at this often."""


class ReminderRaised(Event, frozen=True, kw_only=True, tag="reminder"):
    """A reminder is to be shown."""

    reminder: Reminder


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderRules:
    """What can be set of reminders."""

    thresholds: tuple[int, ...]
    quiet_hours: QuietHours | None = None


class ReminderService:
    """Raises reminders as events; showing them is somebody else's work."""

    def __init__(
        self,
        *,
        inventory: Inventory,
        memory: ReminderMemory,
        bus: EventBus,
        clock: Clock,
        language: Callable[[], Language],
        rules: Callable[[], ReminderRules],
    ) -> None:
        self._inventory = inventory
        self._memory = memory
        self._bus = bus
        self._clock = clock
        self._language = language
        self._rules = rules
        self._inserted: set[str] = set()
        self.raised: dict[str, Reminder] = {}
        """The newest reminder of each certificate since the agent started."""
        self._unsubscribe = bus.subscribe(self._on_event)
        self._scheduler = AsyncIOScheduler(timezone="UTC")

    def start(self) -> None:
        """Look at the calendar from now on."""
        self._scheduler.add_job(
            self.check,
            IntervalTrigger(minutes=CHECK_MINUTES),
            misfire_grace_time=None,  # late is better than never
            coalesce=True,
        )
        self._scheduler.start()

    def close(self) -> None:
        """Stop looking."""
        self._unsubscribe()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def check(self) -> None:
        """Raise what is due now; in quiet hours nothing is, and what was plugged in stays noted."""
        now, rules = self._clock(), self._rules()
        if is_quiet(rules.quiet_hours, now):
            return
        for token in self._inventory.snapshot.tokens:
            anew = token.reference.serial in self._inserted
            for certificate in _to_remind_of(token, now):
                last = self._memory.last(certificate.thumbprint)
                if is_due(
                    certificate, last, now, thresholds=rules.thresholds, is_inserted_anew=anew
                ):
                    self._raise(certificate)
        self._inserted.clear()

    def put_off(self, thumbprint: str, later: Later) -> None:
        """Remind of a certificate again when ``later`` says; one that is not plugged in is let be."""
        found = self._inventory.snapshot.find(thumbprint)
        if found is None:
            return
        _, held = found
        self._memory.remember(thumbprint, put_off(held.certificate, later, self._clock()))
        log.info("reminder put off thumbprint=%s later=%s", thumbprint, later.value)

    def _raise(self, certificate: Certificate) -> None:
        now = self._clock()
        self._memory.remember(certificate.thumbprint, shown_now(certificate, now))
        language = self._language()
        reminder = Reminder(
            thumbprint=certificate.thumbprint,
            title=reminder_title(certificate.organisation, language),
            text=reminder_text(certificate, now, language),
        )
        self.raised[certificate.thumbprint] = reminder
        log.info("reminder thumbprint=%s", certificate.thumbprint)
        self._bus.publish(ReminderRaised(reminder=reminder))

    def _on_event(self, event: Event) -> None:
        if isinstance(event, TokenInserted) and not event.at_start:
            self._inserted.add(event.token.serial)
        elif isinstance(event, TokensChanged):
            self.check()


def _to_remind_of(token: Token, now: dt.datetime) -> list[Certificate]:
    """Return one certificate of each pair; none where its successor is on the token already."""
    pairs = group(token.certificates, now).pairs
    return [pair.lead.certificate for pair in pairs if pair.successor is None]
