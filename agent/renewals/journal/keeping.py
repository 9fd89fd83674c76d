"""Saving renewals: into the journal, told to whoever listens, nothing personal left of one that ended."""

from __future__ import annotations

import logging

import msgspec

from agent.ground.bus import EventBus
from agent.renewals.ground.errors import RenewalNotFoundError
from agent.renewals.journal.journal import Journal, StaleRenewalError
from agent.renewals.journal.record import Renewal, RenewalChanged
from agent.renewals.journal.scan_store import ScanStore

log = logging.getLogger(__name__)


class Keeper:
    """The one way a renewal is changed, whoever changes it."""

    def __init__(self, journal: Journal, scans: ScanStore, bus: EventBus) -> None:
        self._journal = journal
        self._scans = scans
        self._bus = bus

    def get(self, renewal_id: str) -> Renewal:
        """Return one renewal; RenewalNotFoundError."""
        try:
            return self._journal.get(renewal_id)
        except KeyError as error:
            raise RenewalNotFoundError(id=renewal_id) from error

    def add(self, renewal: Renewal) -> Renewal:
        """Keep a new renewal, or return the open one of the same certificate; NotSavedError."""
        added = self._journal.add(renewal)
        log.info("renewal started id=%s", added.id)
        self._bus.publish(RenewalChanged(renewal=added))
        return added

    def save(self, renewal: Renewal) -> Renewal:
        """Save a renewal and tell of it; one that has ended loses all that is personal first.

        Raises:
            StaleRenewalError, NotSavedError: as :meth:`Journal.save` says.
        """
        if renewal.has_ended:
            renewal = renewal.forgotten()
            self._scans.forget(renewal.id)
        saved = self._journal.save(renewal)
        log.info(
            "renewal saved id=%s state=%s waiting=%s", renewal.id, renewal.state, renewal.waiting
        )
        self._bus.publish(RenewalChanged(renewal=saved))
        return saved

    def save_after_pin(self, before: Renewal, after: Renewal) -> Renewal:
        """Save what was made from ``before``; at most what is waited for can have been saved since.

        Raises:
            StaleRenewalError: its state is another by now, or it is withdrawn.
        """
        stored = self.get(before.id)
        is_as_before = stored.state is before.state
        if not is_as_before or stored.is_withdrawing is not before.is_withdrawing:
            raise StaleRenewalError
        return self.save(msgspec.structs.replace(after, revision=stored.revision))
