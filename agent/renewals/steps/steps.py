"""The steps of a renewal: each takes it from one stable state to the next, or says what it waits for.

A step may be repeated after a kill at any point: what it does at the authority or on the token is
looked for before it is done again. Steps that need the PIN are in :mod:`agent.renewals.steps.pin_steps`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.china_time import china_date
from agent.certificates.parsing import thumbprint
from agent.ground.clock import Clock
from agent.renewals.authorities.authority import (
    Authority,
    AuthorityRefusedError,
    Credentials,
    Pending,
)
from agent.renewals.authorities.key_request import key_request
from agent.renewals.authorities.ra_protocol import ApplicationState, ApplicationStatus, KeyTransport
from agent.renewals.journal.leftovers import Leftover
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.states import State, Waiting
from agent.renewals.steps.abandonment import check_not_abandoned
from agent.renewals.steps.checks import check_issued, check_issued_encryption
from agent.renewals.steps.window import check_window, needs_dossier
from agent.renewals.steps.working_days import add_working_days
from agent.tokens.model import TokenReference

_PLAIN_TRANSPORT: KeyTransport = "rsaes-pkcs1-v1_5"
STILL_OPEN_SECONDS = 60.0
"""Until an application is submitted again whose authority says that it is still incomplete."""


class Wait(Exception):  # noqa: N818 - not an error
    """A step cannot go on: it waits for something, at most ``seconds`` before it looks again."""

    def __init__(self, reason: Waiting, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.seconds = seconds


class ApplicationClosed(Exception):  # noqa: N818 - told to the user as a failed renewal
    """The authority has closed the application without a certificate."""

    def __init__(self, state: ApplicationState) -> None:
        super().__init__(state)
        self.state = state


class Leftovers(Protocol):
    """What earlier renewals left on tokens; the journal keeps it."""

    def leftovers(self, token: TokenReference) -> list[Leftover]:
        """Return what is to be removed from a token."""

    def was_removed(self, leftover: Leftover) -> None:
        """Forget what is no longer on its token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What steps work with."""

    authority: Authority
    issuers: tuple[x509.Certificate, ...]
    """The authority's pinned CA certificates."""
    scans: ScanStore
    clock: Clock
    save: Callable[[Renewal], Renewal]
    save_after_pin: Callable[[Renewal, Renewal], Renewal]
    """Saves the second, made from the first when its PIN was asked for; what is waited for may have been
    saved since."""
    is_plugged_in: Callable[[Renewal], bool]
    abandoned_after: dt.timedelta
    """How long a renewal may wait for a person."""
    leftovers: Leftovers


def credentials_of(renewal: Renewal) -> Credentials:
    """Return what authenticates the renewal's application."""
    return Credentials(renewal.id, renewal.private.secret)


async def advance(context: Context, renewal: Renewal) -> Renewal:
    """Take ``renewal`` one step further, save it and return it; raises Wait, RenewalAbandonedError."""
    if renewal.is_withdrawing:
        return await withdraw(context, renewal)
    check_not_abandoned(renewal, context.abandoned_after, context.clock())
    return await _STEPS[renewal.state](context, renewal)


async def withdraw(context: Context, renewal: Renewal) -> Renewal:
    """Give the application up at the authority, then end; a repeat finds it withdrawn already."""
    await give_up(context, renewal)
    now = context.clock()
    if renewal.failure is None:
        return context.save(renewal.moved(State.CANCELLED, now))
    return context.save(renewal.moved(State.FAILED, now).changed(now, error=renewal.failure))


async def give_up(context: Context, renewal: Renewal) -> None:
    """Withdraw what may have been submitted, so that it does not stand in a new renewal's way."""
    was_submitted = renewal.state not in {State.DRAFTING, State.SIGNING} or renewal.version > 1
    if was_submitted:
        # Refused: it never arrived, or is closed already. Either way there is nothing to withdraw.
        with contextlib.suppress(AuthorityRefusedError):
            await context.authority.withdraw(credentials_of(renewal))


async def _draft(context: Context, renewal: Renewal) -> Renewal:
    """Ask the policy; go on without a dossier where none is needed."""
    now = context.clock()
    policy = await context.authority.policy()
    not_after = x509.load_der_x509_certificate(renewal.private.certificate).not_valid_after_utc
    check_window(policy, not_after, now)
    renewal = context.save(renewal.changed(now, policy=policy))
    if needs_dossier(policy, not_after, now):
        raise Wait(Waiting.APPLICANT)
    return context.save(renewal.moved(State.SIGNING, now))


async def _wait_for_pin(context: Context, renewal: Renewal) -> Renewal:
    """Only the user can go on here, with the token plugged in and room on it."""
    if renewal.waiting is Waiting.SPACE:
        raise Wait(Waiting.SPACE)
    raise Wait(Waiting.PIN if context.is_plugged_in(renewal) else Waiting.TOKEN)


async def _wait_for_applicant(_context: Context, _renewal: Renewal) -> Renewal:
    raise Wait(Waiting.APPLICANT)


async def _submit(context: Context, renewal: Renewal) -> Renewal:
    """Send manifest and scans; whatever has arrived already is not sent again."""
    who = credentials_of(renewal)
    status = await context.authority.submit(who, renewal.version, renewal.private.manifest)
    for name in status.missing_documents:
        digest = renewal.private.documents[name]
        content = context.scans.get(renewal.id, name)
        await context.authority.upload(who, name, content, digest.media_type)
    if status.state is ApplicationState.OPEN:
        status = await context.authority.complete(who)
    if status.state is ApplicationState.OPEN:
        raise Wait(Waiting.NETWORK, STILL_OPEN_SECONDS)
    return context.save(_under_status(context, renewal, status))


