"""The half some authorities have: an application with a dossier, which their staff reviews. Pure."""

from __future__ import annotations

from typing import Protocol

from agent.renewals.authorities.authority import Credentials, Polled
from agent.renewals.authorities.ra_protocol import ApplicationStatus, DocumentName, Licence


class Dossier(Protocol):
    """What a renewal asks of an authority beside its certificates.

    Every call may raise AuthorityUnreachableError (try again) or AuthorityRefusedError (it would be
    refused again), and every call may be repeated: it then has the same outcome.
    """

    @property
    def url(self) -> str:
        """Base URL; the audience of what is signed for this authority."""

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
