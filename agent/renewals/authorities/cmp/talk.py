"""What both profiles of CMP do alike: send a message, believe the answer, read what it says."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable

import msgspec
from cryptography import x509

from agent.renewals.authorities.authority import (
    AuthorityRefusedError,
    AuthorityUnreachableError,
    ClockRefusedError,
)
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.bodies import CertificateAnswer, Status, StatusInfo
from agent.renewals.authorities.cmp.errors import CmpRefusedError
from agent.renewals.authorities.cmp.messages import (
    BodyKind,
    CmpMessageError,
    Message,
    read_message,
)
from agent.renewals.authorities.cmp.protection import is_signed_for
from agent.renewals.authorities.enrolment import Application, Exchange
from agent.renewals.authorities.est_messages import ServerKey
from agent.renewals.authorities.http import DEFAULT_RETRY_SECONDS, AuthorityHttp
from agent.renewals.authorities.plain_policy import plain_policy
from agent.renewals.authorities.ra_protocol import Policy
from agent.settings.config import AuthoritySettings, NetworkSettings
from agent.settings.trust import certificates_of

MEDIA_TYPE = "application/pkixcmp"
MESSAGE_BYTES = 256 * 1024
"""A certificate with its chain has some 10 KB."""
NONCE_BYTES = 16
"""RFC 9483, 3.1: 128 bits."""
MAX_WAIT_SECONDS = 24 * 3600
_LATER = frozenset({BodyKind.POLL_REP, BodyKind.ERROR})
"""Answers without a word on the request; of errors, those that are left by then."""
_NOT_NOW = frozenset({"systemUnavail", "systemFailure"})
"""Failures that pass."""
_HEARD = frozenset({"transactionIdInUse", "badRecipientNonce"})
"""What a server says to a message that came to it twice, the answer to the first being lost."""


class Sent(msgspec.Struct, frozen=True):
    """What an answer is compared with."""

    transaction: bytes
    nonce: bytes


class CmpTalk(AuthorityHttp):
    """The connection to a CMP server, and its policy."""

    _headers = {"Connection": "close"}  # noqa: RUF012 - never changed
    """Some servers know a transaction no more on a connection they have seen before."""
    _unproved: type[CmpRefusedError]
    """A refusal by somebody who did not prove to be the server."""

    def __init__(self, settings: AuthoritySettings, network: NetworkSettings) -> None:
        super().__init__(settings, network)
        self._name = settings.name
        self._path = settings.path
        self._key_types = settings.key_types
        self._authorities = tuple(
            x509.load_der_x509_certificate(der) for der in certificates_of(settings.trust_anchor)
        )

    async def policy(self) -> Policy:
        """Nothing but the certificate is asked for: CMP tells no more of it beforehand."""
        return plain_policy(self._name, self._key_types)

    async def server_key(self, _application: Application, _exchange: Exchange) -> ServerKey:
        """Never called: the policy offers no encryption certificate."""
        raise AuthorityRefusedError(reason="no encryption certificates by CMP")

    async def _answer_to(
        self, message: bytes, sent: Sent, is_proved: Callable[[Message], bool]
    ) -> Message:
        """Send a message and return the answer, once it is proved whose it is.

        Raises:
            CmpRefusedError: it is an error, or a rejection.
            AuthorityUnreachableError: there is none that can be believed.
        """
        answer = await self._ask(
            "POST", self._path, size=MESSAGE_BYTES, content=message, media_type=MEDIA_TYPE
        )
        try:
            # A MAC takes thousands of digests, on purpose: not in the loop's thread.
            believed = await asyncio.to_thread(self._believed, answer.content, sent, is_proved)
        except CmpMessageError as error:
            raise AuthorityUnreachableError(reason=f"unreadable answer: {error}") from error
        self._hear(believed.header.time)
        return believed

    def _believed(
        self, content: bytes, sent: Sent, is_proved: Callable[[Message], bool]
    ) -> Message:
        answer = read_message(content)
        # Of a message that cannot be read a server cannot say to which transaction it belongs.
        is_nobodys = answer.kind is BodyKind.ERROR and not answer.header.transaction
        if answer.header.transaction != sent.transaction and not is_nobodys:
            raise CmpMessageError("it is of another transaction")
        is_by_server = bool(answer.protection) and is_proved(answer)
        if answer.kind is BodyKind.ERROR:
            said = bodies.read_error(answer.body)
            # Of a message of whatever kind that is put off (RFC 9483, 4.4).
            if said.status is not Status.WAITING or not is_by_server:
                raise self._refusal(said, CmpRefusedError if is_by_server else self._unproved)
        if not is_by_server:
            raise CmpMessageError("it does not prove that it is the authority's")
        if answer.header.answers != sent.nonce:
            raise CmpMessageError("it answers another message")
        return answer

    def _is_signed(self, answer: Message) -> bool:
        return is_signed_for(answer, self._authorities, dt.datetime.now(dt.UTC))

    @staticmethod
    def _refusal(
        info: StatusInfo, kind: type[CmpRefusedError]
    ) -> AuthorityUnreachableError | CmpRefusedError:
        """Return what a refusal means; an unproved one is the last word like any other."""
        if kind.is_proved and "badTime" in info.failures:
            return ClockRefusedError(reason=info.reason)
        if info.failures & _NOT_NOW or (kind.is_proved and info.failures & _HEARD):
            return AuthorityUnreachableError(reason=info.reason)
        return kind(info)

    def _outcome(self, answer: Message, kind: BodyKind) -> CertificateAnswer | None:
        """Return what an answer says of the request; None where it says to ask later.

        Raises:
            CmpRefusedError: it is rejected.
            AuthorityUnreachableError: what it says cannot be read, or used.
        """
        if answer.kind in _LATER:
            return None
        check_kind(answer, kind)
        try:
            said = bodies.read_certificate_answer(answer.body)
        except CmpMessageError as error:
            raise AuthorityUnreachableError(reason=str(error)) from error
        if said.info.status is Status.REJECTION:
            raise self._refusal(said.info, CmpRefusedError)
        if said.info.status is not Status.WAITING and not said.certificate:
            raise AuthorityUnreachableError(reason="no certificate in the answer")
        return said


def check_kind(answer: Message, kind: BodyKind) -> None:
    """Raise AuthorityUnreachableError where an answer is of another kind."""
    if answer.kind is not kind:
        raise AuthorityUnreachableError(reason=f"unexpected answer: {answer.kind.name}")


def pause_of_poll(answer: Message) -> float:
    """Return how many seconds the server asks to leave."""
    if answer.kind is not BodyKind.POLL_REP:
        return DEFAULT_RETRY_SECONDS
    try:
        seconds = bodies.read_poll_answer(answer.body).seconds
    except CmpMessageError as error:
        raise AuthorityUnreachableError(reason=str(error)) from error
    return float(max(1, min(seconds, MAX_WAIT_SECONDS)))
