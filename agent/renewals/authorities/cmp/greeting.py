"""Whether a CMP server is where the configuration says, and takes the secret in it: asked by 环境检测."""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
from dataclasses import dataclass
from enum import Enum, auto, unique

from cryptography import x509

from agent.network.way_out import SYSTEMS
from agent.renewals.authorities.authority import AuthorityRefusedError
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.messages import (
    BodyKind,
    CmpMessageError,
    Header,
    Message,
    protected_part,
    read_message,
    written,
)
from agent.renewals.authorities.cmp.protection import SharedSecret, is_signed_for
from agent.renewals.authorities.cmp.talk import MEDIA_TYPE, MESSAGE_BYTES, NONCE_BYTES
from agent.renewals.authorities.http import AuthorityHttp
from agent.renewals.authorities.password_file import password_of
from agent.settings.config import AuthoritySettings, NetworkSettings
from agent.settings.trust import certificates_of

NOTHING = b"\x30\x00"
"""GenMsgContent that asks for nothing: an empty SEQUENCE (RFC 4210, 5.3.19)."""
_NOT_OURS = frozenset({"badMessageCheck", "notAuthorized"})
"""What servers say to a MAC of a secret they do not know."""


@unique
class Welcome(Enum):
    """What became of a greeting."""

    PROVED = auto()
    """A CMP server answers, and has proved to be the authority's."""
    UNPROVED = auto()
    """One answers, with an error it did not protect: all that can be had where there is no secret."""
    NOT_CMP = auto()
    SECRET_REFUSED = auto()
    FORGED = auto()
    """What it answers is protected, by neither the secret nor the pinned authority."""


@dataclass(frozen=True, slots=True)
class Greeted:
    """The same, and what was said or seen."""

    welcome: Welcome
    reason: str = ""


class CmpGreeting(AuthorityHttp):
    """Says ``genm`` without a question, which changes nothing whatever the server makes of it."""

    _headers = {"Connection": "close"}  # noqa: RUF012 - never changed

    def __init__(self, settings: AuthoritySettings, network: NetworkSettings = SYSTEMS) -> None:
        """Raise OSError or ValueError where trust anchor or secret cannot be read."""
        super().__init__(settings, network)
        self._path = settings.path
        self._authorities = tuple(
            x509.load_der_x509_certificate(der) for der in certificates_of(settings.trust_anchor)
        )
        self._secret: SharedSecret | None = None
        if settings.user:
            secret = password_of(settings).encode()
            self._secret = SharedSecret(settings.user.encode(), secret, settings.mac)

    async def say(self) -> Greeted:
        """Greet, and return what became of it; AuthorityUnreachableError where nothing is answered."""
        header = Header(
            time=dt.datetime.now(dt.UTC),
            transaction=secrets.token_bytes(NONCE_BYTES),
            nonce=secrets.token_bytes(NONCE_BYTES),
        )
        greeting = await asyncio.to_thread(self._greeting, header)
        try:
            answer = await self._ask(
                "POST", self._path, size=MESSAGE_BYTES, content=greeting, media_type=MEDIA_TYPE
            )
        except AuthorityRefusedError as refused:
            return Greeted(Welcome.NOT_CMP, str(refused.values["reason"]))
        try:
            message = read_message(answer.content)
        except CmpMessageError as error:
            return Greeted(Welcome.NOT_CMP, str(error))
        return await asyncio.to_thread(self._judged, message)

    def _greeting(self, header: Header) -> bytes:
        if self._secret is not None:
            return self._secret.protected(header, BodyKind.GENM, NOTHING)
        return written(protected_part(header, BodyKind.GENM, NOTHING), b"")

    def _judged(self, answer: Message) -> Greeted:
        said = _said(answer)
        if answer.protection:
            is_proved = is_signed_for(answer, self._authorities, dt.datetime.now(dt.UTC)) or (
                self._secret is not None and self._secret.has_protected(answer)
            )
            return Greeted(Welcome.PROVED if is_proved else Welcome.FORGED)
        if self._secret is not None and said.failures & _NOT_OURS:
            return Greeted(Welcome.SECRET_REFUSED, said.reason)
        return Greeted(Welcome.UNPROVED, said.reason)


def _said(answer: Message) -> bodies.StatusInfo:
    if answer.kind is not BodyKind.ERROR:
        return bodies.StatusInfo(text=answer.kind.name)
    try:
        return bodies.read_error(answer.body)
    except CmpMessageError as error:
        return bodies.StatusInfo(text=str(error))
