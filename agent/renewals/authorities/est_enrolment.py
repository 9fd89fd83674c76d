"""Enrolment by EST (RFC 7030, RFC 8951): what all profiles have in common that speak it.

EST has the same request sent again, after a 202 as after a lost answer. So all that has to be kept is a
request that could not be made again the same: the one for a key that the authority makes.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus

from cryptography.hazmat.primitives.serialization import Encoding

from agent.certificates.names import subject_of
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.keys.enveloped_key_forms import UnknownFormError
from agent.keys.sm2_enveloped_key import EnvelopedKeyError
from agent.network.reader import Answer
from agent.renewals.authorities.authority import (
    AuthorityUnreachableError,
    Credentials,
    KeyFormUnknownError,
    Pending,
)
from agent.renewals.authorities.enrolment import Application, Exchange
from agent.renewals.authorities.est_messages import (
    EstBodyError,
    ServerKey,
    decode_certificates,
    decode_server_key,
    encode_body,
    issued_of,
)
from agent.renewals.authorities.http import AuthorityHttp, pause_of
from agent.renewals.authorities.key_request import key_request
from agent.renewals.authorities.ra_protocol import EST_PATH, KeyTransport, Problem
from agent.tokens.errors import KeyEnvelopeInvalidError

log = logging.getLogger(__name__)
_DAMAGED = mark("it is damaged, or not of the form GM/T 0009 asks for")

ISSUED_BYTES = 256 * 1024
"""A certificate with its chain, and an enveloped key beside it, have some 20 KB."""
_PLAIN_TRANSPORT: KeyTransport = "rsaes-pkcs1-v1_5"


class EstEnrolment(AuthorityHttp):
    """Three calls of :class:`agent.renewals.authorities.enrolment.Enrolment`."""

    _path = EST_PATH
    """With the label, where the server has several services."""

    async def enrol(self, application: Application, _exchange: Exchange) -> bytes:
        """``POST simpleenroll`` (RFC 7030, 4.2)."""
        answer = await self._post("simpleenroll", application, application.request)
        try:
            # Whatever it is, it may take longer than the agent's loop may stand still.
            certificates = await asyncio.to_thread(decode_certificates, answer.content)
        except EstBodyError as error:
            raise AuthorityUnreachableError(reason=str(error)) from error
        return issued_of(certificates).public_bytes(Encoding.DER)

    async def accept(
        self,
        _application: Application,
        _exchange: Exchange,
        _certificate: bytes,
        _refusal: OdcError | None,
    ) -> None:
        """EST ends with its answer: a server that issued wants to hear no more of it."""

    async def server_key(self, application: Application, exchange: Exchange) -> ServerKey:
        """``POST serverkeygen`` (RFC 7030, 4.4)."""
        request = exchange.notes
        if not request:
            request = _key_request(application)
            exchange.keep(request)
        answer = await self._post("serverkeygen", application, request)
        kind = answer.headers.get("content-type", "")
        try:
            return await asyncio.to_thread(decode_server_key, kind, answer.content)
        except EstBodyError as error:
            raise AuthorityUnreachableError(reason=str(error)) from error
        except UnknownFormError as error:
            raise KeyFormUnknownError(form=error.form) from error
        except EnvelopedKeyError as error:
            log.warning("an encryption key cannot be read: %s", error)
            raise KeyEnvelopeInvalidError(reason=_DAMAGED) from error

    async def _post(self, operation: str, application: Application, request: bytes) -> Answer:
        answer = await self._ask(
            "POST",
            f"{self._path}/{operation}",
            self._user(application),
            size=ISSUED_BYTES,
            content=encode_body(request),
            media_type="application/pkcs10",
            refusal=self._refused,
        )
        if answer.status == HTTPStatus.ACCEPTED:
            raise Pending(pause_of(answer))
        return answer

    def _user(self, application: Application) -> Credentials:
        """Return whom the server is to take us for."""
        return application.credentials

    def _refused(self, _answer: Answer, _problem: Problem) -> OdcError | None:
        """Return what a refusal means where it means more than most."""
        return None


def _key_request(application: Application) -> bytes:
    offered = application.policy.key_transport
    # PKCS#1 is what every token opens; not all know OAEP, and none says which hashes.
    transports = (_PLAIN_TRANSPORT,) if _PLAIN_TRANSPORT in offered else offered
    return key_request(
        subject_of(application.certificate),
        application.recipient,
        transports,
        is_signing=application.is_recipient_signing,
    )
