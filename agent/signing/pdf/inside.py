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
from dataclasses import replace
from pathlib import Path

import msgspec

from agent.ground.clock import Clock
from agent.keys.cades import cades_draft
from agent.keys.schemes import Family
from agent.keys.signing import Elsewhere
from agent.signing.documents import Document, document_of, read_whole
from agent.signing.errors import DocumentChangedError
from agent.signing.holder import Holder
from agent.signing.pdf import process
from agent.signing.pdf.errors import (
    PdfPartMissingError,
    PdfTooLargeError,
    Sm2InPdfError,
    StampUnusableError,
)
from agent.signing.pdf.model import (
    MAX_PDF_BYTES,
    MAX_PICTURE_BYTES,
    Box,
    Prepare,
    Prepared,
)
from agent.signing.ways import Done, Sign, check_room, write_signed
from agent.system.files import saved_stamp

SUFFIX = "-signed"
"""After the name of a PDF, before its ``.pdf``."""
_ROOM_FOR_SIGNATURE = 4096
"""Bytes of a message without its certificates: RSA of 4096 bits and the attributes are some 1,500."""


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


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """A PDF with room for its signature."""

    document: Document
    target: Path
    added: bytes
    """What comes after the PDF's own bytes, with a hole."""
    hole: Prepared
    chain: tuple[bytes, ...]
    """The certificates (DER) that go with the signature, the signer's first."""

    async def sign(self, holder: Holder, sign: Sign, _clock: Clock) -> Done:
        """Sign all of the file but the hole, and put the signature there."""
        pdf = await asyncio.to_thread(self._read_again)
        digest = await asyncio.to_thread(self._digest, pdf)
        # No signing time: in PDFs /M has it (6.3, table 1).
        draft = replace(
            cades_draft(Elsewhere(digest), certificate=holder.certificate.der),
            further=self.chain[1:],
        )
        message = draft.message(await sign(draft.to_be_signed))
        await asyncio.to_thread(self._write, pdf, message)
        return Done(level="b-b")

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

    def _write(self, pdf: bytes, message: bytes) -> None:
        before, after = self._halves(pdf)
        room = self.hole.end - self.hole.start - 2
        filled = b"<" + message.hex().encode().ljust(room, b"0") + b">"
        assert len(filled) == room + 2, "the room was made for the certificates there are"
        mode = stat.S_IMODE(os.stat(self.document.file).st_mode)  # noqa: PTH116 - as reading does
        write_signed(self.target, pdf, before, filled, after, mode=mode)


def is_pdf(file: Path) -> bool:
    """Return whether a file is to be signed inside, by its name."""
    return file.suffix.lower() == ".pdf"


def signed_of(file: Path) -> Path:
    """Return where a signed PDF lies: beside the original."""
    return file.with_name(file.stem + SUFFIX + file.suffix)


def read_inside(
    file: Path, holder: Holder, now: dt.datetime, *, wish: PdfWish, chain: tuple[bytes, ...]
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
    target = wish.output or signed_of(file)
    check_room(target)
    stamp, picture = saved_stamp(file), _picture(wish.stamp)
    pdf = _read(file)
    prepare = Prepare(
        name=holder.certificate.organisation or holder.certificate.common_name,
        moment=now,
        reserved=_ROOM_FOR_SIGNATURE + sum(map(len, chain)),
        page=wish.stamp.page if wish.stamp else 1,
        box=wish.stamp.box if wish.stamp else None,
        picture=len(picture),
    )
    hole, added = process.prepare(file.name, pdf, prepare, picture)
    document = document_of(file, pdf, stamp)
    return Inside(document=document, target=target, added=added, hole=hole, chain=chain)


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
