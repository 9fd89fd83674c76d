"""Applies the rules at the right moments: at start, on insertion, and by the clock.

A pair is reminded of once, by its signing certificate: the renewal is the same for both.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from agent.bus import Event, EventBus
from agent.certificates.model import Certificate
from agent.certificates.pairs import group
from agent.clock import Clock
from agent.language import Language
from agent.reminders.memory import ReminderMemory
from agent.reminders.rules import (
    Reminder,
    is_due,
    reminder_text,
    reminder_title,
    shown_now,
)
from agent.tokens.inventory import Inventory, TokenInserted, TokensChanged
from agent.tokens.snapshot import Token

log = logging.getLogger(__name__)

CHECK_MINUTES = 15
"""Timers stand still while the machine sleeps, so the calendar is looked at this often."""


class ReminderRaised(Event, frozen=True, kw_only=True, tag="reminder"):
    """A reminder is to be shown."""

    reminder: Reminder


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
        thresholds: Sequence[int],
    ) -> None:
        self._inventory = inventory
        self._memory = memory
        self._bus = bus
        self._clock = clock
        self._language = language
        self._thresholds = thresholds
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
        """Raise what is due now."""
        now = self._clock()
        for token in self._inventory.snapshot.tokens:
            anew = token.reference.serial in self._inserted
            for certificate in _to_remind_of(token, now):
                last = self._memory.last(certificate.thumbprint)
                if is_due(
                    certificate, last, now, thresholds=self._thresholds, is_inserted_anew=anew
                ):
                    self._raise(certificate)
        self._inserted.clear()

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
