"""Decrypting messages that a page holds, for the certificate they were encrypted to (招标文件)."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from agent.certificates.model import Certificate, CertificateUse
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.ground.reports import ReportedError
from agent.portal_signing.errors import CertificateUnsuitableError, NotDecryptedError
from agent.portal_signing.model import ShownItem, TokenUse
from agent.signing.decrypting import content_in, content_of, identity_of, read_sealed
from agent.signing.uploads import MAX_DOCUMENT_BYTES
from agent.sites.model import Action
from agent.tokens.errors import DecryptionUnsupportedError
from agent.tokens.protocol import DecryptContent, DecryptKey
from agent.tokens.snapshot import HeldCertificate
from agent.tokens.supervisor import PinSession

if TYPE_CHECKING:  # asn1crypto comes with it: an agent at rest should be small
    from agent.tokens.worker.envelope import Envelope, KeyIdentity, Recipient

_PIECE_BYTES = 512 << 10
"""What a worker is given at a time: whole blocks, and less than its minute is for on a token of 10 KB/s."""


class SealedDocument(msgspec.Struct, frozen=True):
    """A message as a page sent it, and as it can be read without a key."""

    name: str
    size: int
    sha256: str
    """In hex."""
    envelope: Envelope

    @classmethod
    def read(cls, name: str, content: bytes) -> SealedDocument:
        """Read a message, which takes as long as it is: for a thread; EnvelopeUnreadableError."""
        sha256 = hashlib.sha256(content).hexdigest()
        return cls(name, len(content), sha256, read_sealed(content, MAX_DOCUMENT_BYTES))


def decrypting_of(
    documents: Sequence[SealedDocument], *, origin: str, thumbprint: str | None
) -> TokenUse[tuple[bytes, ...]]:
    """Return the use of a token that decrypts a page's messages, all with one PIN.

    An old certificate serves too: what is old was encrypted to it.
    """

    def refuses(certificate: Certificate, _now: dt.datetime) -> OdcError | None:
        identity = identity_of(certificate)
        if all(_recipients(document.envelope, identity) for document in documents):
            return None
        return CertificateUnsuitableError(reason=mark("the message is not encrypted for it."))

    async def work(held: HeldCertificate, session: PinSession) -> tuple[bytes, ...]:
        try:
            return tuple([await _opened(held, session, each.envelope) for each in documents])
        except OdcError as error:
            raise NotDecryptedError from error

    return TokenUse(
        origin=origin,
        action=Action.DECRYPT,
        refuses=refuses,
        work=work,
        shown=tuple(
            ShownItem(
                kind="document",
                name=document.name,
                size=document.size,
                sha256=document.sha256,
            )
            for document in documents
        ),
        thumbprint=thumbprint,
        certificate_use=CertificateUse.ENCRYPTION,
    )


async def _opened(held: HeldCertificate, session: PinSession, envelope: Envelope) -> bytes:
    """Return the content by the first recipient that names the certificate's key; NotDecryptedError."""
    recipient = _recipients(envelope, identity_of(held.certificate))[0]
    if recipient.is_sm2:
        content = await _by_token(held, session, envelope, recipient)
    else:
        content = await _by_key(held, session, envelope, recipient)
    if content is None:
        raise NotDecryptedError
    return content


async def _by_key(
    held: HeldCertificate, session: PinSession, envelope: Envelope, recipient: Recipient
) -> bytes | None:
    """Have the token decrypt the key, and decrypt the content here."""
    order = DecryptKey(
        key=held.key,
        encrypted_key=recipient.encrypted_key,
        size=envelope.key_bytes,
        oaep=recipient.oaep,
    )
    try:
        key = await session.call(order)
    except ReportedError as error:
        is_unsupported = error.code == DecryptionUnsupportedError.code
        if not is_unsupported or not envelope.is_sm4 or recipient.oaep is not None:
            raise
        return await _by_token(held, session, envelope, recipient)
    return await asyncio.to_thread(content_of, envelope, key)


async def _by_token(
    held: HeldCertificate, session: PinSession, envelope: Envelope, recipient: Recipient
) -> bytes | None:
    """Have the token decrypt all of the content, since it gives out no keys."""
    if not envelope.is_sm4:
        return None
    clear, before = bytearray(), envelope.initial
    for at in range(0, len(envelope.content), _PIECE_BYTES):
        piece = envelope.content[at : at + _PIECE_BYTES]
        order = DecryptContent(
            key=held.key,
            encrypted_key=recipient.encrypted_key,
            initial=before,
            content=piece,
        )
        blocks: bytes = await session.call(order)
        clear += blocks
        before = piece[-len(before) :]
    return await asyncio.to_thread(content_in, bytes(clear))


def _recipients(envelope: Envelope, identity: KeyIdentity) -> list[Recipient]:
    """Return those that name the key: one that names another is no reason to ask for a PIN."""
    return [recipient for recipient in envelope.recipients if recipient.names(identity)]
