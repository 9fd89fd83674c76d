"""The steps of a renewal: each takes it from one stable state to the next, or says what it waits for.

A step may be repeated after a kill at any point: what it does at the authority or on the token is
looked for before it is done again. Steps that need the PIN are in :mod:`agent.renewals.steps.pin_steps`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Awaitable, Callable

from cryptography import x509

from agent.renewals.authorities.authority import AuthorityRefusedError
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State, Waiting
from agent.renewals.steps.abandonment import check_not_abandoned
from agent.renewals.steps.asking import check_can_sign, wait_for_pin
from agent.renewals.steps.clocks import authoritys_now, by_either_clock
from agent.renewals.steps.context import Context, Wait, application_of, credentials_of
from agent.renewals.steps.issuing import KeptExchange, issue
from agent.renewals.steps.reviewing import REVIEW_STEPS
from agent.renewals.steps.window import check_window, needs_dossier


async def advance(context: Context, renewal: Renewal) -> Renewal:
    """Take ``renewal`` one step further, save it and return it; raises Wait, RenewalAbandonedError."""
    if renewal.is_withdrawing:
        return await withdraw(context, renewal)

    async def check(now: dt.datetime) -> None:
        check_not_abandoned(renewal, context.abandoned_after, now)

    await by_either_clock(context, check)
    if renewal.state in REVIEW_STEPS:
        return await _with_the_staff(context, renewal)
    return await _STEPS[renewal.state](context, renewal)


async def _with_the_staff(context: Context, renewal: Renewal) -> Renewal:
    """Go on with the review; where the authority has none, straight on to the certificate."""
    if context.dossier is None:
        return context.save(renewal.moved(State.ISSUING, context.clock()))
    return await REVIEW_STEPS[renewal.state](context, context.dossier, renewal)


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
    if context.dossier is not None and was_submitted:
        # Refused: it never arrived, or is closed already. Either way there is nothing to withdraw.
        with contextlib.suppress(AuthorityRefusedError):
            await context.dossier.withdraw(credentials_of(renewal))


async def _draft(context: Context, renewal: Renewal) -> Renewal:
    """Ask the policy; go on without a dossier where none is needed."""
    if context.enrolment.asks_for_secret and not renewal.private.reference:
        raise Wait(Waiting.SECRET)
    await check_can_sign(context, renewal)
    policy = await context.enrolment.policy()
    not_after = x509.load_der_x509_certificate(renewal.private.certificate).not_valid_after_utc

    async def check(now: dt.datetime) -> None:
        check_window(policy, not_after, now)

    await by_either_clock(context, check)
    has_dossier = needs_dossier(policy, not_after, await authoritys_now(context))
    now = context.clock()
    renewal = context.save(renewal.changed(now, policy=policy, needs_dossier=has_dossier))
    if has_dossier:
        raise Wait(Waiting.APPLICANT)
    return context.save(renewal.moved(State.SIGNING, now))


async def _wait_for_pin(context: Context, renewal: Renewal) -> Renewal:
    await wait_for_pin(context, renewal)


async def _wait_for_applicant(_context: Context, _renewal: Renewal) -> Renewal:
    raise Wait(Waiting.APPLICANT)


async def _install(context: Context, renewal: Renewal) -> Renewal:
    """Confirm what is proved; until then the token and its PIN are needed."""
    if not renewal.is_proved:
        await wait_for_pin(context, renewal)
    exchange = KeptExchange(context, renewal)
    if context.signed is not None:
        await context.signed.confirm(application_of(renewal), exchange)
    if context.dossier is not None:
        await context.dossier.confirm_installed(credentials_of(renewal))
    return context.save(exchange.renewal.moved(State.INSTALLED, context.clock()))


_STEPS: dict[State, Callable[[Context, Renewal], Awaitable[Renewal]]] = {
    State.DRAFTING: _draft,
    State.SIGNING: _wait_for_pin,
    State.REJECTED: _wait_for_applicant,
    State.ISSUING: issue,
    State.INSTALLING: _install,
}
