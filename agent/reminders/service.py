"""Applies the rules at the right moments: at start, on insertion, and by the clock.

A pair is reminded of once, by its signing certificate: the renewal is the same for both. Whether its
token is plugged in makes no difference, for nobody's is.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Collection, Sequence

import msgspec
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from agent.certificates.days import is_expired
from agent.certificates.model import Certificate
from agent.ground.bus import Event, EventBus
from agent.ground.clock import Clock
from agent.ground.language import Language
from agent.remembered.model import KnownPair
from agent.remembered.service import Remembered
from agent.reminders.memory import ReminderMemory
from agent.reminders.rules import (
    Later,
    Reminder,
    fetch_text,
    is_by_a_wrong_clock,
    is_due,
    is_silenced,
    put_off,
    reminder_text,
    reminder_title,
    shown_now,
)
from agent.settings.quiet import QuietHours, is_quiet
from agent.tokens.inventory import TokenInserted, TokensChanged

log = logging.getLogger(__name__)

CHECK_MINUTES = 15
"""Timers stand still while the machine sleeps, so the calendar is looked at this often."""


AT_A_TIME = 50
"""Pairs looked at in one turn of the loop: a stranger's token may have thousands, all of them due."""


class ReminderRaised(Event, frozen=True, kw_only=True, tag="reminder"):
    """A reminder is to be shown."""

    reminder: Reminder


class ReminderTakenBack(Event, frozen=True, kw_only=True, tag="reminder_taken_back"):
    """What was reminded of was so by a wrong clock only."""

    thumbprint: str


class RemindersChanged(Event, frozen=True, kw_only=True, tag="reminders_changed"):
    """A person said that a certificate is not to be reminded of any more, or again."""


class ReminderRules(msgspec.Struct, frozen=True, kw_only=True):
    """What can be set of reminders."""

    thresholds: tuple[int, ...]
    quiet_hours: QuietHours | None = None


