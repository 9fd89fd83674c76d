"""The steps of a renewal with the authority's staff: the dossier is sent, reviewed, and released by a code.

Authorities without a dossier have none of them; see :mod:`agent.renewals.steps.steps`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable

from agent.certificates.china_time import china_date
from agent.renewals.authorities.authority import AuthorityRefusedError, AuthorityUnreachableError
from agent.renewals.authorities.dossier import Dossier
from agent.renewals.authorities.ra_protocol import ApplicationState, ApplicationStatus
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State, Waiting
from agent.renewals.steps.context import ApplicationClosed, Context, Wait, credentials_of
from agent.renewals.steps.signing_anew import to_be_signed_anew
from agent.renewals.steps.working_days import add_working_days

STILL_OPEN_SECONDS = 60.0
"""Until an application is submitted again whose authority says that it is still incomplete."""


async def submit(context: Context, dossier: Dossier, renewal: Renewal) -> Renewal:
    """Send manifest and scans; whatever has arrived already is not sent again."""
    who = credentials_of(renewal)
    try:
        status = await dossier.submit(who, renewal.version, renewal.private.manifest)
    except AuthorityRefusedError as refused:
        return context.save(await to_be_signed_anew(context, renewal, refused))
    for name in status.missing_documents:
        digest = renewal.private.documents.get(name)
        if digest is None:
            reason = f"it asks for {name.value}, which its policy did not"
            raise AuthorityUnreachableError(reason=reason)
        content = context.scans.get(renewal.id, name)
        await dossier.upload(who, name, content, digest.media_type)
    if status.state is ApplicationState.OPEN:
        status = await dossier.complete(who)
    if status.state is ApplicationState.OPEN:
        raise Wait(Waiting.NETWORK, STILL_OPEN_SECONDS)
    return context.save(under_status(context, renewal, status))


async def review(context: Context, dossier: Dossier, renewal: Renewal) -> Renewal:
    """Ask how far the staff is."""
    polled = await dossier.poll(credentials_of(renewal))
    after = under_status(context, renewal, polled.status)
    if after.state is State.REVIEWING:
        if after != renewal:
            context.save(after)
        raise Wait(Waiting.REVIEW, polled.retry_after)
    return context.save(after)


async def release(context: Context, dossier: Dossier, renewal: Renewal) -> Renewal:
    """Look whether the code was entered already: elsewhere, or just before a kill."""
    polled = await dossier.poll(credentials_of(renewal))
    if polled.status.state is ApplicationState.APPROVED:
        raise Wait(Waiting.SMS_CODE, polled.retry_after)
    return context.save(under_status(context, renewal, polled.status))


_STATES = {
    ApplicationState.OPEN: State.SUBMITTED,
    ApplicationState.REVIEWING: State.REVIEWING,
    ApplicationState.REJECTED: State.REJECTED,
    ApplicationState.APPROVED: State.APPROVED,
    ApplicationState.RELEASED: State.ISSUING,
}


def under_status(context: Context, renewal: Renewal, status: ApplicationStatus) -> Renewal:
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


REVIEW_STEPS: dict[State, Callable[[Context, Dossier, Renewal], Awaitable[Renewal]]] = {
    State.SUBMITTED: submit,
    State.REVIEWING: review,
    State.APPROVED: release,
}
