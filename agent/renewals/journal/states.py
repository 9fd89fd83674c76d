"""The life of a renewal: its states, what each leads to, what it can wait for. Pure.

Every state is stable: it is saved before anything relies on it, and after a kill the renewal goes on
from it. What is waited for says whose turn it is.
"""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class State(StrEnum):
    """Where a renewal stands."""

    DRAFTING = "drafting"
    """The authority's policy is asked, the dossier is filled in."""
    SIGNING = "signing"
    """New key pair, request and manifest are made on the token (PIN #1)."""
    SUBMITTED = "submitted"
    """Everything is signed; it is on its way to the authority."""
    REVIEWING = "reviewing"
    REJECTED = "rejected"
    """The staff wants something amended."""
    APPROVED = "approved"
    """The SMS code releases it."""
    ISSUING = "issuing"
    """The new certificate is fetched and checked."""
    INSTALLING = "installing"
    """It is written onto the token and proved (PIN #2), then confirmed to the authority."""
    INSTALLED = "installed"
    CANCELLED = "cancelled"
    FAILED = "failed"


@unique
class Waiting(StrEnum):
    """What a renewal waits for."""

    TOKEN = "TOKEN"  # noqa: S105 - not a password
    PIN = "PIN"
    APPLICANT = "APPLICANT"
    REVIEW = "REVIEW"
    SMS_CODE = "SMS_CODE"
    NETWORK = "NETWORK"
    SPACE = "SPACE"
    SECRET = "SECRET"  # noqa: S105 - not one
    """Reference value and secret, as the authority handed them out for this renewal."""


ENDED = frozenset({State.INSTALLED, State.CANCELLED, State.FAILED})

_AT_THE_AUTHORITY = frozenset(
    {State.SUBMITTED, State.REVIEWING, State.REJECTED, State.APPROVED, State.ISSUING}
)

_FORWARD: dict[State, frozenset[State]] = {
    State.DRAFTING: frozenset({State.SIGNING}),
    State.SIGNING: frozenset({State.SUBMITTED}),
    # What the authority may be found to have decided, or taken back, whenever it is asked.
    # Signed anew, where it has come to want another form than the one it said first.
    State.SUBMITTED: (_AT_THE_AUTHORITY - {State.SUBMITTED}) | {State.SIGNING},
    State.REVIEWING: _AT_THE_AUTHORITY - {State.REVIEWING},
    State.REJECTED: frozenset({State.SIGNING}),
    State.APPROVED: _AT_THE_AUTHORITY - {State.APPROVED},
    State.ISSUING: (_AT_THE_AUTHORITY - {State.ISSUING}) | {State.INSTALLING},
    State.INSTALLING: frozenset({State.INSTALLED}),
}


class TransitionError(Exception):
    """A step asked for a state that does not follow; always a mistake in this program."""


def may_follow(old: State, new: State) -> bool:
    """Return whether ``new`` may come after ``old``; every open renewal may be cancelled or fail."""
    if old in ENDED:
        return False
    return new in _FORWARD[old] or new in {State.CANCELLED, State.FAILED}


def check_transition(old: State, new: State) -> None:
    """Raise TransitionError where ``new`` may not come after ``old``."""
    if not may_follow(old, new):
        raise TransitionError(f"{old} -> {new}")
