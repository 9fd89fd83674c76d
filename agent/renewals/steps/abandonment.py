"""Renewals nobody goes on with: what they hold of people is not kept for ever. Pure."""

from __future__ import annotations

import datetime as dt

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State

_A_PERSONS_TURN = frozenset(
    {State.DRAFTING, State.SIGNING, State.REJECTED, State.APPROVED, State.INSTALLING}
)
"""In all others it is the authority's, or the agent's own."""


class RenewalAbandonedError(OdcError):
    """Somebody began a renewal and left it."""

    code = "renewal_abandoned"
    sentence = mark("Nobody went on with the renewal for {days} days. Its dossier was deleted.")
    advice = mark("Start the renewal again.")


def check_not_abandoned(renewal: Renewal, limit: dt.timedelta, now: dt.datetime) -> None:
    """Raise RenewalAbandonedError where a person's turn has lasted longer than ``limit``.

    Never once the new certificate is on the token: that is only to be confirmed.
    """
    is_left = renewal.state in _A_PERSONS_TURN and not renewal.is_proved
    if is_left and now - renewal.in_state_since > limit:
        raise RenewalAbandonedError(days=limit.days)
