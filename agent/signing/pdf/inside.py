"""A signature inside a PDF: PAdES-B-B (ETSI EN 319 142-1, 6), its CMS made here, its place by the worker.

The PDF's own bytes stay as they are: what the worker made comes after them (ISO 32000-1, 7.5.6), in a file
of its own.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import os
import stat
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from functools import partial
from pathlib import Path

import msgspec

from agent.certificates.chain import TrustStore
from agent.certificates.parsing import CertificateDamagedError, parse_certificate
from agent.ground.clock import Clock
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.keys.cades import cades_draft
from agent.keys.schemes import Family
from agent.keys.signing import Elsewhere, SignedDataDraft
from agent.signing.asking import (
    Asker,
    CertificateRevokedError,
    ProofMissingError,
    Proofs,
    TimestampMissingError,
    TsaMissingError,
)
from agent.signing.documents import Document, document_of, read_whole
from agent.signing.errors import DocumentChangedError
from agent.signing.holder import Holder
from agent.signing.pdf import process
from agent.signing.pdf.errors import (
    OF_FAULT,
    PdfPartMissingError,
    PdfTooLargeError,
    Sm2InPdfError,
    StampUnusableError,
)
from agent.signing.pdf.model import (
    MAX_PDF_BYTES,
    MAX_PICTURE_BYTES,
    Append,
    Box,
    Prepare,
    Prepared,
)
from agent.signing.timestamps import SIGNATURE_TIME_STAMP, Timestamp
from agent.signing.ways import Done, Sign, check_room, write_signed
from agent.system.files import saved_stamp

SUFFIX = "-signed"
"""After the name of a PDF, before its ``.pdf``."""
_SHORTFALLS: tuple[type[OdcError], ...] = (
    TimestampMissingError,
    ProofMissingError,
    CertificateRevokedError,
    *OF_FAULT.values(),
)
_ROOM_FOR_STAMP = 24 << 10
"""Bytes of a time-stamp with its authority's certificates; four of 4096 bits are 8 KB."""
_ROOM_FOR_SIGNATURE = 4096
"""Bytes of a message without its certificates: RSA of 4096 bits and the attributes are some 1,500."""


class Level(StrEnum):
    """How much of what it is verified with lies in the file itself (EN 319 142-1, 6)."""

    B = "b-b"
    """The signature, and the time its signer's clock said."""
    T = "b-t"
    """And a time-stamp."""
    LT = "b-lt"
    """And proofs that its certificates were not revoked."""


class Stamp(msgspec.Struct, frozen=True, kw_only=True):
    """What is seen of a signature."""

    picture: Path
    page: int
    box: Box


class PdfWish(msgspec.Struct, frozen=True, kw_only=True):
    """How PDFs are to be signed inside."""

    output: Path | None = None
    """The file to make of the one there is; without it each lies beside its original."""
    stamp: Stamp | None = None
    level: Level | None = None
    """None: with a time-stamp where somebody is configured who makes them."""


class Help(msgspec.Struct, frozen=True, kw_only=True):
    """What signatures of one PIN have in common."""

    chain: tuple[bytes, ...]
    """Certificates (DER) from the signer's upwards."""
    asker: Asker
    has_tsa: bool
    trust: TrustStore


