"""Profile ``cmp``: enrolment by CMP with a reference value and a secret (RFC 9483, 4.1.4 and 4.1.5).

The token signs the request alone (p10cr); a MAC protects everything else, so that polls and the
confirmation need neither token nor PIN, and a certificate that has expired is renewed like any other.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from typing import NoReturn

from cryptography import x509

from agent.certificates.names import issuer_of
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.network.way_out import SYSTEMS
from agent.renewals.authorities.authority import (
    AuthorityRefusedError,
    AuthorityUnreachableError,
    Pending,
)
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.bodies import Confirmation, Status, StatusInfo
from agent.renewals.authorities.cmp.messages import (
    BodyKind,
    CmpMessageError,
    Header,
    Message,
    read_message,
)
from agent.renewals.authorities.cmp.protection import SharedSecret, is_signed_for
from agent.renewals.authorities.cmp.transaction import Stage, Transaction
from agent.renewals.authorities.enrolment import Application, Exchange, Prepared, Signer
from agent.renewals.authorities.est_messages import ServerKey
from agent.renewals.authorities.http import DEFAULT_RETRY_SECONDS, AuthorityHttp
from agent.renewals.authorities.password_file import password_of
from agent.renewals.authorities.plain_policy import plain_policy
from agent.renewals.authorities.ra_protocol import Policy, ProblemCode
from agent.settings.config import AuthoritySettings, NetworkSettings
from agent.settings.trust import certificates_of

MESSAGE_BYTES = 256 * 1024
"""A certificate with its chain has some 10 KB."""
NONCE_BYTES = 16
"""RFC 9483, 3.1: 128 bits."""
MAX_WAIT_SECONDS = 24 * 3600
_LATER = frozenset({BodyKind.POLL_REP, BodyKind.ERROR})
"""Answers without a word on the request; of errors, those that are left by then."""
_NOT_NOW = frozenset({"systemUnavail", "systemFailure"})
"""Failures that pass."""


class CmpRefusedError(AuthorityRefusedError):
    """The server has ended the transaction."""

    code = "cmp_refused"

    def __init__(self, info: StatusInfo) -> None:
        # MALFORMED is final: the same would be said to the same once more.
        super().__init__(reason=info.reason, problem=ProblemCode.MALFORMED)


class CmpUnprovedError(CmpRefusedError):
    """Somebody has, who did not prove to be the server: it cannot, where it knows another secret."""

    code = "cmp_refused_unproved"
    sentence = mark(
        "The certification authority refused, and did not prove that it is the authority: {reason}"
    )
    advice = mark(
        "Most often the reference value or the secret is not right, or was used already: have the "
        "authority give you new ones, and renew again."
    )


class SecretGoneError(OdcError):
    """A renewal relied on a configured secret, and that is not there any more."""

    code = "cmp_secret_gone"
    sentence = mark("The configuration has no reference value and secret for {authority} any more.")
    advice = mark(
        "Ask your administrator to correct the configuration, or end this renewal and start it again."
    )


class CmpEnrolment(AuthorityHttp):
    """An Enrolment, and no Dossier."""

    _headers = {"Connection": "close"}  # noqa: RUF012 - never changed
    """Some servers know a transaction no more on a connection they have seen before."""

    def __init__(self, settings: AuthoritySettings, network: NetworkSettings = SYSTEMS) -> None:
        super().__init__(settings, network)
        self._name = settings.name
        self._path = settings.path
        self._mac = settings.mac
        self._authorities = tuple(
            x509.load_der_x509_certificate(der) for der in certificates_of(settings.trust_anchor)
        )
        self._configured = _configured_secret(settings)
        self.asks_for_secret = self._configured is None

    async def policy(self) -> Policy:
        """Nothing but the certificate is asked for: CMP tells no more of it beforehand."""
        return plain_policy(self._name)

    async def prepare(
        self, _application: Application, signer: Signer, _now: dt.datetime
    ) -> Prepared:
        """The request alone: whatever else is sent, the secret protects."""
        return Prepared(request=await signer.request(), exchange=Transaction.new().notes)

    async def enrol(self, application: Application, exchange: Exchange) -> bytes:
        """Ask with p10cr, then poll, until there is a certificate or the server's last word."""
        transaction = Transaction.read(exchange.notes)
        if transaction.certificate:
            return transaction.certificate
        if transaction.stage is Stage.NEW:
            return await self._ask_for(application, exchange, transaction)
        return await self._poll(application, exchange, transaction)

    async def accept(
        self,
        application: Application,
        exchange: Exchange,
        certificate: bytes,
        refusal: OdcError | None,
    ) -> None:
        """Confirm with certConf, at once: what is not confirmed the server takes back."""
        transaction = Transaction.read(exchange.notes)
        if transaction.stage is Stage.CONFIRMED:
            return
        is_repeated = transaction.stage is Stage.CONFIRMING
        transaction = _kept(exchange, transaction.with_(stage=Stage.CONFIRMING))
        content = Confirmation(
            certificate_hash=bodies.certificate_hash(certificate),
            request_id=transaction.request_id,
            refusal=None if refusal is None else str(refusal),
        ).der
        try:
            answer = await self._say(application, transaction, BodyKind.CERT_CONF, content)
        except CmpRefusedError:
            if not is_repeated:  # else it was heard the first time, and the answer was lost
                raise
        else:
            _check_kind(answer, BodyKind.PKICONF)
        _kept(exchange, transaction.with_(stage=Stage.CONFIRMED))

    async def server_key(self, _application: Application, _exchange: Exchange) -> ServerKey:
        """Never called: the policy offers no encryption certificate."""
        raise AuthorityRefusedError(reason="no encryption certificates by CMP")

    async def _ask_for(
        self, application: Application, exchange: Exchange, transaction: Transaction
    ) -> bytes:
        transaction = _kept(exchange, transaction.with_(stage=Stage.ASKED, is_answered=False))
        answer = await self._say(application, transaction, BodyKind.P10CR, application.request)
        certificate = _taken(exchange, transaction, answer)
        if certificate is not None:
            return certificate
        # Only the answer to a poll says when to ask again (RFC 4210, 5.3.22).
        return await self._poll(application, exchange, Transaction.read(exchange.notes))

    async def _poll(
        self, application: Application, exchange: Exchange, transaction: Transaction
    ) -> bytes:
        was_answered = transaction.is_answered
        transaction = _kept(exchange, transaction.with_(is_answered=False))
        content = bodies.poll_request(transaction.request_id)
        try:
            answer = await self._say(application, transaction, BodyKind.POLL_REQ, content)
        except CmpRefusedError:
            if was_answered:
                raise
            # It never heard of the request, or has forgotten which answer was lost.
            return await self._ask_for(application, exchange, Transaction.new())
        certificate = _taken(exchange, transaction, answer)
        if certificate is None:
            raise Pending(_pause(answer))
        return certificate

    async def _say(
        self, application: Application, transaction: Transaction, kind: BodyKind, body: bytes
    ) -> Message:
        """Send a message of a transaction and return the answer, once it is proved whose it is.

        Raises:
            CmpRefusedError: it is an error, or a rejection.
            AuthorityUnreachableError: there is none that can be believed.
        """
        header = Header(
            recipient=issuer_of(application.certificate),
            time=dt.datetime.now(dt.UTC),
            transaction=transaction.id,
            nonce=secrets.token_bytes(NONCE_BYTES),
            answers=transaction.answers,
        )
        # A MAC takes thousands of digests, on purpose: not in the loop's thread.
        secret = self._secret(application)
        message = await asyncio.to_thread(secret.protected, header, kind, body)
        sent = await self._ask(
            "POST",
            self._path,
            size=MESSAGE_BYTES,
            content=message,
            media_type="application/pkixcmp",
        )
        try:
            return await asyncio.to_thread(self._believed, sent.content, header, secret)
        except CmpMessageError as error:
            raise AuthorityUnreachableError(reason=f"unreadable answer: {error}") from error

    def _secret(self, application: Application) -> SharedSecret:
        if self._configured is not None:
            return self._configured
        handed_out = application.handed_out
        if handed_out is None:  # it was configured when this renewal was drafted
            raise SecretGoneError(authority=self._name)
        reference, secret = handed_out.application.encode(), handed_out.secret.encode()
        return SharedSecret(reference, secret, self._mac)

    def _believed(self, content: bytes, asked: Header, secret: SharedSecret) -> Message:
        answer = read_message(content)
        # Of a message that cannot be read a server cannot say to which transaction it belongs.
        is_nobodys = answer.kind is BodyKind.ERROR and not answer.header.transaction
        if answer.header.transaction != asked.transaction and not is_nobodys:
            raise CmpMessageError("it is of another transaction")
        is_proved = self._is_proved(answer, secret)
        if answer.kind is BodyKind.ERROR:
            said = bodies.read_error(answer.body)
            # Of a message of whatever kind that is put off (RFC 9483, 4.4).
            if said.status is not Status.WAITING or not is_proved:
                _refuse(said, is_proved=is_proved)
        if not is_proved:
            raise CmpMessageError("it does not prove that it is the authority's")
        if answer.header.answers != asked.nonce:
            raise CmpMessageError("it answers another message")
        return answer

    def _is_proved(self, answer: Message, secret: SharedSecret) -> bool:
        if not answer.protection:
            return False
        now = dt.datetime.now(dt.UTC)
        return secret.has_protected(answer) or is_signed_for(answer, self._authorities, now)