async def _review(context: Context, renewal: Renewal) -> Renewal:
    polled = await context.authority.poll(credentials_of(renewal))
    after = _under_status(context, renewal, polled.status)
    if after.state is State.REVIEWING:
        if after != renewal:
            context.save(after)
        raise Wait(Waiting.REVIEW, polled.retry_after)
    return context.save(after)


async def _release(context: Context, renewal: Renewal) -> Renewal:
    """Look whether the code was entered already: elsewhere, or just before a kill."""
    polled = await context.authority.poll(credentials_of(renewal))
    if polled.status.state is ApplicationState.APPROVED:
        raise Wait(Waiting.SMS_CODE, polled.retry_after)
    return context.save(_under_status(context, renewal, polled.status))


async def _issue(context: Context, renewal: Renewal) -> Renewal:
    """Fetch the certificates and check them; nothing is written that fails here."""
    try:
        after = await _with_certificate(context, renewal)
        if renewal.private.recipient:
            after = await _with_encryption_key(context, after)
    except Pending as pending:
        raise Wait(Waiting.REVIEW, pending.retry_after) from pending
    except AuthorityRefusedError:
        # The approval may have been taken back meanwhile; then its state says so.
        polled = await context.authority.poll(credentials_of(renewal))
        after = _under_status(context, renewal, polled.status)
        if after.state is State.ISSUING:
            raise
        return context.save(after)
    return context.save(after.moved(State.INSTALLING, context.clock()))


async def _with_certificate(context: Context, renewal: Renewal) -> Renewal:
    """Fetch the signing certificate."""
    der = await context.authority.enrol(credentials_of(renewal), renewal.private.request)
    now = context.clock()
    check_issued(
        x509.load_der_x509_certificate(der),
        request=x509.load_der_x509_csr(renewal.private.request),
        old=x509.load_der_x509_certificate(renewal.private.certificate),
        issuers=context.issuers,
        now=now,
    )
    after = renewal.with_private(now, new_certificate=der)
    return after.changed(now, new_thumbprint=thumbprint(der))


async def _with_encryption_key(context: Context, renewal: Renewal) -> Renewal:
    """Fetch the encryption key, in its envelope only the token opens, and its certificate."""
    private = renewal.private
    assert renewal.policy is not None
    signing = x509.load_der_x509_certificate(private.certificate)
    offered = renewal.policy.key_transport
    # PKCS#1 is what every token opens; not all know OAEP, and none says which hashes.
    transports = (_PLAIN_TRANSPORT,) if _PLAIN_TRANSPORT in offered else offered
    request = key_request(signing.subject, private.recipient, transports)
    key = await context.authority.server_key(credentials_of(renewal), request)
    old = private.encryption_certificate
    now = context.clock()
    check_issued_encryption(
        key.certificate,
        old=x509.load_der_x509_certificate(old) if old else signing,
        issuers=context.issuers,
        now=now,
    )
    return renewal.with_private(
        now,
        key_envelope=key.envelope,
        new_encryption_certificate=key.certificate.public_bytes(Encoding.DER),
    )


async def _install(context: Context, renewal: Renewal) -> Renewal:
    """Confirm what is proved; until then the token and its PIN are needed."""
    if not renewal.is_proved:
        return await _wait_for_pin(context, renewal)
    await context.authority.confirm_installed(credentials_of(renewal))
    return context.save(renewal.moved(State.INSTALLED, context.clock()))


_STEPS: dict[State, Callable[[Context, Renewal], Awaitable[Renewal]]] = {
    State.DRAFTING: _draft,
    State.SIGNING: _wait_for_pin,
    State.SUBMITTED: _submit,
    State.REVIEWING: _review,
    State.REJECTED: _wait_for_applicant,
    State.APPROVED: _release,
    State.ISSUING: _issue,
    State.INSTALLING: _install,
}

_STATES = {
    ApplicationState.OPEN: State.SUBMITTED,
    ApplicationState.REVIEWING: State.REVIEWING,
    ApplicationState.REJECTED: State.REJECTED,
    ApplicationState.APPROVED: State.APPROVED,
    ApplicationState.RELEASED: State.ISSUING,
}


def _under_status(context: Context, renewal: Renewal, status: ApplicationStatus) -> Renewal:
    """Return the renewal as the authority sees it."""
    if status.state not in _STATES:
        raise ApplicationClosed(status.state)
    now = context.clock()
    state = _STATES[status.state]
    after = renewal if renewal.state is state else renewal.moved(state, now)
    told = (status.remarks, _expected_by(renewal, status, state, now), status.phone_hint)
    private = after.private
    if told == (private.remarks, after.expected_by, private.phone_hint):
        return after
    remarks, expected_by, phone_hint = told
    after = after.with_private(now, remarks=remarks, phone_hint=phone_hint)
    return after.changed(now, expected_by=expected_by)


def _expected_by(
    renewal: Renewal, status: ApplicationStatus, state: State, now: dt.datetime
) -> dt.date | None:
    """Return the day the review should be done: the authority's, else by its policy's count."""
    if status.expected_by is not None or state is not State.REVIEWING:
        return status.expected_by
    if renewal.state is State.REVIEWING or renewal.policy is None:
        return renewal.expected_by
    return add_working_days(china_date(now), renewal.policy.review_working_days)
