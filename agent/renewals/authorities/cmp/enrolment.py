"""Profile ``cmp``: enrolment by CMP with a reference value and a secret (RFC 9483, 4.1.4 and 4.1.5).

The token signs the request alone (p10cr); a MAC protects everything else, so that polls and the
confirmation need neither token nor PIN, and a certificate that has expired is renewed like any other.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets

from agent.certificates.names import issuer_of
from agent.ground.errors import OdcError
from agent.network.way_out import SYSTEMS
from agent.renewals.authorities.authority import Pending
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.bodies import Confirmation, Status
from agent.renewals.authorities.cmp.errors import (
    CmpRefusedError,
    CmpUnprovedError,
    SecretGoneError,
)
from agent.renewals.authorities.cmp.messages import BodyKind, Header, Message
from agent.renewals.authorities.cmp.protection import SharedSecret
from agent.renewals.authorities.cmp.talk import (
    NONCE_BYTES,
    CmpTalk,
    Sent,
    check_kind,
    pause_of_poll,
)
from agent.renewals.authorities.cmp.transaction import Stage, Transaction
from agent.renewals.authorities.enrolment import Application, Exchange, Prepared, Signer
from agent.renewals.authorities.password_file import password_of
from agent.settings.config import AuthoritySettings, NetworkSettings


class CmpEnrolment(CmpTalk):
    """An Enrolment, and no Dossier."""

    _unproved = CmpUnprovedError

    def __init__(self, settings: AuthoritySettings, network: NetworkSettings = SYSTEMS) -> None:
        super().__init__(settings, network)
        self._mac = settings.mac
        self._configured = _configured_secret(settings)
        self.asks_for_secret = self._configured is None

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
        except CmpRefusedError as refused:
            # Where it was repeated it was heard the first time, and the answer was lost.
            if not (is_repeated or refused.was_confirmed):
                raise
        else:
            check_kind(answer, BodyKind.PKICONF)
        _kept(exchange, transaction.with_(stage=Stage.CONFIRMED))

    async def _ask_for(
        self, application: Application, exchange: Exchange, transaction: Transaction
    ) -> bytes:
        transaction = _kept(exchange, transaction.with_(stage=Stage.ASKED, is_answered=False))
        answer = await self._say(application, transaction, BodyKind.P10CR, application.request)
        certificate = self._taken(exchange, transaction, answer)
        if certificate:
            return certificate
        # Only the answer to a poll says when to ask again (RFC 4210, 5.3.22).
        return await self._poll(application, exchange, Transaction.read(exchange.notes))

    async def _poll(
        self, application: Application, exchange: Exchange, transaction: Transaction
    ) -> bytes:
        was_answered = transaction.is_answered
        # After a lost answer nobody here knows the nonce it had: none is named.
        answers = transaction.answers if was_answered else b""
        transaction = _kept(exchange, transaction.with_(is_answered=False, answers=answers))
        content = bodies.poll_request(transaction.request_id)
        try:
            answer = await self._say(application, transaction, BodyKind.POLL_REQ, content)
        except CmpRefusedError:
            if was_answered:
                raise
            # It never heard of the request, or has forgotten which answer was lost.
            return await self._ask_for(application, exchange, Transaction.new())
        certificate = self._taken(exchange, transaction, answer)
        if not certificate:
            raise Pending(pause_of_poll(answer))
        return certificate

    def _taken(self, exchange: Exchange, transaction: Transaction, answer: Message) -> bytes:
        """Keep what an answer says and return its certificate; empty where there is none yet."""
        said = self._outcome(answer, BodyKind.CP)
        transaction = transaction.with_(is_answered=True, answers=answer.header.nonce)
        if said is not None:
            transaction = transaction.with_(request_id=said.request_id)
        if said is not None and said.certificate and said.info.status is not Status.WAITING:
            transaction = transaction.with_(stage=Stage.ISSUED, certificate=said.certificate)
        return _kept(exchange, transaction).certificate

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

        def is_proved(answer: Message) -> bool:
            return secret.has_protected(answer) or self._is_signed(answer)

        return await self._answer_to(message, Sent(header.transaction, header.nonce), is_proved)

    def _secret(self, application: Application) -> SharedSecret:
        if self._configured is not None:
            return self._configured
        handed_out = application.handed_out
        if handed_out is None:  # it was configured when this renewal was drafted
            raise SecretGoneError(authority=self._name)
        reference, secret = handed_out.application.encode(), handed_out.secret.encode()
        return SharedSecret(reference, secret, self._mac)


def _configured_secret(settings: AuthoritySettings) -> SharedSecret | None:
    if not settings.user:
        return None
    return SharedSecret(settings.user.encode(), password_of(settings).encode(), settings.mac)


def _kept(exchange: Exchange, transaction: Transaction) -> Transaction:
    exchange.keep(transaction.notes)
    return transaction
