"""A certification authority as a renewal sees it: one interface, whatever protocol is behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.renewals.authorities.est_messages import ServerKey
from agent.renewals.authorities.ra_protocol import ApplicationStatus, DocumentName, Licence, Policy


class AuthorityUnreachableError(OdcError):
    """No answer, or the answer of a broken server: trying again later is right."""

    code = "authority_unreachable"
    sentence = mark("The certification authority cannot be reached: {reason}")
    advice = mark("Check the network. It is tried again by itself.")

    def __init__(self, *, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason=reason)
        self.retry_after = retry_after
        """Seconds the server asked to wait."""


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


class LicenceNotOfferedError(OdcError):
    """The authority has no business licences to hand out."""

    code = "licence_not_offered"
    sentence = mark("This certification authority hands out no business licences.")


class LicenceRequestStaleError(OdcError):
    """The authority's clock and ours are too far apart, or the request lay about too long."""

    code = "licence_request_stale"
    sentence = mark("The certification authority finds the time of the request wrong.")
    advice = mark("Check this computer's date and time, then try again.")


@dataclass(frozen=True, slots=True)
class Credentials:
    """An application's name and password at the authority (HTTP Basic over TLS)."""

    application: str
    secret: str

    def __repr__(self) -> str:
        return f"Credentials({self.application}, …)"


@dataclass(frozen=True, slots=True)
class Polled:
    """An application's state, and when to ask again."""

    status: ApplicationStatus
    retry_after: float
    """Seconds."""


class Pending(Exception):  # noqa: N818 - an answer, not an error
    """EST's 202: not yet; the same request is to be repeated."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after


class Authority(Protocol):
    """What a renewal asks of an authority.

    Every call may raise AuthorityUnreachableError (try again) or AuthorityRefusedError (final), and
    every call may be repeated: it then has the same outcome.
    """

    @property
    def url(self) -> str:
        """Base URL; a manifest's audience."""

    async def policy(self) -> Policy:
        """Return what a renewal needs."""

    async def submit(
        self, credentials: Credentials, version: int, manifest: bytes
    ) -> ApplicationStatus:
        """Send the signed manifest: an application (version 1) or its amendment."""

    async def upload(
        self, credentials: Credentials, name: DocumentName, content: bytes, media_type: str
    ) -> None:
        """Send one scan of the manifest."""

    async def complete(self, credentials: Credentials) -> ApplicationStatus:
        """Say that all scans are there."""

    async def poll(self, credentials: Credentials) -> Polled:
        """Ask for the application's state."""

    async def send_sms(self, credentials: Credentials) -> None:
        """Have a code sent to the applicant's phone; SmsTooSoonError."""

    async def verify_sms(self, credentials: Credentials, code: str) -> ApplicationStatus:
        """Release the application with the code; SmsCodeWrongError."""

    async def enrol(self, credentials: Credentials, request: bytes) -> bytes:
        """Return the new certificate (DER) for a PKCS#10 request; Pending."""

    async def server_key(self, credentials: Credentials, request: bytes) -> ServerKey:
        """Return the new encryption key, enveloped, for a request of ``key_request``; Pending.

        Asked again it is the same key, until the installation has been confirmed.
        """

    async def confirm_installed(self, credentials: Credentials) -> None:
        """Say that the new certificate is on the token."""

    async def withdraw(self, credentials: Credentials) -> None:
        """Give the application up."""

    async def licence(self, credentials: Credentials) -> Licence:
        """Return the business licence of the application's organisation; LicenceNotOfferedError."""

    async def signed_licence(self, uscc: str, request: bytes) -> Licence:
        """Return an organisation's licence for a signed LicenceRequest (CMS, DER).

        LicenceNotOfferedError, LicenceRequestStaleError. The same request may be sent a few times.
        """
