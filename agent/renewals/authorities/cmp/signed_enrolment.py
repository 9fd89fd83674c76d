"""Profile ``cmp-signed``: a key update that the key to be renewed proves (RFC 9483, 4.1.3).

That key signs every message, so the first PIN signs the request, and no further one is needed where the
server answers at once and grants implicitConfirm. Each poll takes a PIN, since it names the nonce of the
answer before; certConf is signed with the PIN that installs the certificate.
"""

from __future__ import annotations

import datetime as dt

from agent.ground.errors import OdcError
from agent.network.way_out import SYSTEMS
from agent.renewals.authorities.authority import (
    AuthorityUnreachableError,
    Pending,
    SignatureNeeded,
)
from agent.renewals.authorities.cmp.bodies import Status
from agent.renewals.authorities.cmp.errors import CmpRefusedError, CmpUnsignedError
from agent.renewals.authorities.cmp.messages import BodyKind, Message
from agent.renewals.authorities.cmp.signed_transaction import (
    SignedMessage,
    SignedStage,
    SignedTransaction,
)
from agent.renewals.authorities.cmp.speaker import Speaker
from agent.renewals.authorities.cmp.talk import (
    MAX_WAIT_SECONDS,
    CmpTalk,
    Sent,
    check_kind,
    pause_of_poll,
)
from agent.renewals.authorities.enrolment import Application, Exchange, Prepared, Signer
from agent.settings.config import AuthoritySettings, NetworkSettings

_AFTER_LOSS_SECONDS = 60.0
_MOST_LOST = 12
"""Beyond which the pause is a day anyway."""


class CmpSignedEnrolment(CmpTalk):
    """An Enrolment and a SignedTalk, and no Dossier."""

    _unproved = CmpUnsignedError

    def __init__(self, settings: AuthoritySettings, network: NetworkSettings = SYSTEMS) -> None:
        """Reach the server, as :class:`AuthorityHttp` does."""
        super().__init__(settings, network)

    async def prepare(self, application: Application, signer: Signer, now: dt.datetime) -> Prepared:
        """The key update whole, signed by both keys; the request is what the certificate is compared with."""
        request = await signer.request()
        asked = await Speaker(application, signer, now).key_update(request)
        return Prepared(request=request, exchange=SignedTransaction(to_send=(asked,)).notes)

    async def enrol(self, _application: Application, exchange: Exchange) -> bytes:
        """Send what is signed; without that, say when it is to be signed."""
        transaction = SignedTransaction.read(exchange.notes)
        if transaction.certificate:
            return transaction.certificate
        if transaction.to_send:
            return await self._say(exchange, transaction)
        if transaction.ready is not None:
            left = (transaction.ready - dt.datetime.now(dt.UTC)).total_seconds()
            # A longer pause is none that was asked for: the clock was ahead when it was noted.
            if 0 < left <= MAX_WAIT_SECONDS:
                raise Pending(left)
        raise SignatureNeeded

    async def accept(
        self,
        _application: Application,
        _exchange: Exchange,
        _certificate: bytes,
        _refusal: OdcError | None,
    ) -> None:
        """Nothing is said by now: it would take a PIN. What is refused, the server takes back unconfirmed."""

    async def sign_next(
        self, application: Application, signer: Signer, notes: bytes, now: dt.datetime
    ) -> bytes:
        """Have certConf signed, a poll, or the request anew."""
        transaction = SignedTransaction.read(notes)
        speaker = Speaker(application, signer, now)
        match transaction.stage:
            case SignedStage.CONFIRMED | SignedStage.CONFIRMING:
                return notes
            case SignedStage.ISSUED:
                to_send = [await speaker.confirmation(transaction)]
            case SignedStage.NEW:
                to_send = [await speaker.key_update(application.request)]
            case SignedStage.WAITING:
                to_send = [await speaker.poll(transaction)]
            case SignedStage.ASKED:
                # Nobody knows whether it was heard. With the same PIN, so that there is no third.
                to_send = [
                    await speaker.poll(transaction),
                    await speaker.key_update(application.request),
                ]
        return transaction.with_(to_send=tuple(to_send)).notes

    async def confirm(self, _application: Application, exchange: Exchange) -> None:
        """Send certConf, where one was signed."""
        transaction = SignedTransaction.read(exchange.notes)
        if transaction.stage is SignedStage.CONFIRMED or not transaction.to_send:
            return
        is_repeated = transaction.stage is SignedStage.CONFIRMING
        transaction = _kept(exchange, transaction.with_(stage=SignedStage.CONFIRMING))
        try:
            answer = await self._answer_of(transaction.to_send[0])
        except CmpRefusedError as refused:
            # Where it was repeated it was heard the first time, and the answer was lost.
            if not (is_repeated or refused.was_confirmed):
                raise
        else:
            check_kind(answer, BodyKind.PKICONF)
        _kept(exchange, transaction.with_(stage=SignedStage.CONFIRMED, to_send=()))

    async def _say(self, exchange: Exchange, transaction: SignedTransaction) -> bytes:
        """Send the first of what is signed; the next, where the server knows nothing of that."""
        first, *others = transaction.to_send
        asked = _kept(
            exchange,
            transaction.with_(
                stage=SignedStage.ASKED,
                id=first.transaction,
                answers=b"",  # known again once there is an answer
                to_send=(),
            ),
        )
        try:
            answer = await self._answer_of(first)
        except AuthorityUnreachableError as error:
            # It costs no PIN to be without a network.
            _kept(exchange, _after_loss(asked) if error.was_sent else transaction)
            raise
        except CmpRefusedError:
            if not others:
                raise
            return await self._say(exchange, SignedTransaction(to_send=tuple(others)))
        try:
            return self._taken(exchange, asked, answer)
        except AuthorityUnreachableError:
            _kept(exchange, _after_loss(asked))  # an answer that says nothing is as good as lost
            raise

    async def _answer_of(self, signed: SignedMessage) -> Message:
        sent = Sent(signed.transaction, signed.nonce)
        return await self._answer_to(signed.message, sent, self._is_signed)

    def _taken(self, exchange: Exchange, asked: SignedTransaction, answer: Message) -> bytes:
        """Keep what an answer says, and return its certificate; Pending."""
        said = self._outcome(answer, BodyKind.KUP)
        asked = asked.with_(answers=answer.header.nonce, lost=0)
        if said is not None:
            asked = asked.with_(request_id=said.request_id)
        if said is None or said.info.status is Status.WAITING:
            seconds = pause_of_poll(answer)
            ready = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
            _kept(exchange, asked.with_(stage=SignedStage.WAITING, ready=ready))
            raise Pending(seconds)
        is_done = answer.header.is_confirmed_implicitly
        stage = SignedStage.CONFIRMED if is_done else SignedStage.ISSUED
        _kept(exchange, asked.with_(stage=stage, certificate=said.certificate))
        return said.certificate


def _after_loss(asked: SignedTransaction) -> SignedTransaction:
    """Return what is kept after a lost answer: the first time a PIN is asked for at once, later less often.

    Who enters one PIN after the other for a server with a fault would learn to enter them unasked.
    """
    seconds = min(_AFTER_LOSS_SECONDS * (2**asked.lost - 1), MAX_WAIT_SECONDS)
    ready = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)
    return asked.with_(lost=min(asked.lost + 1, _MOST_LOST), ready=ready)


def _kept(exchange: Exchange, transaction: SignedTransaction) -> SignedTransaction:
    exchange.keep(transaction.notes)
    return transaction
