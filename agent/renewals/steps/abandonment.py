"""Renewals nobody goes on with: what they hold of people is not kept for ever. Pure."""

from __future__ import annotations

import datetime as dt

from cryptography import x509

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
    if is_left and now - renewal.in_state_since > limit and now - _touched(renewal) > limit:
        raise RenewalAbandonedError(days=limit.days)


def _touched(renewal: Renewal) -> dt.datetime:
    """Return since when its turn lasts; what came before its certificate was dated by a wrong clock."""
    since = renewal.in_state_since
    try:
        issued = x509.load_der_x509_certificate(renewal.private.certificate).not_valid_before_utc
    except (ValueError, x509.InvalidVersion):
        return since
    return renewal.updated if since < issued else since
