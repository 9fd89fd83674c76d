"""An authority with profile ``est``: a plain EST server (RFC 7030), with a user name and a password.

There is no application: no dossier, no review, no code. What a renewal asks for beside enrolment is
answered here. The server decides by its own rules whether the user may have the certificate, at once
or after a while (202).
"""

from __future__ import annotations

import httpx

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.network.way_out import SYSTEMS
from agent.renewals.authorities.authority import (
    AuthorityRefusedError,
    Credentials,
    LicenceNotOfferedError,
    Polled,
)
from agent.renewals.authorities.est_messages import EstBodyError, ServerKey, decode_key_types
from agent.renewals.authorities.http import DEFAULT_RETRY_SECONDS, AuthorityHttp
from agent.renewals.authorities.ra_protocol import (
    EST_PATH,
    ApplicationState,
    ApplicationStatus,
    DocumentName,
    KeyType,
    Licence,
    Policy,
    Problem,
    ProblemCode,
)
from agent.settings.config import AuthoritySettings, NetworkSettings

_ANY_KEY: tuple[KeyType, ...] = ("rsa:2048", "ec:secp256r1", "rsa:3072", "ec:secp384r1")
"""What is offered to a server that does not say what it wants."""


class PasswordFileError(OdcError):
    """The password for a plain EST server cannot be read."""

    code = "password_file_unreadable"
    sentence = mark("The password of {authority} cannot be read from {file}: {reason}")
    advice = mark("Ask your administrator to correct the configuration.")


class EstAuthority(AuthorityHttp):
    """See :class:`agent.renewals.authorities.authority.Authority`."""

    def __init__(self, settings: AuthoritySettings, network: NetworkSettings = SYSTEMS) -> None:
        super().__init__(settings, network)
        self._name = settings.name
        self._path = f"{EST_PATH}/{settings.label}" if settings.label else EST_PATH
        self._user = Credentials(settings.user, _password(settings))

    async def policy(self) -> Policy:
        """``GET csrattrs`` (RFC 7030, 4.5) says which keys; nothing but the certificate is asked for."""
        return Policy(
            authority=self._name,
            dossier="never",
            required_fields=(),
            required_documents=(),
            review_working_days=0,
            sms=False,
            key_types=await self._key_types() or _ANY_KEY,
        )

    async def _key_types(self) -> tuple[KeyType, ...]:
        try:
            answer = await self._ask("GET", f"{self._path}/csrattrs")
        except AuthorityRefusedError:
            return ()  # a server need not have it
        if answer.status_code != httpx.codes.OK:
            return ()
        try:
            return decode_key_types(answer.content)
        except EstBodyError:
            return ()

    async def submit(
        self, credentials: Credentials, version: int, _manifest: bytes
    ) -> ApplicationStatus:
        """Nothing is submitted: the request alone is what the server decides on."""
        return _released(credentials, version)

    async def upload(
        self, credentials: Credentials, name: DocumentName, content: bytes, media_type: str
    ) -> None:
        """Nothing is uploaded."""

    async def complete(self, credentials: Credentials) -> ApplicationStatus:
        """Nothing is missing."""
        return _released(credentials, 1)

    async def poll(self, credentials: Credentials) -> Polled:
        """There is no state but that of the enrolment itself."""
        return Polled(_released(credentials, 1), DEFAULT_RETRY_SECONDS)

    async def send_sms(self, _credentials: Credentials) -> None:
        """There is no code."""
        raise AuthorityRefusedError(reason=mark("this authority sends no codes"))

    async def verify_sms(self, credentials: Credentials, _code: str) -> ApplicationStatus:
        """There is no code."""
        return _released(credentials, 1)

    async def enrol(self, _credentials: Credentials, request: bytes) -> bytes:
        """``POST simpleenroll`` with the configured user; Pending."""
        return await self.simpleenroll(self._path, self._user, request, refusal=_refusal)

    async def server_key(self, _credentials: Credentials, _request: bytes) -> ServerKey:
        """The policy offers none."""
        raise AuthorityRefusedError(reason=mark("this authority makes no keys"))

    async def licence(self, _credentials: Credentials) -> Licence:
        """An EST server knows no licences."""
        raise LicenceNotOfferedError

    async def signed_licence(self, _uscc: str, _request: bytes) -> Licence:
        """An EST server knows no licences."""
        raise LicenceNotOfferedError

    async def confirm_installed(self, credentials: Credentials) -> None:
        """Nobody wants to know."""

    async def withdraw(self, credentials: Credentials) -> None:
        """There is nothing to withdraw."""


def _password(settings: AuthoritySettings) -> str:
    assert settings.password_file is not None  # the configuration was checked
    try:
        lines = settings.password_file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PasswordFileError(
            authority=settings.name, file=str(settings.password_file), reason=str(error)
        ) from error
    return lines[0] if lines else ""


def _released(credentials: Credentials, version: int) -> ApplicationStatus:
    return ApplicationStatus(
        application=credentials.application, state=ApplicationState.RELEASED, version=version
    )


def _refusal(answer: httpx.Response, problem: Problem) -> OdcError | None:
    """Take 400 as the server's last word (RFC 7030, 4.2.3); other refusals may be a proxy's."""
    if answer.status_code != httpx.codes.BAD_REQUEST:
        return None
    reason = problem.detail or problem.title or "HTTP 400"
    return AuthorityRefusedError(reason=reason, problem=ProblemCode.MALFORMED)
