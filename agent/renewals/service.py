"""What can be done with renewals: start, feed, answer, cancel. The driver does the rest."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections.abc import Callable, Mapping

from agent.certificates.model import Certificate
from agent.ground.bus import Event, EventBus
from agent.ground.clock import Clock, since_boot
from agent.ground.language import Language
from agent.remembered.service import Remembered
from agent.renewals.authorities.choosing import Authorities
from agent.renewals.authorities.dossier import Dossier
from agent.renewals.authorities.ra_protocol import Applicant, DocumentName
from agent.renewals.beginning import Holder, new_renewal
from agent.renewals.dossier.checks import check_dossier, cleaned_applicant
from agent.renewals.dossier.findings import DossierIncompleteError
from agent.renewals.ground.errors import NoAuthorityError, WrongStateError
from agent.renewals.ground.finding import renewable
from agent.renewals.journal.journal import Journal, StaleRenewalError
from agent.renewals.journal.keeping import Keeper
from agent.renewals.journal.record import Renewal, RenewalChanged
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.states import State, Waiting
from agent.renewals.journal.vault import VaultError
from agent.renewals.kept_scans import changed_since
from agent.renewals.pin_entry import PinEntry
from agent.renewals.scans.reports import digest_scans
from agent.renewals.steps.context import Context, credentials_of
from agent.renewals.steps.costs import cost_of_waiting
from agent.renewals.steps.driver import Driver
from agent.renewals.telling import FOR_A_TOKEN, Telling
from agent.settings.service import SettingsChanged
from agent.system.files import NotSavedError
from agent.system.wall_clock import ClockJumped
from agent.tokens.inventory import Inventory, TokensChanged
from agent.tokens.pin_sessions import PinSessions

log = logging.getLogger(__name__)

_BEFORE_A_PIN = frozenset({State.DRAFTING, State.SIGNING, State.ISSUING, State.INSTALLING})
"""Where a renewal whose state has just changed asks for a PIN in a moment, mostly."""
_OF_AUTHORITIES = frozenset(
    {"authority", "network.bypass", "network.ca", "network.pac", "network.proxy"}
)
"""Settings whose change may be what a renewal that reaches no authority waits for."""
CANCEL_SECONDS = 15.0
"""How long a cancellation waits for the authority before it says that it is under way."""
CLOCK_SETTLES_SECONDS = 3600.0
"""How long after the agent's start nothing is taken for abandoned, whose dossier would be deleted.

