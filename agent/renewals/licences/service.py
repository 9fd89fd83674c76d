"""Updating business licences: along with a renewal, or when asked.

Nothing here changes a renewal. An update that fails is written into its own item, and that is all.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from agent.certificates.identity_oids import IdentityOid
from agent.certificates.model import Certificate
from agent.certificates.organisation import identity_of
from agent.certificates.parsing import parse_certificate
from agent.ground.bus import Event, EventBus
from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.renewals.authorities.authority import AuthorityUnreachableError, LicenceNotOfferedError
from agent.renewals.authorities.choosing import Authorities, Authority
from agent.renewals.authorities.dossier import Dossier
from agent.renewals.authorities.ra_protocol import Licence, LicenceRequest
from agent.renewals.authorities.signed_messages import licence_request_type
from agent.renewals.ground.finding import find_signing
from agent.renewals.journal.journal import Journal
from agent.renewals.journal.record import Renewal, RenewalChanged
from agent.renewals.journal.states import State
from agent.renewals.journal.vault import NotReadError
from agent.renewals.licences.item import (
    LicenceChanged,
    LicenceItem,
    LicenceNotKeptError,
    LicenceOfAnotherError,
    UsccMissingError,
)
from agent.renewals.licences.store import LicenceStore
from agent.renewals.steps.context import credentials_of
from agent.renewals.steps.pacing import backoff
from agent.tokens.inventory import Inventory
from agent.tokens.pin_sessions import AskedPin, PinSessions, PinWish
from agent.tokens.pin_states import PinPurpose
from agent.tokens.protocol import SignMessage
from agent.tokens.supervisor import PinSession

log = logging.getLogger(__name__)

Ask = Callable[[], Awaitable[Licence]]

TRIES = 3
"""Of one update while the authority cannot be reached; a signed request may be sent five times."""
LONGEST_PAUSE_SECONDS = 10.0
"""Between two of them; an authority that wants more is left alone."""

_AT_THE_AUTHORITY = frozenset(
    {State.REVIEWING, State.REJECTED, State.APPROVED, State.ISSUING, State.INSTALLING}
)
"""Where an application is known to have arrived."""


class PinAsked(msgspec.Struct, frozen=True):
    """An update that goes on once a PIN was entered."""

    uscc: str
    pin: AskedPin


class Holder(msgspec.Struct, frozen=True):
    """Whose licence is meant, as the certificate says."""

    uscc: str
    organisation: str


class LicenceService:
    """Everything that can be done with business licences."""

    def __init__(
        self,
        *,
        store: LicenceStore,
        journal: Journal,
        inventory: Inventory,
        pins: PinSessions,
        authorities: Authorities,
        bus: EventBus,
        clock: Clock,
        identity_oids: Callable[[], Sequence[IdentityOid]],
    ) -> None:
        self._store = store
        self._journal = journal
        self._inventory = inventory
        self._pins = pins
        self._authorities = authorities
        self._bus = bus
        self._clock = clock
        self._identity_oids = identity_oids
        self._updates: dict[str, asyncio.Task[LicenceItem]] = {}
        self._followed: dict[str, State] = {}
        """In which state a renewal under way was last followed."""
        self._unsubscribe = bus.subscribe(self._on_event)

    async def all(self) -> list[LicenceItem]:
        """Return all items, by USCC."""
        return await asyncio.to_thread(self._store.all)

    @property
    def updating(self) -> tuple[str, ...]:
        """USCCs of the organisations whose licence is being fetched."""
        return tuple(self._updates)

    async def update(
        self, thumbprint: str, *, accepts_final_try: bool = False
    ) -> LicenceItem | PinAsked:
        """Update the licence of a signing certificate's organisation.

        By the certificate's application where one is open, and the item that came of it is returned;
        else a PIN is asked for, and LicenceChanged tells the outcome once it was entered.

        Raises:
            UsccMissingError, LicenceNotOfferedError
            CertificateNotFoundError, NotRenewableError, CertificateTooDamagedError, NoAuthorityError,
            TrustAnchorError, AuthorityUnreachableError, AuthorityRefusedError
            OdcError: as :meth:`PinSessions.ask` says.
        """
        renewal = self._journal.open_for(thumbprint)
        if renewal is not None and _gives_licence(renewal):
            return await asyncio.shield(self._by_application(renewal))
        return await self._by_token(thumbprint, accepts_final_try=accepts_final_try)

    async def close(self) -> None:
        """Give up what is under way."""
        self._unsubscribe()
        tasks = list(self._updates.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, RenewalChanged):
            self._follow(event.renewal)

    def _follow(self, renewal: Renewal) -> None:
        """Update along with a renewal, once, and again in its next state where that failed."""
        if renewal.has_ended:
            self._followed.pop(renewal.id, None)
        if self._followed.get(renewal.id) is renewal.state or not _gives_licence(renewal):
            return
        self._followed[renewal.id] = renewal.state
        try:
            holder = self._holder(parse_certificate(renewal.private.certificate))
        except UsccMissingError:
            return  # said to whoever asks for it; nobody has
        try:
            item = self._store.get(holder.uscc)
        except NotReadError:
            item = None
        if item is None or item.fetched is None or item.fetched < renewal.created:
            self._by_application(renewal)

    def _by_application(self, renewal: Renewal) -> asyncio.Task[LicenceItem]:
        holder = self._holder(parse_certificate(renewal.private.certificate))

        async def ask() -> Licence:
            return await _dossier_of(self._authorities.client(renewal.authority)).licence(
                credentials_of(renewal)
            )

        return self._begin(holder, ask)

    async def _by_token(self, thumbprint: str, *, accepts_final_try: bool) -> PinAsked:
        token, held = find_signing(await self._inventory.refresh(), thumbprint)
        certificate = held.certificate
        holder = self._holder(certificate)
        authority = self._authorities.client(self._authorities.for_certificate(certificate).name)
        register = _dossier_of(authority)
        policy = await authority.enrolment.policy()
        if not policy.licence:
            raise LicenceNotOfferedError  # said before a PIN is entered for nothing

        async def sign(session: PinSession) -> bytes:
            # It is refused where that is not the authority's time, and the PIN would be for nothing.
            told = await authority.enrolment.time()
            request = LicenceRequest(
                audience=register.url,
                uscc=holder.uscc,
                certificate_sha256=certificate.thumbprint,
                created=told or self._clock(),
                nonce=secrets.token_hex(16),
            )
            return await session.call(
                SignMessage(
                    key=held.key,
                    certificate=certificate.der,
                    content=msgspec.json.encode(request),
                    content_type=licence_request_type(policy.message_version),
                )
            )

        def done(outcome: bytes | OdcError) -> None:
            async def ask() -> Licence:
                if isinstance(outcome, OdcError):
                    raise outcome
                return await register.signed_licence(holder.uscc, outcome)

            self._begin(holder, ask)

        wish = PinWish(
            token=token.reference,
            purpose=PinPurpose.LICENCE,
            certificate=certificate.der,
            accepts_final_try=accepts_final_try,
        )
        return PinAsked(holder.uscc, await self._pins.ask(wish, sign, done))

    def _holder(self, certificate: Certificate) -> Holder:
        uscc = identity_of(certificate, self._identity_oids()).uscc
        if uscc is None:
            raise UsccMissingError
        return Holder(uscc, certificate.organisation)

    def _begin(self, holder: Holder, ask: Ask) -> asyncio.Task[LicenceItem]:
        """Start an update, or join the one under way."""
        under_way = self._updates.get(holder.uscc)
        if under_way is None:
            under_way = asyncio.create_task(self._update(holder, ask))
            self._updates[holder.uscc] = under_way
        return under_way

    async def _update(self, holder: Holder, ask: Ask) -> LicenceItem:
        try:
            item = await self._outcome(holder, ask)
        finally:
            del self._updates[holder.uscc]
        log.info("licence update ended code=%s", item.error.code if item.error else "done")
        self._bus.publish(LicenceChanged(item=item))
        return item

    async def _outcome(self, holder: Holder, ask: Ask) -> LicenceItem:
        """Fetch, check and keep the licence, and return the item whatever came of it."""
        before = LicenceItem(uscc=holder.uscc, organisation=holder.organisation)
        try:
            kept = await asyncio.to_thread(self._store.get, holder.uscc)
        except NotReadError as error:  # what is there must not be replaced by a failure
            return before.failed(error, self._clock())
        before = kept or before
        try:
            licence = await _persistently(ask)
            _check(licence, holder)
            item = before.updated(licence, self._clock())
        except OdcError as error:
            item = before.failed(error, self._clock())
        except (
            Exception
        ) as error:  # a mistake of ours must not leave whoever waits without an answer
            log.exception("licence update failed")
            item = before.failed(OdcError(reason=type(error).__name__), self._clock())
        try:
            await asyncio.to_thread(self._store.put, item)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            return before.failed(LicenceNotKeptError(reason=reason), self._clock())
        return item


def _gives_licence(renewal: Renewal) -> bool:
    """Return whether the renewal's application can be used to fetch a licence."""
    is_there = renewal.state in _AT_THE_AUTHORITY and not renewal.is_withdrawing
    return is_there and renewal.policy is not None and renewal.policy.licence


def _dossier_of(authority: Authority) -> Dossier:
    """Return the half of an authority that may hand out licences; LicenceNotOfferedError."""
    if authority.dossier is None:
        raise LicenceNotOfferedError
    return authority.dossier


def _check(licence: Licence, holder: Holder) -> None:
    if licence.uscc != holder.uscc:
        raise LicenceOfAnotherError(uscc=licence.uscc)


async def _persistently(ask: Ask) -> Licence:
    """Ask again, the same, while the authority cannot be reached: an answer may have been lost."""
    failures = 0
    while True:
        try:
            return await ask()
        except AuthorityUnreachableError as error:
            failures += 1
            pause = error.retry_after or backoff(failures)
            if failures == TRIES or pause > LONGEST_PAUSE_SECONDS:
                raise
            await asyncio.sleep(pause)
