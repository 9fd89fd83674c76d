"""The course of a renewal as a person sees it: the steps there are at its authority. Pure."""

from __future__ import annotations

from enum import StrEnum, unique
from typing import TYPE_CHECKING

from agent.renewals.journal.states import State, Waiting

if TYPE_CHECKING:
    from agent.renewals.journal.record import Renewal


@unique
class Step(StrEnum):
    """What a person sees of a renewal's course (the guide, 一), in its order."""

    DOSSIER = "dossier"
    SUBMISSION = "submission"
    REVIEW = "review"
    SMS = "sms"
    INSTALLATION = "installation"


STEPS = {
    State.DRAFTING: Step.DOSSIER,
    State.SIGNING: Step.SUBMISSION,
    State.SUBMITTED: Step.SUBMISSION,
    State.REVIEWING: Step.REVIEW,
    State.REJECTED: Step.DOSSIER,
    State.APPROVED: Step.SMS,
    State.ISSUING: Step.INSTALLATION,
    State.INSTALLING: Step.INSTALLATION,
}
"""The step a renewal in this state is at, where its authority has that step."""
_OF_A_DOSSIER = frozenset({Step.DOSSIER, Step.REVIEW})
_ASKED_BY_THE_AUTHORITY = frozenset({State.REVIEWING, State.REJECTED, State.APPROVED})


def steps_of(renewal: Renewal) -> tuple[Step, ...]:
    """Return the steps of a renewal from first to last; none as long as they are not known.

    Only what its authority has: one by EST or CMP alone takes no dossier and sends no code, others review
    none before the expiry. What the authority came to ask for nevertheless is a step, too.
    """
    return (
        tuple(step for step in Step if step not in _missing(renewal)) if _are_known(renewal) else ()
    )


def _are_known(renewal: Renewal) -> bool:
    # Who hands out secrets is asked for no policy before one was entered, and has no other step.
    return renewal.policy is not None or renewal.waiting is Waiting.SECRET


def _missing(renewal: Renewal) -> frozenset[Step]:
    policy = renewal.policy
    missing = set[Step]()
    if policy is None or policy.dossier == "never" or not renewal.needs_dossier:
        missing |= _OF_A_DOSSIER
    if policy is None or not policy.sms:
        missing.add(Step.SMS)
    if renewal.state in _ASKED_BY_THE_AUTHORITY:
        missing.discard(STEPS[renewal.state])
    return frozenset(missing)