A clock that was years off when the machine was switched on has been set by then.
"""


class RenewalService:
    """Everything that can be done with renewals."""

    def __init__(
        self,
        *,
        journal: Journal,
        scans: ScanStore,
        inventory: Inventory,
        remembered: Remembered,
        pins: PinSessions,
        authorities: Authorities,
        bus: EventBus,
        clock: Clock,
        abandoned_after: Callable[[], dt.timedelta] = lambda: dt.timedelta(days=30),
    ) -> None:
        self._journal = journal
        self._scans = scans
        self._inventory = inventory
        self._remembered = remembered
        self._authorities = authorities
        self._bus = bus
        self._clock = clock
        self._abandoned_after = abandoned_after
        self._started = since_boot()
        self._taking_dossier = asyncio.Lock()
        self._wishes: set[asyncio.Task[None]] = set()
        """To cancel, on their way to the journal."""
        self._keeper = Keeper(journal, scans, bus)
        self._driver = Driver(
            journal=journal, save=self._keeper.save, context_of=self.context_of, clock=clock
        )
        self.pin_entry = PinEntry(pins, self.get, self.context_of, self._after_pin, clock)
        self._telling = Telling(self.pin_entry.is_at_work, bus, clock)
        self._unsubscribe = bus.subscribe(self._on_event)

    def resume(self) -> None:
        """Go on with every renewal that was under way when the agent last ended."""
        for renewal in self._journal.under_way():
            self._driver.resume(renewal)

    def all(self) -> list[Renewal]:
        """Return all renewals, the newest first."""
        return self._journal.all()

    def under_way(self) -> list[Renewal]:
        """Return the renewals that have not ended, the newest first."""
        return self._journal.under_way()

    def get(self, renewal_id: str) -> Renewal:
        """Return one renewal; RenewalNotFoundError."""
        return self._keeper.get(renewal_id)

    def shown(self, renewal: Renewal) -> Renewal:
        """Return a renewal as it is to be told: see :class:`Telling`."""
        return self._telling.shown(renewal)

    def cost_of_waiting(self, certificate: Certificate, language: Language) -> str:
        """Return what waiting costs, by the policy as its authority was last asked; nobody is asked now."""
        try:
            authority = self._authorities.for_certificate(certificate).name
        except NoAuthorityError:
            return ""
        asked = (r.policy for r in self._journal.all() if r.authority == authority and r.policy)
        policy = next(asked, None)
        if policy is None:
            return ""
        return cost_of_waiting(policy, certificate.not_after, self._clock(), language)

    async def start(self, thumbprint: str, *, origin: str = "") -> Renewal:
        """Start the renewal of a signing certificate, or join the one under way.

        The token is read afresh, so that a stale list never starts anything; of one that is not plugged
        in what is remembered counts. ``origin`` is the web site that asks for it, where one does.

        Raises:
            CertificateNotFoundError, NotRenewableError, SkfDriverNeededError, CertificateTooDamagedError,
            NoAuthorityError, TrustAnchorError
        """
        under_way = self._journal.open_for(thumbprint)
        if under_way is not None:
            self._driver.hurry(under_way.id)
            return under_way
        snapshot = await self._inventory.refresh()
        # Until the first PIN nothing is done on the token: it may stay in its drawer.
        plugged_in = snapshot.find(thumbprint)
        token: Holder
        token, held = renewable(plugged_in or self._remembered.find(thumbprint))
        authority = self._authorities.for_certificate(held.certificate)
        self._authorities.client(authority.name)
        renewal = self._keeper.add(new_renewal(token, held, authority.name, self._clock(), origin))
        self._driver.wake(renewal.id)
        return renewal

    async def submit_dossier(
        self, renewal_id: str, applicant: Applicant, scans: Mapping[DocumentName, bytes]
    ) -> Renewal:
        """Take the dossier, or what was amended of it; scans not given are kept as they are.

        Raises:
            WrongStateError, DossierIncompleteError
        """
        self.awaiting_dossier(renewal_id)
        # One at a time: the scans that are kept must be those the digests are of.
        async with self._taking_dossier:
            return await self._take_dossier(renewal_id, applicant, scans)

    async def _take_dossier(
        self, renewal_id: str, applicant: Applicant, scans: Mapping[DocumentName, bytes]
    ) -> Renewal:
        self.awaiting_dossier(renewal_id)
        # Decoding and sealing large pictures takes a while: not in the loop's thread.
        digests = await asyncio.to_thread(digest_scans, scans)
        renewal = self.awaiting_dossier(renewal_id)
        kept = await asyncio.to_thread(changed_since, self._scans, renewal, scans)
        renewal = self.awaiting_dossier(renewal_id)
        applicant = cleaned_applicant(applicant)
        documents = {**renewal.private.documents, **kept, **digests}
        assert renewal.policy is not None
        findings = check_dossier(renewal.policy, applicant, documents)
        if findings:
            raise DossierIncompleteError(findings)
        for name, content in scans.items():
            await asyncio.to_thread(self._scans.put, renewal.id, name, content)
        renewal = self.awaiting_dossier(renewal_id)
        now = self._clock()
        version = renewal.version + (renewal.state is State.REJECTED)
        after = renewal.with_private(now, applicant=applicant, documents=documents)
        return self._go_on(after.changed(now, version=version).moved(State.SIGNING, now))

    def awaiting_dossier(self, renewal_id: str) -> Renewal:
        """Return a renewal whose dossier is to be filled in or amended; WrongStateError."""
        renewal = self.get(renewal_id)
        is_awaiting = (
            renewal.state in {State.DRAFTING, State.REJECTED} and renewal.policy is not None
        )
        if not is_awaiting or renewal.is_withdrawing:
            raise WrongStateError(state=renewal.state.value)
        return renewal

    def give_secret(self, renewal_id: str, reference: str, secret: str) -> Renewal:
        """Take what the authority handed out for a renewal that waits for it; WrongStateError."""
        renewal = self._in_state(renewal_id, State.DRAFTING)
        if renewal.waiting is not Waiting.SECRET:
            raise WrongStateError(state=renewal.state.value)
        given = renewal.with_private(self._clock(), reference=reference, shared_secret=secret)
        return self._go_on(given.changed(self._clock(), waiting=None))

    async def send_sms(self, renewal_id: str) -> Renewal:
        """Have the SMS code sent; WrongStateError, SmsTooSoonError, AuthorityUnreachableError."""
        renewal = self._in_state(renewal_id, State.APPROVED)
        await self._dossier(renewal).send_sms(credentials_of(renewal))
        # Read again: its task may have saved what it waits for meanwhile.
        renewal, now = self.get(renewal_id), self._clock()
        if renewal.state is not State.APPROVED:
            return renewal
        return self._keeper.save(renewal.changed(now, code_sent=now))

    async def verify_sms(self, renewal_id: str, code: str) -> Renewal:
        """Release the application; WrongStateError, SmsCodeWrongError, AuthorityUnreachableError."""
        renewal = self._in_state(renewal_id, State.APPROVED)
        await self._dossier(renewal).verify_sms(credentials_of(renewal), code)
        # Read again: its task may have found out meanwhile that the application is released.
        released = self.get(renewal_id)
        if released.state is not State.APPROVED:
            return released
        return self._go_on(released.moved(State.ISSUING, self._clock()))

    async def cancel(self, renewal_id: str) -> Renewal:
        """Withdraw the application and end the renewal; the token is left as it is.

        The wish is saved first and carried out by the renewal's task, also after a restart. What is
        returned has ended, unless the authority could not be told within a few seconds.

        Raises:
            WrongStateError: it has ended already, or its certificate is on the token.
        """
        wish = asyncio.create_task(self._wish_to_withdraw(renewal_id))
        self._wishes.add(wish)
        wish.add_done_callback(self._wishes.discard)
        # A session takes seconds to end: who closes the window meanwhile has cancelled all the same.
        await asyncio.shield(wish)
        await self._ended_or_waiting(renewal_id)
        return self.get(renewal_id)

    async def _wish_to_withdraw(self, renewal_id: str) -> None:
        renewal = self.get(renewal_id)
        if renewal.has_ended or renewal.is_proved:
            raise WrongStateError(state=renewal.state.value)
        await self.pin_entry.cancel(renewal_id)
        renewal = self.get(renewal_id)
        if renewal.is_proved:  # what the PIN was given for was faster
            raise WrongStateError(state=renewal.state.value)
        if not renewal.has_ended and not renewal.is_withdrawing:
            self._go_on(renewal.changed(self._clock(), is_withdrawing=True))

    async def _ended_or_waiting(self, renewal_id: str) -> None:
        """Wait, not for long, until a withdrawal is done or has to be tried again."""
        settled = asyncio.Event()

        def look(event: Event) -> None:
            if isinstance(event, RenewalChanged) and event.renewal.id == renewal_id:
                changed = event.renewal
                if changed.has_ended or changed.waiting is Waiting.NETWORK:
                    settled.set()

        with self._bus.listening(look), contextlib.suppress(TimeoutError):
            if not self.get(renewal_id).has_ended:
                async with asyncio.timeout(CANCEL_SECONDS):
                    await settled.wait()

    async def close(self) -> None:
        """Stop all tasks; the journal goes on from here at the next start.

        Whoever closes this has closed the PIN sessions before.
        """
        self._unsubscribe()
        await asyncio.gather(*self._wishes, return_exceptions=True)
        await self._driver.close()
        await self._authorities.close()
        self._journal.close()

    def context_of(self, renewal: Renewal) -> Context:
        """Return what the steps of ``renewal`` work with."""
        authority = self._authorities.client(renewal.authority)
        return Context(
            enrolment=authority.enrolment,
            dossier=authority.dossier,
            signed=authority.signed,
            issuers=self._authorities.issuers(renewal.authority),
            scans=self._scans,
            clock=self._clock,
            save=self._keeper.save,
            save_after_pin=self._keeper.save_after_pin,
            leftovers=self._journal,
            is_plugged_in=self._is_plugged_in,
            abandoned_after=self._patience(),
        )

    def _is_plugged_in(self, renewal: Renewal) -> bool:
        # A list that is made beside a step at work may lack the token, and be the last one for a while.
        is_at_work = self.pin_entry.is_at_work(renewal.id)
        return is_at_work or self._inventory.snapshot.find(renewal.thumbprint) is not None

    def _patience(self) -> dt.timedelta:
        """Return how long a renewal may wait for a person, as far as the clock can be believed."""
        has_settled = since_boot() - self._started >= CLOCK_SETTLES_SECONDS
        return self._abandoned_after() if has_settled else dt.timedelta.max

    def _in_state(self, renewal_id: str, state: State) -> Renewal:
        renewal = self.get(renewal_id)
        if renewal.state is not state or renewal.is_withdrawing:
            raise WrongStateError(state=renewal.state.value)
        return renewal

    def _dossier(self, renewal: Renewal) -> Dossier:
        """Return who sends and takes codes; WrongStateError where the authority has come to have nobody."""
        dossier = self._authorities.client(renewal.authority).dossier
        if dossier is None:
            raise WrongStateError(state=renewal.state.value)
        return dossier

    def _go_on(self, renewal: Renewal) -> Renewal:
        saved = self._keeper.save(renewal)
        self._driver.wake(renewal.id)
        return saved

    def _after_pin(self, before: Renewal, after: Renewal) -> None:
        """Take a PIN step's outcome, and let the renewal go on."""
        self._telling.is_over(before.id)
        try:
            self._keeper.save_after_pin(before, after)
        except StaleRenewalError:
            pass  # the step itself, or its task, went further
        except NotSavedError as error:
            log.warning("renewal not saved id=%s code=%s", before.id, error.code)
            self._telling.was_not_saved(self.get(before.id), error)
        except VaultError:
            return  # damaged during the step, and the journal has told so
        if (now := self.get(before.id)).waiting in FOR_A_TOKEN:
            self._meet(now)  # the list may have changed during the step
        self._driver.wake(before.id)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, TokensChanged):
            for renewal in self._journal.under_way():
                if renewal.waiting in FOR_A_TOKEN:
                    self._meet(renewal)
                    self._driver.wake(renewal.id)
        elif isinstance(event, RenewalChanged) and event.renewal.state in _BEFORE_A_PIN:
            self.pin_entry.prepare(event.renewal)
        elif isinstance(event, RenewalChanged) and event.renewal.state is State.INSTALLED:
            new = event.renewal.new_thumbprint or ""
            self._remembered.was_renewed(event.renewal.thumbprint, new)
        elif isinstance(event, SettingsChanged) and not _OF_AUTHORITIES.isdisjoint(event.keys):
            self._ask_authorities_again()
        elif isinstance(event, ClockJumped):
            self._ask_authorities_again()  # by a wrong clock no authority proves who it is

    def _ask_authorities_again(self) -> None:
        """Wake what waits for an authority, and what is to say that its authority has gone."""
        for renewal in self._journal.under_way():
            is_gone = not self._authorities.is_configured(renewal.authority)
            if renewal.waiting is Waiting.NETWORK or is_gone:
                self._driver.wake(renewal.id)

    def _meet(self, renewal: Renewal) -> None:
        """Take a token that comes out of its drawer as it is now: by another label, or another driver.

        Not while a step is at work on it: what that makes goes on from what it began with.
        """
        if self.pin_entry.is_at_work(renewal.id):
            return
        found = self._inventory.snapshot.find(renewal.thumbprint)
        if found is None or found[0].reference == renewal.token:
            return
        with contextlib.suppress(StaleRenewalError, NotSavedError):
            self._keeper.save(renewal.changed(self._clock(), token=found[0].reference))