def chain_of(
    certificate: bytes, others: Iterable[bytes], trust: TrustStore, now: dt.datetime
) -> tuple[bytes, ...]:
    """Return the certificates (DER) from one upwards, as far as they are known; for a thread."""
    known = []
    for der in dict.fromkeys((certificate, *others)):
        try:
            known.append(parse_certificate(der))
        except CertificateDamagedError:
            if der == certificate:
                return (der,)
    [found, *_] = trust.chains(known, now)
    return tuple(each.der for each in found.path)


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """A PDF with room for its signature."""

    document: Document
    target: Path
    added: bytes
    """What comes after the PDF's own bytes, with a hole."""
    hole: Prepared
    chain: tuple[bytes, ...]
    """The certificates (DER) that go with the signature, the signer's first."""
    level: Level
    asker: Asker
    trust: TrustStore

    async def sign(self, holder: Holder, sign: Sign, clock: Clock) -> Done:
        """Sign all of the file but the hole, and put the signature there."""
        pdf = await asyncio.to_thread(self._read_again)
        digest = await asyncio.to_thread(self._digest, pdf)
        # No signing time: in PDFs /M has it (6.3, table 1).
        draft = replace(
            cades_draft(Elsewhere(digest), certificate=holder.certificate.der),
            further=self.chain[1:],
        )
        signature = await sign(draft.to_be_signed)
        made = _Made(message=draft.message(signature))
        try:
            # Once the token has signed nothing may be lost: what is missing is told.
            await self._stamp(made, draft, signature)
            signed = await asyncio.to_thread(self._filled, pdf, made.message)
            proofs = await self._proved(made, signed, clock())
        except _SHORTFALLS as error:
            made.shortfall, proofs = error, b""
        await asyncio.to_thread(self._write, pdf, made.message, proofs)
        return Done(level=made.level, shortfall=made.shortfall)

    async def _stamp(self, made: _Made, draft: SignedDataDraft, signature: bytes) -> None:
        """Have the signature stamped, where that is wanted; TimestampMissingError."""
        if self.level is Level.B:
            return
        token, stamp = await self.asker.timestamp(signature)
        message = draft.message(signature, {SIGNATURE_TIME_STAMP: token})
        if len(message) > self._room:
            raise TimestampMissingError(reason=mark("the answer is too large"))
        made.message, made.stamp, made.level = message, stamp, Level.T

    async def _proved(self, made: _Made, signed: bytes, now: dt.datetime) -> bytes:
        """Return what comes after the signed PDF to prove that nothing was revoked, where that is wanted.

        Raises:
            ProofMissingError, CertificateRevokedError, and what :func:`process.append` does.
        """
        if self.level is not Level.LT or made.stamp is None:
            return b""
        proofs = Proofs()
        await self.asker.prove(self.chain, now, proofs)
        search = partial(chain_of, made.stamp.certificate, made.stamp.enclosed, self.trust, now)
        await self.asker.prove(await asyncio.to_thread(search), now, proofs)
        wish = Append(
            certificates=tuple(proofs.certificates),
            ocsp_responses=tuple(proofs.ocsp_responses),
            crls=tuple(proofs.crls),
        )
        name = self.document.file.name
        added = await asyncio.to_thread(process.append, name, signed, wish)
        made.level = Level.LT
        return added

    def _read_again(self) -> bytes:
        """Return the PDF, as it was when it was shown."""
        file = self.document.file
        pdf = read_whole(file, MAX_PDF_BYTES)
        if hashlib.sha256(pdf).digest() != self.document.sha256:
            raise DocumentChangedError(file=file.name)
        return pdf

    def _digest(self, pdf: bytes) -> bytes:
        digest = hashlib.sha256(pdf)
        before, after = self._halves(pdf)
        digest.update(before)
        digest.update(after)
        return digest.digest()

    def _halves(self, pdf: bytes) -> tuple[bytes, bytes]:
        return self.added[: self.hole.start - len(pdf)], self.added[self.hole.end - len(pdf) :]

    @property
    def _room(self) -> int:
        """Bytes a message may have."""
        return (self.hole.end - self.hole.start - 2) // 2

    def _filled(self, pdf: bytes, message: bytes) -> bytes:
        """Return the signed PDF."""
        before, after = self._halves(pdf)
        assert len(message) <= self._room, "the room was made for the certificates there are"
        return b"".join(
            (pdf, before, b"<", message.hex().encode().ljust(2 * self._room, b"0"), b">", after)
        )

    def _write(self, pdf: bytes, message: bytes, proofs: bytes) -> None:
        mode = stat.S_IMODE(os.stat(self.document.file).st_mode)  # noqa: PTH116 - as reading does
        write_signed(self.target, self._filled(pdf, message), proofs, mode=mode)


class _Made(msgspec.Struct, kw_only=True):
    """A signature as far as it has come."""

    message: bytes
    level: Level = Level.B
    stamp: Timestamp | None = None
    shortfall: OdcError | None = None


def is_pdf(file: Path) -> bool:
    """Return whether a file is to be signed inside, by its name."""
    return file.suffix.lower() == ".pdf"


def signed_of(file: Path) -> Path:
    """Return where a signed PDF lies: beside the original."""
    return file.with_name(file.stem + SUFFIX + file.suffix)


def read_inside(
    file: Path, holder: Holder, now: dt.datetime, *, wish: PdfWish, help_: Help
) -> Inside:
    """Return a PDF that is ready to be signed; for a thread.

    Raises:
        OdcError: it cannot be read, or is not to be signed (:mod:`agent.signing.pdf.errors`); there is no
            room for the result.
    """
    if holder.public_key.family is Family.SM2:
        raise Sm2InPdfError
    if not process.has_pdf_part():
        raise PdfPartMissingError
    level = wish.level or (Level.T if help_.has_tsa else Level.B)
    if level is not Level.B and not help_.has_tsa:
        raise TsaMissingError
    target = wish.output or signed_of(file)
    check_room(target)
    stamp, picture = saved_stamp(file), _picture(wish.stamp)
    pdf = _read(file)
    prepare = Prepare(
        name=holder.certificate.organisation or holder.certificate.common_name,
        moment=now,
        reserved=_ROOM_FOR_SIGNATURE
        + sum(map(len, help_.chain))
        + (0 if level is Level.B else _ROOM_FOR_STAMP),
        page=wish.stamp.page if wish.stamp else 1,
        box=wish.stamp.box if wish.stamp else None,
        picture=len(picture),
    )
    hole, added = process.prepare(file.name, pdf, prepare, picture)
    document = document_of(file, pdf, stamp)
    return Inside(
        document=document,
        target=target,
        added=added,
        hole=hole,
        chain=help_.chain,
        level=level,
        asker=help_.asker,
        trust=help_.trust,
    )


def _read(file: Path) -> bytes:
    pdf = read_whole(file, MAX_PDF_BYTES + 1)
    if len(pdf) > MAX_PDF_BYTES:
        raise PdfTooLargeError(file=file.name, limit=MAX_PDF_BYTES >> 20)
    return pdf


def _picture(stamp: Stamp | None) -> bytes:
    if stamp is None:
        return b""
    picture = read_whole(stamp.picture, MAX_PICTURE_BYTES + 1)
    if len(picture) > MAX_PICTURE_BYTES:
        raise StampUnusableError
    return picture
