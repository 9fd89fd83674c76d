"""An authority with profile ``est``: a plain EST server (RFC 7030), with a user name and a password.

There is no dossier, no review, no code: the server decides by its own rules whether the user may have
the certificate, at once or after a while (202).
"""

from __future__ import annotations

import asyncio
import datetime as dt
from http import HTTPStatus

from agent.ground.errors import OdcError
from agent.network.reader import Answer
from agent.network.way_out import SYSTEMS
from agent.renewals.authorities.authority import AuthorityRefusedError, Credentials
from agent.renewals.authorities.enrolment import Application, Prepared, Signer
from agent.renewals.authorities.est_enrolment import EstEnrolment
from agent.renewals.authorities.est_messages import EstBodyError, decode_key_types
from agent.renewals.authorities.password_file import password_of
from agent.renewals.authorities.plain_policy import plain_policy
from agent.renewals.authorities.ra_protocol import Policy, Problem, ProblemCode, SigningKeyType
from agent.settings.config import AuthoritySettings, NetworkSettings

CSRATTRS_BYTES = 16 * 1024


class EstAuthority(EstEnrolment):
    """An Enrolment, and no Dossier."""

    def __init__(self, settings: AuthoritySettings, network: NetworkSettings = SYSTEMS) -> None:
        super().__init__(settings, network)
        self._name = settings.name
        if settings.label:
            self._path = f"{self._path}/{settings.label}"
        self._configured = Credentials(settings.user, password_of(settings))

    async def policy(self) -> Policy:
        """``GET csrattrs`` (RFC 7030, 4.5) says which keys; nothing but the certificate is asked for."""
        return plain_policy(self._name, await self._key_types())

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