class ReminderService:
    """Raises reminders as events; showing them is somebody else's work."""

    def __init__(
        self,
        *,
        remembered: Remembered,
        memory: ReminderMemory,
        bus: EventBus,
        clock: Clock,
        language: Callable[[], Language],
        rules: Callable[[], ReminderRules],
        costs: Callable[[Certificate, Language], str] = lambda _certificate, _language: "",
    ) -> None:
        """``costs`` tells what waiting costs, empty where that is not known."""
        self._remembered = remembered
        self._costs = costs
        self._memory = memory
        self._bus = bus
        self._clock = clock
        self._language = language
        self._rules = rules
        self._inserted: set[str] = set()
        self._next: asyncio.Handle | None = None
        """Looks at the pairs that are left to be looked at."""
        self.raised: dict[str, Reminder] = {}
        """The newest reminder of each certificate since the agent started."""
        self._unsubscribe = bus.subscribe(self._on_event)
        self._scheduler = AsyncIOScheduler(timezone=dt.UTC)

    def start(self) -> None:
        """Look at the calendar from now on."""
        self._schedule()
        self._scheduler.start()

    def look_again(self) -> None:
        """Look at the calendar, whose day is another since the clock was set.

        The next look was planned by the clock as it was, and what was raised may never have been due.
        """
        self._schedule()
        now = self._clock()
        shown = {one: self._memory.last(one) for one in self.raised}
        self._take_back(
            [one for one, last in shown.items() if last and is_by_a_wrong_clock(last, now)]
        )
        self.check()

    def close(self) -> None:
        """Stop looking."""
        self._unsubscribe()
        if self._next is not None:
            self._next.cancel()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def check(self) -> None:
        """Raise what is due now; in quiet hours nothing is, and what was plugged in stays noted.

        Of very many pairs the first are looked at at once, the others in turns of the loop.
        """
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if not is_quiet(self._rules().quiet_hours, self._clock()):
            self._look_at(self._remembered.pairs())

    def _look_at(self, pairs: Sequence[KnownPair]) -> None:
        now, rules = self._clock(), self._rules()
        due = [
            known
            for known in pairs[:AT_A_TIME]
            if not known.is_renewed
            and self._is_due(known, now, rules, anew=known.is_present and self._is_new(known))
        ]
        self._raise(due, now)
        if left := pairs[AT_A_TIME:]:
            self._next = asyncio.get_running_loop().call_soon(self._look_at, left)
            return
        self._next = None
        self._inserted.clear()

    def _is_new(self, known: KnownPair) -> bool:
        return known.token.serial in self._inserted

    def put_off(self, thumbprints: Collection[str], later: Later) -> None:
        """Remind of certificates again when ``later`` says; those that are not known are let be."""
        wanted, now = frozenset(thumbprints), self._clock()
        leads = [known.pair.lead.certificate for known in self._remembered.pairs()]
        shown = {
            lead.thumbprint: put_off(lead, later, now)
            for lead in leads
            if lead.thumbprint in wanted
        }
        if not shown:
            return
        self._memory.remember(shown)
        first = next(iter(shown))
        log.info("reminders put off count=%s first=%s later=%s", len(shown), first, later.value)
        if later is Later.NEVER:
            self._bus.publish(RemindersChanged())

    def resume(self, thumbprint: str) -> None:
        """Remind again of what a person did not want to be reminded of any more."""
        if self.is_silenced(thumbprint):
            self._memory.forget([thumbprint])
            self._bus.publish(RemindersChanged())

    def is_silenced(self, thumbprint: str) -> bool:
        """Return whether a certificate is not to be reminded of any more."""
        return is_silenced(self._memory.last(thumbprint))

    def silenced(self) -> tuple[KnownPair, ...]:
        """Return the pairs that are not to be reminded of any more."""
        return tuple(p for p in self._remembered.pairs() if self.is_silenced(p.thumbprint))

    def pairs_to_mind(self) -> tuple[KnownPair, ...]:
        """Return the pairs somebody has to look after: not what is replaced, nor silenced in a drawer."""
        return tuple(
            known
            for known in self._remembered.pairs()
            if not known.replaced_by
            and (known.is_present or not self.is_silenced(known.thumbprint))
        )

    def _schedule(self) -> None:
        self._scheduler.add_job(
            self.check,
            # Of its own accord it asks which zone this computer is in, and fails where TZ names none.
            IntervalTrigger(minutes=CHECK_MINUTES, timezone=dt.UTC),
            id="calendar",
            replace_existing=True,
            misfire_grace_time=None,  # late is better than never
            coalesce=True,
        )

    def _take_back(self, thumbprints: Sequence[str]) -> None:
        self._memory.forget(one for one in thumbprints if not self.is_silenced(one))
        for thumbprint in thumbprints:
            del self.raised[thumbprint]
            log.info("reminder taken back thumbprint=%s", thumbprint)
            self._bus.publish(ReminderTakenBack(thumbprint=thumbprint))

    def _is_due(
        self, known: KnownPair, now: dt.datetime, rules: ReminderRules, *, anew: bool
    ) -> bool:
        last = self._memory.last(known.thumbprint)
        certificate = known.pair.lead.certificate
        return is_due(certificate, last, now, thresholds=rules.thresholds, is_inserted_anew=anew)

    def _raise(self, due: Sequence[KnownPair], now: dt.datetime) -> None:
        if due:
            shown = {one.thumbprint: shown_now(one.pair.lead.certificate, now) for one in due}
            self._memory.remember(shown)
        for known in due:
            self._tell(known, now)

    def _tell(self, known: KnownPair, now: dt.datetime) -> None:
        certificate, language = known.pair.lead.certificate, self._language()
        said = [
            reminder_text(certificate, now, language),
            self._costs(certificate, language),
            "" if known.is_present else fetch_text(known.token.label, language),
        ]
        reminder = Reminder(
            thumbprint=certificate.thumbprint,
            title=reminder_title(certificate.organisation, language),
            text="\n".join(filter(None, said)),
            token="" if known.is_present else known.token.label,
            is_expired=is_expired(certificate.not_after, now),
        )
        self.raised[certificate.thumbprint] = reminder
        log.info("reminder thumbprint=%s present=%s", certificate.thumbprint, known.is_present)
        self._bus.publish(ReminderRaised(reminder=reminder))

    def _on_event(self, event: Event) -> None:
        if isinstance(event, TokenInserted) and not event.at_start:
            self._inserted.add(event.token.serial)
        elif isinstance(event, TokensChanged):
            self.check()
