"""What both halves of an authority say: who asks, what may be answered, what may go wrong. Pure."""

from __future__ import annotations

import msgspec

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.ground.private import Private
from agent.renewals.authorities.ra_protocol import ApplicationStatus


class AuthorityUnreachableError(OdcError):
    """No answer, or the answer of a broken server: trying again later is right."""

    code = "authority_unreachable"
    sentence = mark("The certification authority cannot be reached: {reason}")
    advice = mark("Check the network. It is tried again by itself.")

    def __init__(
        self, *, reason: str, retry_after: float | None = None, was_sent: bool = True
    ) -> None:
        super().__init__(reason=reason)
        self.retry_after = retry_after
        """Seconds the server asked to wait."""
        self.was_sent = was_sent
        """False where there was no connection: the authority has heard nothing for certain."""


class ClockRefusedError(AuthorityUnreachableError):
    """The authority finds the time of what was sent wrong: once the clock is set it is said anew."""

    code = "clock_refused"
    sentence = mark("The certification authority finds this computer's clock wrong: {reason}")
    advice = mark("Set the computer's date and time right. It is tried again by itself.")


class AuthorityRefusedError(OdcError):
    """The authority said no, and would say so again."""

    code = "authority_refused"
    sentence = mark("The certification authority refused: {reason}")
    advice = mark("Ask the authority's service desk.")

    def __init__(self, *, reason: str, problem: str = "") -> None:
        super().__init__(reason=reason, problem=problem)
        self.problem = problem
        """The problem document's code."""


class SmsCodeWrongError(OdcError):
    """The SMS code was not the one that was sent."""

    code = "sms_code_wrong"
    sentence = mark("The SMS code is not right.")
    advice = mark("Check the newest message and enter its code, or have a new one sent.")


class SmsTooSoonError(OdcError):
    """Another code was sent a moment ago."""

    code = "sms_too_soon"
    sentence = mark("A code was sent just now. A new one can be sent in {seconds} seconds.")


class SmsCodeUsedUpError(OdcError):
    """The code that was sent is too old, or was mistyped too often."""

    code = "sms_code_used_up"
    sentence = mark("The SMS code cannot be used any more: it is too old, or was wrong too often.")
    advice = mark(
        "Have a new one sent: `odc-agent renewal sms --send`, or the button in the window."
    )


class SmsNoMoreError(OdcError):
    """The authority sends no more codes for this application."""

    code = "sms_no_more"
    sentence = mark("The certification authority sends no more SMS codes for this renewal.")
    advice = mark(
        "Enter the code that was sent last. Where that does not help, ask the authority's service desk, "
        "or end this renewal with `odc-agent renewal cancel` and start it again."
    )


class LicenceNotOfferedError(OdcError):
    """The authority has no business licences to hand out."""

    code = "licence_not_offered"
    sentence = mark("This certification authority hands out no business licences.")


class LicenceRequestStaleError(OdcError):
    """The authority's clock and ours are too far apart, or the request lay about too long."""

    code = "licence_request_stale"
    sentence = mark("The certification authority finds the time of the request wrong.")
    advice = mark("Check this computer's date and time, then try again.")


class KeyFormUnknownError(OdcError):
    """The encryption key came in something that is not read here."""

    code = "key_form_unknown"
    sentence = mark(
        "The certification authority sent the encryption key in a form that is not read here: {form}"
    )
    advice = mark(
        "Your certificates stay as they were. Tell the authority's service desk, "
        "then start the renewal again."
    )


class Credentials(Private, frozen=True):
    """An application's name and password at the authority (HTTP Basic over TLS)."""

    application: str
    secret: str


class Polled(msgspec.Struct, frozen=True):
    """An application's state, and when to ask again."""

    status: ApplicationStatus
    retry_after: float
    """Seconds."""


class Pending(Exception):  # noqa: N818 - an answer, not an error
    """EST's 202: not yet; the same request is to be repeated."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class SignatureNeeded(Exception):  # noqa: N818 - an answer, not an error
    """What is to be said next the token has to sign: it takes a PIN."""
