"""Signing documents that lie on this computer: read first, asked about by name, signed with one PIN."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from agent.certificates.chain import TrustStore
from agent.ground.bus import Event, EventBus
from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.ground.reports import ErrorReport
from agent.settings.config import Config
from agent.signing.asking import Asker
from agent.signing.errors import SigningGivenUpError
from agent.signing.holder import Holder, find_holder
from agent.signing.pdf.inside import Help, PdfWish, chain_of, is_pdf, read_inside
from agent.signing.ways import Wish, read_beside
from agent.tokens.errors import SignatureInvalidError
from agent.tokens.inventory import Inventory
from agent.tokens.pin_sessions import AskedPin, PinSessions, PinWish
from agent.tokens.pin_states import PinPurpose
from agent.tokens.protocol import SignData
from agent.tokens.snapshot import Snapshot
from agent.tokens.supervisor import PinSession

log = logging.getLogger(__name__)


class SignedFile(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one document."""

    file: str
    signature: str
    """The file of its signature, or the signed PDF; written only where there is no error."""
    error: ErrorReport | None = None
    level: str = ""
    """Of a signature inside a PDF: ``b-b``, ``b-t`` or ``b-lt``."""
    shortfall: ErrorReport | None = None
    """Why it is of a lower level than was wanted; it is signed all the same."""


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

    def __init__(self, wishes: Sequence[Wish], holder: Holder) -> None:
        self.id = secrets.token_hex(8)
        self.wishes = tuple(wishes)
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
        self,
        *,
        inventory: Inventory,
        pins: PinSessions,
        bus: EventBus,
        clock: Clock,
        trust: Callable[[], Awaitable[TrustStore | None]],
        config: Callable[[], Config] = Config,
    ) -> None:
        self._inventory = inventory
        self._pins = pins
        self._bus = bus
        self._clock = clock
        self._trust = trust
        self._config = config
        self._open: dict[str, Wanted] = {}

    def stop(self, wanted: str) -> None:
        """Sign no further document of those that are being signed; what is signed stays."""
        if wanted in self._open:
            self._open[wanted].is_given_up = True

    async def sign_files(
        self,
        thumbprint: str,
        files: Sequence[Path],
        *,
        pdf: PdfWish | None = None,
        accepts_final_try: bool = False,
    ) -> SigningAsked:
        """Read documents, and ask for the one PIN that all of them are signed with.

        Whatever can be said before a PIN is entered is said here.

        Args:
            thumbprint: of the certificate.
            files: each is signed by a file beside it (CAdES-B).
            pdf: how those are signed inside (PAdES) that are PDFs; None where they are as all others.
            accepts_final_try: a person consented to risk the last try.

        Raises:
            OdcError: as :func:`find_holder`, :func:`read_beside`, :func:`read_inside` and
                :meth:`PinSessions.ask` say.
        """
        snapshot = await self._inventory.refresh()
        holder = find_holder(snapshot, thumbprint, self._clock())
        self._pins.prepare(holder.token)  # it is asked for as soon as all are read
        help_ = await self._help(snapshot, holder) if pdf else None
        read = partial(_read, holder=holder, now=self._clock(), pdf=pdf, help_=help_)
        wanted = Wanted([await asyncio.to_thread(read, file) for file in files], holder)

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

    async def _help(self, snapshot: Snapshot, holder: Holder) -> Help:
        """Return what signatures inside PDFs need besides the token."""
        on_token = [
            held.certificate.der
            for token in snapshot.tokens
            if token.reference == holder.token
            for held in token.certificates
        ]
        store, config = await self._trust() or TrustStore(), self._config()
        search = partial(chain_of, holder.certificate.der, on_token, store, self._clock())
        return Help(
            chain=await asyncio.to_thread(search),
            asker=Asker(config.signing.tsa, lambda: self._config().network),
            has_tsa=bool(config.signing.tsa),
            trust=store,
        )

    async def _sign_all(self, session: PinSession, wanted: Wanted) -> tuple[SignedFile, ...]:
        """Sign as many documents as the PIN was asked for; one that fails does not undo those before it."""
        signed = []
        for number, wish in enumerate(wanted.wishes, start=1):
            file = await self._signed(session, wanted, wish)
            signed.append(file)
            of = len(wanted.wishes)
            self._bus.publish(DocumentSigned(id=wanted.id, number=number, of=of, file=file))
        return tuple(signed)

    async def _signed(self, session: PinSession, wanted: Wanted, wish: Wish) -> SignedFile:
        """Return what became of one document."""
        file, target = os.fspath(wish.document.file), os.fspath(wish.target)
        try:
            if wanted.is_given_up:
                raise SigningGivenUpError
            sign = partial(_signature, session, wanted.holder)
            done = await wish.sign(wanted.holder, sign, self._clock)
        except OdcError as refusal:
            log.info("document not signed code=%s", refusal.code)
            return SignedFile(file=file, signature=target, error=refusal.report())
        shortfall = done.shortfall.report() if done.shortfall else None
        return SignedFile(file=file, signature=target, level=done.level, shortfall=shortfall)

    def _tell(self, wanted: Wanted, outcome: tuple[SignedFile, ...] | OdcError) -> None:
        self._open.pop(wanted.id, None)
        if isinstance(outcome, OdcError):
            self._bus.publish(DocumentsSigned(id=wanted.id, files=(), error=outcome.report()))
            return
        log.info("documents signed count=%d", sum(file.error is None for file in outcome))
        self._bus.publish(DocumentsSigned(id=wanted.id, files=outcome))


def _read(
    file: Path, *, holder: Holder, now: dt.datetime, pdf: PdfWish | None, help_: Help | None
) -> Wish:
    if pdf is not None and help_ is not None and is_pdf(file):
        return read_inside(file, holder, now, wish=pdf, help_=help_)
    return read_beside(file, holder)


async def _signature(session: PinSession, holder: Holder, data: bytes) -> bytes:
    """Have the token sign, and check that it did; SignatureInvalidError where not."""
    signature = await session.call(SignData(key=holder.key, data=data))
    if not holder.public_key.verify(data, signature):
        raise SignatureInvalidError(module=holder.token.module)
    return signature
