"""Renewals under way: one task each drives its steps; the user's actions and tokens wake them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from agent.bus import Event, EventBus
from agent.certificates.model import CertificateUse
from agent.clock import Clock
from agent.errors import OdcError
from agent.renewals.authorities import Authorities
from agent.renewals.authority import AuthorityUnreachableError
from agent.renewals.dossier import DossierIncompleteError, check_dossier
from agent.renewals.errors import (
    CertificateNotFoundError,
    NotRenewableError,
    RenewalClosedError,
    RenewalNotFoundError,
    WrongStateError,
)
from agent.renewals.journal import Journal, StaleRenewalError
from agent.renewals.pin_entry import PinEntry
from agent.renewals.protocol import Applicant, DocumentName
from agent.renewals.record import PrivatePart, Renewal, RenewalChanged
from agent.renewals.scan_store import ScanStore
from agent.renewals.scans import inspect_scan
from agent.renewals.states import State, Waiting
from agent.renewals.steps import ApplicationClosed, Context, Wait, advance, credentials_of
from agent.tokens.inventory import Inventory, TokensChanged

log = logging.getLogger(__name__)

FIRST_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 900.0


@dataclass(slots=True)
class _Drive:
    """The task of one renewal, and the event that wakes it."""

    wake: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class RenewalService:
    """Everything that can be done with renewals."""

    def __init__(
        self,
        *,
        journal: Journal,
        scans: ScanStore,
        inventory: Inventory,
        authorities: Authorities,
        bus: EventBus,
        clock: Clock,
    ) -> None:
        self._journal = journal
        self._scans = scans
        self._inventory = inventory
        self._authorities = authorities
        self._bus = bus
        self._clock = clock
        self._drives: dict[str, _Drive] = {}
        self.pin_entry = PinEntry(inventory, self.context_of, self._after_pin)
        self._unsubscribe = bus.subscribe(self._on_event)

    def resume(self) -> None:
        """Go on with every renewal that was under way when the agent last ended."""
        for renewal in self._journal.all():
            if not renewal.has_ended:
                self._drive(renewal.id)

    def all(self) -> list[Renewal]:
        """Return all renewals, the newest first."""
        return self._journal.all()

    def get(self, renewal_id: str) -> Renewal:
        """Return one renewal; RenewalNotFoundError."""
        try:
            return self._journal.get(renewal_id)
        except KeyError as error:
            raise RenewalNotFoundError(id=renewal_id) from error

    async def start(self, thumbprint: str) -> Renewal:
        """Start the renewal of a signing certificate, or join the one under way.

        The token is read afresh, so that a stale list never starts anything.

        Raises:
            CertificateNotFoundError, NotRenewableError, NoAuthorityError, TrustAnchorError
        """
        under_way = self._journal.open_for(thumbprint)
        if under_way is not None:
            return under_way
        found = (await self._inventory.refresh()).find(thumbprint)
        if found is None:
            raise CertificateNotFoundError
        token, held = found
        if held.certificate.use is not CertificateUse.SIGNING:
            raise NotRenewableError
        authority = self._authorities.for_certificate(held.certificate)
        self._authorities.client(authority.name)
        now = self._clock()
        renewal = self._journal.add(
            Renewal(
                id=str(uuid.uuid4()),
                thumbprint=thumbprint,
                organisation=held.certificate.organisation,
                authority=authority.name,
                token=token.reference,
                key_id=held.id,
                new_key_id=secrets.token_bytes(20),
                state=State.DRAFTING,
                waiting=None,
                created=now,
                updated=now,
                private=PrivatePart(
                    secret=secrets.token_urlsafe(32), certificate=held.certificate.der
                ),
            )
        )
        log.info("renewal started id=%s", renewal.id)
        self._bus.publish(RenewalChanged(renewal=renewal))
        self._drive(renewal.id)
        return renewal

    def submit_dossier(
        self, renewal_id: str, applicant: Applicant, scans: Mapping[DocumentName, bytes]
    ) -> Renewal:
        """Take the dossier, or what was amended of it; scans not given are kept as they are.

        Raises:
            WrongStateError, ScanUnreadableError, DossierIncompleteError
        """
        renewal = self.get(renewal_id)
        if renewal.state not in {State.DRAFTING, State.REJECTED} or renewal.policy is None:
            raise WrongStateError(state=renewal.state.value)
        digests = {name: inspect_scan(content) for name, content in scans.items()}
        documents = {**renewal.private.documents, **digests}
        findings = check_dossier(renewal.policy, applicant, documents)
        if findings:
            raise DossierIncompleteError(findings)
        for name, content in scans.items():
            self._scans.put(renewal.id, name, content)
        now = self._clock()
        version = renewal.version + (renewal.state is State.REJECTED)
        after = renewal.with_private(now, applicant=applicant, documents=documents)
        return self._go_on(after.changed(now, version=version).moved(State.SIGNING, now))

    async def send_sms(self, renewal_id: str) -> Renewal:
        """Have the SMS code sent; WrongStateError, SmsTooSoonError, AuthorityUnreachableError."""
        renewal = self._in_state(renewal_id, State.APPROVED)
        await self._authorities.client(renewal.authority).send_sms(credentials_of(renewal))
        return renewal

    async def verify_sms(self, renewal_id: str, code: str) -> Renewal:
        """Release the application; WrongStateError, SmsCodeWrongError, AuthorityUnreachableError."""
        renewal = self._in_state(renewal_id, State.APPROVED)
        client = self._authorities.client(renewal.authority)
        await client.verify_sms(credentials_of(renewal), code)
        # Read again: its task may have found out meanwhile that the application is released.
        released = self.get(renewal_id)
        if released.state is not State.APPROVED:
            return released
        return self._go_on(released.moved(State.ISSUING, self._clock()))

    async def cancel(self, renewal_id: str) -> Renewal:
        """Withdraw the application and end the renewal; the token is left as it is.

        Raises:
            WrongStateError: it has ended already.
            AuthorityUnreachableError: the application could not be withdrawn; nothing has changed.
        """
        renewal = self.get(renewal_id)
        if renewal.has_ended or renewal.is_proved:
            raise WrongStateError(state=renewal.state.value)
        await self.pin_entry.cancel(renewal_id)
        await self._stop_driving(renewal_id)
        try:
            if renewal.state not in {State.DRAFTING, State.SIGNING} or renewal.version > 1:
                client = self._authorities.client(renewal.authority)
                await client.withdraw(credentials_of(renewal))
        except OdcError:
            self._drive(renewal_id)
            raise
        return self._save(self.get(renewal_id).moved(State.CANCELLED, self._clock()))

    async def close(self) -> None:
        """Stop all tasks; the journal goes on from here at the next start."""
        self._unsubscribe()
        await self.pin_entry.close()
        for renewal_id in list(self._drives):
            await self._stop_driving(renewal_id)
        await self._authorities.close()
        self._journal.close()

    def context_of(self, renewal: Renewal) -> Context:
        """Return what the steps of ``renewal`` work with."""
        return Context(
            authority=self._authorities.client(renewal.authority),
            issuers=self._authorities.issuers(renewal.authority),
            scans=self._scans,
            clock=self._clock,
            save=self._save,
            is_plugged_in=lambda r: self._inventory.snapshot.find(r.thumbprint) is not None,
        )

    def _in_state(self, renewal_id: str, state: State) -> Renewal:
        renewal = self.get(renewal_id)
        if renewal.state is not state:
            raise WrongStateError(state=renewal.state.value)
        return renewal

    def _save(self, renewal: Renewal) -> Renewal:
        """Save a renewal and tell of it; one that has ended loses all that is personal first."""
        if renewal.has_ended:
            renewal = renewal.forgotten()
            self._scans.forget(renewal.id)
        saved = self._journal.save(renewal)
        log.info(
            "renewal saved id=%s state=%s waiting=%s", renewal.id, renewal.state, renewal.waiting
        )
        self._bus.publish(RenewalChanged(renewal=saved))
        return saved

    def _go_on(self, renewal: Renewal) -> Renewal:
        saved = self._save(renewal)
        self._drive(renewal.id)
        return saved

    def _after_pin(self, before: Renewal, after: Renewal) -> None:
        """Take a PIN step's outcome; meanwhile at most what is waited for can have been saved."""
        stored = self.get(before.id)
        if stored.state is before.state:
            self._go_on(msgspec.structs.replace(after, revision=stored.revision))

    def _drive(self, renewal_id: str) -> None:
        """Wake the renewal's task, or start it."""
        drive = self._drives.setdefault(renewal_id, _Drive())
        drive.wake.set()
        if drive.task is None or drive.task.done():
            drive.task = asyncio.create_task(self._run(renewal_id, drive))

    async def _stop_driving(self, renewal_id: str) -> None:
        drive = self._drives.pop(renewal_id, None)
        if drive is not None and drive.task is not None:
            drive.task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await drive.task

    async def _run(self, renewal_id: str, drive: _Drive) -> None:
        failures = 0
        while not (renewal := self._journal.get(renewal_id)).has_ended:
            drive.wake.clear()
            try:
                await advance(self.context_of(renewal), renewal)
                failures = 0
            except StaleRenewalError:
                log.info("renewal changed during a step id=%s", renewal_id)
            except Wait as wait:
                failures = 0
                if self._note(renewal, wait.reason, None):
                    await _woken(drive.wake, wait.seconds)
            except AuthorityUnreachableError as error:
                failures += 1
                if self._note(renewal, Waiting.NETWORK, error):
                    await _woken(drive.wake, error.retry_after or backoff(failures))
            except ApplicationClosed as closed:
                self._fail(renewal, RenewalClosedError(state=closed.state.value))
            except OdcError as error:
                self._fail(renewal, error)
            except Exception as error:  # a mistake of ours must not leave a renewal silent
                log.exception("renewal step failed id=%s", renewal_id)
                self._fail(renewal, OdcError(reason=type(error).__name__))

    def _note(self, before: Renewal, waiting: Waiting, error: OdcError | None) -> bool:
        """Save what a step waits for, where that is news; False when the user has gone on meanwhile."""
        renewal = self._journal.get(before.id)
        if renewal.state is not before.state:
            return False
        # Why the last PIN was refused stays to be seen until the next one is asked for.
        report = error.report() if error else renewal.error if waiting is Waiting.PIN else None
        if (renewal.waiting, renewal.error) != (waiting, report):
            self._save(renewal.changed(self._clock(), waiting=waiting, error=report))
        return True

    def _fail(self, before: Renewal, error: OdcError) -> None:
        now = self._clock()
        renewal = self._journal.get(before.id)
        if renewal.state is before.state:
            log.warning("renewal failed id=%s code=%s", renewal.id, error.code)
            self._save(renewal.moved(State.FAILED, now).changed(now, error=error.report()))

    def _on_event(self, event: Event) -> None:
        if isinstance(event, TokensChanged):
            for drive in self._drives.values():
                drive.wake.set()


def backoff(failures: int) -> float:
    """Return seconds to wait after so many failures in a row: doubling, capped, with jitter."""
    longest = min(FIRST_BACKOFF_SECONDS * 2.0 ** min(failures - 1, 20), MAX_BACKOFF_SECONDS)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, hides nothing


async def _woken(wake: asyncio.Event, seconds: float | None) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(wake.wait(), seconds)
