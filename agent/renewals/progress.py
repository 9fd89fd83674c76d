"""What a person is told of a renewal while they look elsewhere: the review's result, and the end. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum, unique

from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State, Waiting


@unique
class Phase(StrEnum):
    """What there is to tell; each is told once."""

    REJECTED = "rejected"
    APPROVED = "approved"
    """A person is to enter the SMS code, or the PIN."""
    ASK = "ask"
    """A person is to enter the PIN for another question to the authority."""
    INSTALLED = "installed"
    FAILED = "failed"


_BY_STATE: Mapping[State, Phase] = {
    State.REJECTED: Phase.REJECTED,
    State.APPROVED: Phase.APPROVED,
    State.INSTALLED: Phase.INSTALLED,
    State.FAILED: Phase.FAILED,
}


def phase_of(renewal: Renewal) -> Phase | None:
    """Return what there is to tell of a renewal; None where it goes on by itself."""
    if renewal.state is State.INSTALLING and renewal.waiting is Waiting.PIN:
        return Phase.APPROVED
    if renewal.state is State.ISSUING and renewal.waiting is Waiting.PIN:
        return Phase.ASK
    return _BY_STATE.get(renewal.state)


def news_of(before: Phase | None, renewal: Renewal) -> Phase | None:
    """Return what is to be told now, ``before`` having been told last.

    What follows from what was told already is no news: who was told of the approval knows of the PIN.
    """
    phase = phase_of(renewal)
    return None if phase is before else phase
