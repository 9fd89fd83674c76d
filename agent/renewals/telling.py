"""What is told of a renewal beyond what the journal keeps: that a step is at work, or was not saved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import msgspec

from agent.ground.bus import EventBus
from agent.ground.clock import Clock
from agent.ground.reports import ErrorReport
from agent.renewals.journal.record import Renewal, RenewalChanged
from agent.renewals.journal.states import Waiting
from agent.system.files import NotSavedError

FOR_A_TOKEN = frozenset({Waiting.TOKEN, Waiting.PIN, Waiting.SPACE})


class _Unsaved(msgspec.Struct, frozen=True):
    """Why the outcome of a step is not on the disk, and which save it should have followed."""

    error: ErrorReport
    at: dt.datetime
    revision: int


class Telling:
    """Knows how each renewal is to be shown."""

    def __init__(self, is_at_work: Callable[[str], bool], bus: EventBus, clock: Clock) -> None:
        """``is_at_work``: whether a step is under way that the renewal's PIN was entered for."""
        self._is_at_work = is_at_work
        self._bus = bus
        self._clock = clock
        self._unsaved: dict[str, _Unsaved] = {}

    def shown(self, renewal: Renewal) -> Renewal:
        """Return a renewal as it is to be told.

        While a step has its PIN none is waited for; kept is that one is, since after a kill it will be.
        """
        if renewal.waiting in FOR_A_TOKEN and self._is_at_work(renewal.id):
            return msgspec.structs.replace(renewal, waiting=None, error=None)
        unsaved = self._unsaved.get(renewal.id)
        if unsaved is not None and unsaved.revision == renewal.revision:
            return renewal.changed(unsaved.at, error=unsaved.error)
        return renewal

    def is_over(self, renewal_id: str) -> None:
        """Forget what became of the step before."""
        self._unsaved.pop(renewal_id, None)

    def was_not_saved(self, kept: Renewal, error: NotSavedError) -> None:
        """Tell who entered the PIN of a step, and else would wait for what comes of it."""
        self._unsaved[kept.id] = _Unsaved(error.report(), self._clock(), kept.revision)
        self._bus.publish(RenewalChanged(renewal=kept))
