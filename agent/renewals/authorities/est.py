"""An authority with profile ``est``: a plain EST server (RFC 7030), with a user name and a password.

There is no dossier, no review, no code: the server decides by its own rules whether the user may have
the certificate, at once or after a while (202).
"""

from __future__ import annotations

import asyncio
import datetime as dt
from http import HTTPStatus

from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.ground.text_files import TextEncodingError, read_text_file
from agent.network.reader import Answer
from agent.network.way_out import SYSTEMS
from agent.renewals.authorities.authority import AuthorityRefusedError, Credentials
from agent.renewals.authorities.enrolment import Application, Prepared, Signer
from agent.renewals.authorities.est_enrolment import EstEnrolment
from agent.renewals.authorities.est_messages import EstBodyError, decode_key_types
from agent.renewals.authorities.ra_protocol import Policy, Problem, ProblemCode, SigningKeyType
from agent.settings.config import AuthoritySettings, NetworkSettings

CSRATTRS_BYTES = 16 * 1024
_ANY_KEY: tuple[SigningKeyType, ...] = ("rsa:2048", "ec:secp256r1", "rsa:3072", "ec:secp384r1")
"""What is offered to a server that does not say what it wants."""


class PasswordFileError(OdcError):
    """The password for a plain EST server cannot be read."""

    code = "password_file_unreadable"
    sentence = mark("The password of {authority} cannot be read from {file}: {reason}")
    advice = mark("Ask your administrator to correct the configuration.")


class EstAuthority(EstEnrolment):
    """An Enrolment, and no Dossier."""

    def __init__(self, settings: AuthoritySettings, network: NetworkSettings = SYSTEMS) -> None:
        super().__init__(settings, network)
        self._name = settings.name
        if settings.label:
            self._path = f"{self._path}/{settings.label}"
        self._configured = Credentials(settings.user, _password(settings))

    async def policy(self) -> Policy:
        """``GET csrattrs`` (RFC 7030, 4.5) says which keys; nothing but the certificate is asked for."""
        return Policy(
            authority=self._name,
            dossier="never",
            required_fields=(),
            required_documents=(),
            review_working_days=0,
            sms=False,
            signing_key_types=await self._key_types() or _ANY_KEY,
        )

    async def _key_types(self) -> tuple[SigningKeyType, ...]:
        try:
            answer = await self._ask("GET", f"{self._path}/csrattrs", size=CSRATTRS_BYTES)
        except AuthorityRefusedError:
            return ()  # a server need not have it
        if answer.status != HTTPStatus.OK:
            return ()
        try:
            return await asyncio.to_thread(decode_key_types, answer.content)
        except EstBodyError:
            return ()

    async def prepare(
        self, _application: Application, signer: Signer, _now: dt.datetime
    ) -> Prepared:
        """The request alone: it is all that the server decides on."""
        return Prepared(request=await signer.request())

    def _user(self, _application: Application) -> Credentials:
        return self._configured

    def _refused(self, answer: Answer, problem: Problem) -> OdcError | None:
        """Take 400 as the server's last word (RFC 7030, 4.2.3); other refusals may be a proxy's."""
        if answer.status != HTTPStatus.BAD_REQUEST:
            return None
        reason = problem.detail or problem.title or "HTTP 400"
        return AuthorityRefusedError(reason=reason, problem=ProblemCode.MALFORMED)


def _password(settings: AuthoritySettings) -> str:
    assert settings.password_file is not None  # the configuration was checked
    try:
        return read_text_file(settings.password_file).partition("\n")[0]
    except (OSError, TextEncodingError) as error:
        raise PasswordFileError(
            authority=settings.name, file=str(settings.password_file), reason=reason_of(error)
        ) from error
