"""CMP under ``/.well-known/cmp`` (RFC 9483, 6.1): p10cr, polls and confirmations, each with a MAC."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.bodies import CertificateAnswer, Later, Status, StatusInfo
from agent.renewals.authorities.cmp.messages import (
    BodyKind,
    CmpMessageError,
    Header,
    Message,
    protected_part,
    read_message,
    written,
)
from agent.renewals.authorities.cmp.protection import SharedSecret, mac_kind_of
from sandbox.authority import est_users
from sandbox.authority.cmp_users import CmpRefusalError, CmpUsers, RejectedError
from sandbox.web import read_body

CMP_PATH = "/.well-known/cmp"
MAX_MESSAGE_BYTES = 64 * 1024
_NONCE_BYTES = 16
_Answer = tuple[BodyKind, bytes]


@dataclass(frozen=True)
class Cmp:
    """The CMP service for holders of its secrets."""

    users: CmpUsers

    def routes(self) -> list[Route]:
        return [Route(CMP_PATH, self._answer, methods=["POST"])]

    async def _answer(self, request: Request) -> Response:
        body = await read_body(request, MAX_MESSAGE_BYTES)
        answer = await run_in_threadpool(self.answered, body)
        return Response(answer, media_type="application/pkixcmp")

    def answered(self, body: bytes) -> bytes:
        """Return the answer (DER) to a message: what is not protected gets an error that is not either."""
        try:
            message = read_message(body)
        except CmpMessageError as error:
            return _error(Header(), CmpRefusalError("badDataFormat", str(error)))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        header = Header(
            recipient=message.header.sender,
            time=dt.datetime.now(dt.UTC),
            transaction=message.header.transaction,
            nonce=nonce,
            answers=message.header.nonce,
        )
        secret = self._proved(message)
        if secret is None:
            return _error(header, CmpRefusalError("badMessageCheck"))
        kind, content = self._body(message)
        self.users.said(message.header.transaction, nonce)
        return secret.protected(header, kind, content)

    def _proved(self, message: Message) -> SharedSecret | None:
        secret = self.users.secret_of(message.header.key_id)
        if secret is None:
            return None
        kind = mac_kind_of(message)
        if kind is None:
            return None
        shared = SharedSecret(message.header.key_id, secret, kind)  # answered as it was asked
        return shared if shared.has_protected(message) else None

    def _body(self, message: Message) -> _Answer:
        try:
            return self._handled(message)
        except CmpRefusalError as refusal:
            return BodyKind.ERROR, _error_content(refusal)
        except CmpMessageError as error:
            return BodyKind.ERROR, _error_content(CmpRefusalError("badDataFormat", str(error)))

    def _handled(self, message: Message) -> _Answer:
        who, number = message.header.key_id, message.header.transaction
        match message.kind:
            case BodyKind.P10CR:
                return self._come_of(message, bodies.NO_REQUEST_ID)
            case BodyKind.POLL_REQ:
                return self._come_of(message, bodies.read_poll_request(message.body))
            case BodyKind.CERT_CONF:
                told = bodies.read_confirmation(message.body)
                is_taken = told.refusal is None
                self.users.confirm(who, number, told.certificate_hash, is_taken=is_taken)
                return BodyKind.PKICONF, bodies.PKICONF
        raise CmpRefusalError("badRequest", f"{message.kind.name} is not taken here")

    def _come_of(self, message: Message, request_id: bytes) -> _Answer:
        header = message.header
        is_poll = message.kind is BodyKind.POLL_REQ
        try:
            if is_poll:
                found = self.users.poll(header.key_id, header.transaction, header.answers)
            else:
                found = self.users.request(header.key_id, header.transaction, message.body)
        except RejectedError as rejected:
            return _certificate_answer(request_id, StatusInfo(text=str(rejected)))
        if not isinstance(found, est_users.Later):
            return _certificate_answer(request_id, StatusInfo(status=Status.ACCEPTED), found)
        if is_poll:
            return BodyKind.POLL_REP, Later(request_id, found.seconds).der
        return _certificate_answer(request_id, StatusInfo(status=Status.WAITING))


def _certificate_answer(request_id: bytes, info: StatusInfo, certificate: bytes = b"") -> _Answer:
    answer = CertificateAnswer(request_id=request_id, info=info, certificate=certificate)
    return BodyKind.CP, answer.der


def _error_content(refusal: CmpRefusalError) -> bytes:
    info = StatusInfo(text=str(refusal)[: bodies.MAX_TEXT], failures=frozenset({refusal.failure}))
    return bodies.error_content(info)


def _error(header: Header, refusal: CmpRefusalError) -> bytes:
    """Return an error without protection: there is no secret that both sides are known to have."""
    return written(protected_part(header, BodyKind.ERROR, _error_content(refusal)), b"")