def _configured_secret(settings: AuthoritySettings) -> SharedSecret | None:
    if not settings.user:
        return None
    return SharedSecret(settings.user.encode(), password_of(settings).encode(), settings.mac)


def _kept(exchange: Exchange, transaction: Transaction) -> Transaction:
    exchange.keep(transaction.notes)
    return transaction


def _taken(exchange: Exchange, transaction: Transaction, answer: Message) -> bytes | None:
    """Keep what an answer says and return its certificate; None where there is none yet."""
    transaction = transaction.with_(is_answered=True, answers=answer.header.nonce)
    if answer.kind in _LATER:
        _kept(exchange, transaction)
        return None
    _check_kind(answer, BodyKind.CP)
    try:
        said = bodies.read_certificate_answer(answer.body)
    except CmpMessageError as error:
        raise AuthorityUnreachableError(reason=str(error)) from error
    if said.info.status is Status.REJECTION:
        _refuse(said.info, is_proved=True)
    transaction = transaction.with_(request_id=said.request_id)
    if said.info.status is Status.WAITING:
        _kept(exchange, transaction)
        return None
    if not said.certificate:
        raise AuthorityUnreachableError(reason="no certificate in the answer")
    _kept(exchange, transaction.with_(stage=Stage.ISSUED, certificate=said.certificate))
    return said.certificate


def _check_kind(answer: Message, kind: BodyKind) -> None:
    if answer.kind is not kind:
        raise AuthorityUnreachableError(reason=f"unexpected answer: {answer.kind.name}")


def _pause(answer: Message) -> float:
    """Return how many seconds the server asks to leave."""
    if answer.kind is not BodyKind.POLL_REP:
        return DEFAULT_RETRY_SECONDS
    try:
        seconds = bodies.read_poll_answer(answer.body).seconds
    except CmpMessageError as error:
        raise AuthorityUnreachableError(reason=str(error)) from error
    return float(max(1, min(seconds, MAX_WAIT_SECONDS)))


def _refuse(info: StatusInfo, *, is_proved: bool) -> NoReturn:
    """Raise what a refusal means; an unproved one is the last word like any other."""
    if info.failures & _NOT_NOW:
        raise AuthorityUnreachableError(reason=info.reason)
    raise CmpRefusedError(info) if is_proved else CmpUnprovedError(info)
