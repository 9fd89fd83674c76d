"""Signing documents that lie on this computer: read first, asked about by name, signed with one PIN."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.ground.bus import Event, EventBus
from agent.ground.clock import Clock
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.ground.reports import ErrorReport
from agent.keys.cades import cades_draft
from agent.keys.schemes import USUAL
from agent.keys.signing import Elsewhere
from agent.signing.documents import Document, read_for_signing
from agent.signing.errors import (
    DocumentChangedError,
    SignatureExistsError,
    SignatureNotWrittenError,
    SigningGivenUpError,
)
from agent.signing.holder import Holder, find_holder
from agent.system.files import saved_stamp, write_beside
from agent.tokens.errors import SignatureInvalidError
from agent.tokens.inventory import Inventory
from agent.tokens.pin_sessions import AskedPin, PinSessions, PinWish
from agent.tokens.pin_states import PinPurpose
from agent.tokens.protocol import SignData
from agent.tokens.supervisor import PinSession

log = logging.getLogger(__name__)

SUFFIX = ".p7s"
"""Of a detached signature (RFC 8551, 3.2.1), after the document's whole name."""


class SignedFile(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one document."""

    file: str
    signature: str
    """The file of its signature; written only where there is no error."""
    error: ErrorReport | None = None


class DocumentSigned(Event, frozen=True, kw_only=True, tag="document_signed"):
    """One of several documents is signed, or was not; the others follow."""

    id: str
    number: int
    """From 1 on."""
    of: int
    file: SignedFile


class DocumentsSigned(Event, frozen=True, kw_only=True, tag="documents_signed"):
    """Documents somebody entered a PIN for are signed, or not."""

    id: str
    files: tuple[SignedFile, ...]
    error: ErrorReport | None = None
    """Why none was: the PIN was wrong, nobody entered one, the token is gone."""


class Wanted:
    """Documents that somebody wants signed with one PIN."""

    def __init__(self, documents: Sequence[Document], holder: Holder) -> None:
        self.id = secrets.token_hex(8)
        self.documents = tuple(documents)
        self.holder = holder
        self.is_given_up = False


class SigningAsked:
    """Documents that are signed once a PIN was entered; DocumentsSigned tells what became of them."""

    def __init__(self, wanted: Wanted, pin: AskedPin) -> None:
        self.wanted = wanted
        self.pin = pin

    def give_up(self) -> None:
        """Sign no further document, since who was asked has gone; what is signed stays."""
        self.wanted.is_given_up = True
        self.pin.abandon()


class SigningService:
    """Signs documents with a token's key."""

    def __init__(
        self, *, inventory: Inventory, pins: PinSessions, bus: EventBus, clock: Clock
    ) -> None:
        self._inventory = inventory
        self._pins = pins
        self._bus = bus
        self._clock = clock
        self._open: dict[str, Wanted] = {}

    def stop(self, wanted: str) -> None:
        """Sign no further document of those that are being signed; what is signed stays."""
        if wanted in self._open:
            self._open[wanted].is_given_up = True

    async def sign_files(
        self, thumbprint: str, files: Sequence[Path], *, accepts_final_try: bool = False
    ) -> SigningAsked:
        """Read documents, and ask for the one PIN that all of them are signed with, detached (CAdES-B).

        Whatever can be said before a PIN is entered is said here.

        Raises:
            OdcError: as :func:`find_holder`, :func:`read_for_signing` and :meth:`PinSessions.ask` say.
            SignatureExistsError, SignatureNotWrittenError: there is a signature, or no room for one.
        """
        holder = find_holder(await self._inventory.refresh(), thumbprint, self._clock())
        for file in files:
            await asyncio.to_thread(_check_room, file)
        digest = USUAL[holder.public_key.family].digest
        documents = tuple(
            [await asyncio.to_thread(read_for_signing, file, digest) for file in files]
        )
        wanted = Wanted(documents, holder)

        async def work(session: PinSession) -> tuple[SignedFile, ...]:
            return await self._sign_all(session, wanted)

        def done(outcome: tuple[SignedFile, ...] | OdcError) -> None:
            self._tell(wanted, outcome)

        wish = PinWish(
            token=holder.token,
            purpose=PinPurpose.SIGN,
            certificate=holder.certificate.der,
            accepts_final_try=accepts_final_try,
        )
        self._open[wanted.id] = wanted
        try:
            asked = await self._pins.ask(wish, work, done)
        except BaseException:
            del self._open[wanted.id]
            raise
        return SigningAsked(wanted, asked)

    async def _sign_all(self, session: PinSession, wanted: Wanted) -> tuple[SignedFile, ...]:
        """Sign as many documents as the PIN was asked for; one that fails does not undo those before it."""
        signed = []
        for number, document in enumerate(wanted.documents, start=1):
            error = None
            try:
                await self._sign(session, wanted, document)
            except OdcError as refusal:
                log.info("document not signed code=%s", refusal.code)
                error = refusal.report()
            target = os.fspath(signature_of(document.file))
            file = SignedFile(file=os.fspath(document.file), signature=target, error=error)
            signed.append(file)
            of = len(wanted.documents)
            self._bus.publish(DocumentSigned(id=wanted.id, number=number, of=of, file=file))
        return tuple(signed)

    async def _sign(self, session: PinSession, wanted: Wanted, document: Document) -> None:
        if wanted.is_given_up:
            raise SigningGivenUpError
        holder, target = wanted.holder, signature_of(document.file)
        draft = cades_draft(
            Elsewhere(document.digest),
            certificate=holder.certificate.der,
            signing_time=self._clock(),
        )
        if await asyncio.to_thread(saved_stamp, document.file) != document.stamp:
            raise DocumentChangedError(file=document.file.name)
        signature = await session.call(SignData(key=holder.key, data=draft.to_be_signed))
        if not holder.public_key.verify(draft.to_be_signed, signature):
            raise SignatureInvalidError(module=holder.token.module)
        try:
            await asyncio.to_thread(write_beside, target, draft.message(signature))
        except FileExistsError as error:
            raise SignatureExistsError(file=target.name) from error
        except OSError as error:
            raise SignatureNotWrittenError(file=target.name, reason=reason_of(error)) from error

    def _tell(self, wanted: Wanted, outcome: tuple[SignedFile, ...] | OdcError) -> None:
        self._open.pop(wanted.id, None)
        if isinstance(outcome, OdcError):
            self._bus.publish(DocumentsSigned(id=wanted.id, files=(), error=outcome.report()))
            return
        log.info("documents signed count=%d", sum(file.error is None for file in outcome))
        self._bus.publish(DocumentsSigned(id=wanted.id, files=outcome))


def signature_of(file: Path) -> Path:
    """Return where the detached signature of a document lies: beside it."""
    return file.with_name(file.name + SUFFIX)


def _check_room(file: Path) -> None:
    """Find out before a PIN is entered for nothing."""
    target = signature_of(file)
    if os.path.lexists(target):
        raise SignatureExistsError(file=target.name)
    if file.parent.is_dir() and not os.access(file.parent, os.W_OK):
        raise SignatureNotWrittenError(file=target.name, reason=mark("Permission denied"))
