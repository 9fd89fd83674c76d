"""What the steps of a renewal work with, and how they say what they wait for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Protocol

import msgspec
from cryptography import x509

from agent.ground.clock import Clock
from agent.renewals.authorities.authority import Credentials
from agent.renewals.authorities.dossier import Dossier
from agent.renewals.authorities.enrolment import Application, Enrolment, SignedTalk
from agent.renewals.authorities.ra_protocol import ApplicationState
from agent.renewals.journal.leftovers import Leftover
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.scan_store import ScanStore
from agent.renewals.journal.states import Waiting
from agent.tokens.model import TokenReference


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


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """What steps work with."""

    enrolment: Enrolment
    dossier: Dossier | None
    """None where the authority reviews none: what it issues, it decides by the request alone."""
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
    signed: SignedTalk | None = None
    """The enrolment, where the key that is renewed signs all that is said."""


def credentials_of(renewal: Renewal) -> Credentials:
    """Return what authenticates the renewal's application."""
    return Credentials(renewal.id, renewal.private.secret)


def application_of(renewal: Renewal) -> Application:
    """Return what the authority is told of a renewal whose policy is known."""
    private = renewal.private
    assert renewal.policy is not None  # drafting asked for it
    return Application(
        credentials=credentials_of(renewal),
        policy=renewal.policy,
        certificate=private.certificate,
        version=renewal.version,
        applicant=private.applicant,
        documents=private.documents,
        recipient=private.recipient,
        request=private.request,
        handed_out=Credentials(private.reference, private.shared_secret)
        if private.reference
        else None,
    )
