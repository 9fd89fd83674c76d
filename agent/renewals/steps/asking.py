"""Before somebody is asked for a PIN: whether it is of any use, and what is waited for."""

from __future__ import annotations

import datetime as dt
from typing import NoReturn

from cryptography import x509

from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State, Waiting
from agent.renewals.steps.clocks import by_either_clock
from agent.renewals.steps.context import Context, Wait
from agent.renewals.steps.window import check_signer


async def check_can_sign(context: Context, renewal: Renewal) -> None:
    """Raise SignerExpiredError where the authority would not believe what the old key signs now.

    Not once there is a new certificate: what confirms that is for the authority to judge.
    """
    if context.signed is not None and renewal.state is not State.INSTALLING:
        old = x509.load_der_x509_certificate(renewal.private.certificate)

        async def check(now: dt.datetime) -> None:
            check_signer(old.not_valid_after_utc, now)

        await by_either_clock(context, check)


async def wait_for_pin(context: Context, renewal: Renewal) -> NoReturn:
    """Raise Wait: only the user can go on here, with the token plugged in and room on it."""
    await check_can_sign(context, renewal)
    if renewal.waiting is Waiting.SPACE:
        raise Wait(Waiting.SPACE)
    raise Wait(Waiting.PIN if context.is_plugged_in(renewal) else Waiting.TOKEN)
