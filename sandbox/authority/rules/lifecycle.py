"""An application's life as pure rules: which events a state takes, and what happens by itself.

open → reviewing ⇄ rejected (amended: open again) → approved → released → installed
and from any state that waits for the applicant: withdrawn, expired
"""

from __future__ import annotations

import datetime as dt
from enum import StrEnum, unique

from agent.renewals.authorities.ra_protocol import ApplicationState as State
from agent.renewals.authorities.ra_protocol import ProblemCode
from sandbox.problems import RefusalError


@unique
class Event(StrEnum):
    """What can happen to an application."""

    AMEND = "amend"
    COMPLETE = "complete"
    APPROVE = "approve"
    REJECT = "reject"
    RELEASE = "release"
    INSTALL = "install"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


CLOSED = frozenset({State.INSTALLED, State.WITHDRAWN, State.EXPIRED})
"""States nothing follows."""

REFUSED = CLOSED | {State.REJECTED}
"""States in which no certificate will be handed out as things stand."""

_TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.OPEN, Event.AMEND): State.OPEN,
    (State.OPEN, Event.COMPLETE): State.REVIEWING,
    (State.REVIEWING, Event.APPROVE): State.APPROVED,
    (State.REVIEWING, Event.REJECT): State.REJECTED,
    (State.REJECTED, Event.AMEND): State.OPEN,
    (State.APPROVED, Event.RELEASE): State.RELEASED,
    (State.RELEASED, Event.INSTALL): State.INSTALLED,
    **{
        (state, Event.WITHDRAW): State.WITHDRAWN
        for state in (State.OPEN, State.REVIEWING, State.REJECTED, State.APPROVED, State.RELEASED)
    },
    # Never while reviewing: then it is the authority that is late.
    **{
        (state, Event.EXPIRE): State.EXPIRED
        for state in (State.OPEN, State.REJECTED, State.APPROVED, State.RELEASED)
    },
}


def after(
    state: State, event: Event, *, dossier_required: bool = True, sms_required: bool = True
) -> State:
    """Return the state that follows ``event``, steps that need nobody included.

    Without a required dossier there is nothing to review, and without SMS nothing to release.

    Raises:
        RefusalError: WRONG_STATE, the state does not take the event.
    """
    following = _TRANSITIONS.get((state, event))
    if following is None:
        raise RefusalError(ProblemCode.WRONG_STATE, f"cannot {event} while {state}")
    if following is State.REVIEWING and not dossier_required:
        following = State.APPROVED
    if following is State.APPROVED and not sms_required:
        following = State.RELEASED
    return following


def timer(
    state: State, now: dt.datetime, *, approve_after: dt.timedelta | None, lifetime: dt.timedelta
) -> tuple[dt.datetime, Event] | None:
    """Return what will happen by itself, and when, to an application that enters ``state`` now.

    ``approve_after`` is the automatic reviewer's time, None for a reviewer of flesh and blood;
    ``lifetime`` is how long a state may wait for the applicant.
    """
    if state is State.REVIEWING:
        return None if approve_after is None else (now + approve_after, Event.APPROVE)
    if state in CLOSED:
        return None
    return (now + lifetime, Event.EXPIRE)
