"""CMP under ``/.well-known/cmp`` (RFC 9483, 6.1): p10cr with a MAC, kur signed, polls, confirmations."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.keys.certified import key_of
from agent.keys.schemes import signature_algorithm
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.bodies import CertificateAnswer, Later, Status, StatusInfo
from agent.renewals.authorities.cmp.key_update import read_key_update
from agent.renewals.authorities.cmp.messages import (
    BodyKind,
    CmpMessageError,
    Header,
    Message,
    protected_part,
    read_message,
    written,
)
from agent.renewals.authorities.cmp.protection import (
    SharedSecret,
    is_signed_with,
    mac_kind_of,
)
from sandbox.authority import est_users
from sandbox.authority.ca import Authority
from sandbox.authority.cmp_users import CmpRefusalError, CmpUsers, RejectedError
from sandbox.web import read_body

CMP_PATH = "/.well-known/cmp"
MAX_MESSAGE_BYTES = 64 * 1024
_NONCE_BYTES = 16
_Answer = tuple[BodyKind, bytes]


@dataclass(frozen=True)
class _Peer:
    """Who has proved to have sent a message."""

    reference: bytes
    protect: Callable[[Header, BodyKind, bytes], bytes]
    """Makes an answer that such a client believes."""
    answer: BodyKind = BodyKind.CP
    """In what a certificate comes."""


@dataclass(frozen=True)
class Cmp:
    """The CMP service for holders of its secrets, and of its certificates."""

    users: CmpUsers
    authority: Authority

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
        try:
            is_signed = message.certificates and mac_kind_of(message) is None
            peer = self._signer(message) if is_signed else self._proved(message)
        except CmpRefusalError as refusal:
            return self._signed(message.certificates[0], header, *_refused(refusal))
        if peer is None:
            return _error(header, CmpRefusalError("badMessageCheck"))
        kind, content = self._body(message, peer)
        self.users.said(message.header.transaction, nonce)
        if kind is BodyKind.KUP and self.users.is_implicit(message.header.transaction):
            header = replace(header, is_confirmed_implicitly=True)
        return peer.protect(header, kind, content)

    def _signer(self, message: Message) -> _Peer | None:
        """Return whose certificate signed a message; CmpRefusalError where that may not ask."""
        der = message.certificates[0]
        try:
            is_signed = is_signed_with(message, x509.load_der_x509_certificate(der))
        except (ValueError, x509.InvalidVersion):
            return None
        if not is_signed:
            return None
        return _Peer(self.users.signer(der), partial(self._signed, der), BodyKind.KUP)

    def _signed(self, asker: bytes, header: Header, kind: BodyKind, body: bytes) -> bytes:
        """Return an answer that the root signs which fits the asker's certificate."""
        family = key_of(x509.load_der_x509_certificate(asker)).family
        key, certificate = self.authority.root_like(family)
        header = replace(
            header,
            sender=certificate.subject.public_bytes(),
            algorithm=signature_algorithm(key.public.family),
        )
        part = protected_part(header, kind, body)
        return written(part, key.sign(part), (certificate.public_bytes(Encoding.DER),))

    def _proved(self, message: Message) -> _Peer | None:
        secret = self.users.secret_of(message.header.key_id)
        if secret is None:
            return None
        kind = mac_kind_of(message)
        if kind is None:
            return None
        shared = SharedSecret(message.header.key_id, secret, kind)  # answered as it was asked
        if not shared.has_protected(message):
            return None
        return _Peer(message.header.key_id, shared.protected)

    def _body(self, message: Message, peer: _Peer) -> _Answer:
        try:
            return self._handled(message, peer)
        except CmpRefusalError as refusal:
            return _refused(refusal)
        except CmpMessageError as error:
            return _refused(CmpRefusalError("badDataFormat", str(error)))

    def _handled(self, message: Message, peer: _Peer) -> _Answer:
        who, number = peer.reference, message.header.transaction
        is_signed = peer.answer is BodyKind.KUP
        match message.kind:
            case BodyKind.P10CR if not is_signed:
                request = partial(self.users.request, who, number, message.body)
                return _come_of(request, peer, bodies.NO_REQUEST_ID)
            case BodyKind.KUR if is_signed:
                asked = read_key_update(message.body)
                update = partial(
                    self.users.update, who, number, asked, message.certificates[0],
                    is_implicit=message.header.is_confirmed_implicitly,
                )  # fmt: skip
                return _come_of(update, peer, asked.request_id)
            case BodyKind.POLL_REQ:
                poll = partial(self.users.poll, who, number, message.header.answers)
                return _come_of(poll, peer, bodies.read_poll_request(message.body), is_poll=True)
            case BodyKind.CERT_CONF:
                told = bodies.read_confirmation(message.body)
                is_taken = told.refusal is None
                self.users.confirm(who, number, told.certificate_hash, is_taken=is_taken)
                return BodyKind.PKICONF, bodies.PKICONF
        raise CmpRefusalError("badRequest", f"{message.kind.name} is not taken here")


def _come_of(
    ask: Callable[[], bytes | est_users.Later],
    peer: _Peer,
    request_id: bytes,
    *,
    is_poll: bool = False,
) -> _Answer:
    try:
        found = ask()
    except RejectedError as rejected:
        return _certificate_answer(peer, request_id, StatusInfo(text=str(rejected)))
    if not isinstance(found, est_users.Later):
        return _certificate_answer(peer, request_id, StatusInfo(status=Status.ACCEPTED), found)
    if is_poll:
        return BodyKind.POLL_REP, Later(request_id, found.seconds).der
    return _certificate_answer(peer, request_id, StatusInfo(status=Status.WAITING))


def _certificate_answer(
    peer: _Peer, request_id: bytes, info: StatusInfo, certificate: bytes = b""
) -> _Answer:
    answer = CertificateAnswer(request_id=request_id, info=info, certificate=certificate)
    return peer.answer, answer.der


def _refused(refusal: CmpRefusalError) -> _Answer:
    return BodyKind.ERROR, _error_content(refusal)


def _error_content(refusal: CmpRefusalError) -> bytes:
    info = StatusInfo(text=str(refusal)[: bodies.MAX_TEXT], failures=frozenset({refusal.failure}))
    return bodies.error_content(info)


def _error(header: Header, refusal: CmpRefusalError) -> bytes:
    """Return an error without protection: there is no secret that both sides are known to have."""
    return written(protected_part(header, BodyKind.ERROR, _error_content(refusal)), b"")
