"""Methods that sign documents of this computer and verify them; for the user's own tools only."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec

from agent.api.methods.renewals import Thumbprint
from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.services import Services
from agent.api.views.signing import (
    PdfVerifiedView,
    SigningView,
    VerifiedView,
    pdf_verified_view,
    signing_view,
    verified_view,
)
from agent.ground.errors import InvalidInputError
from agent.ground.language import mark
from agent.signing.checking import check
from agent.signing.pdf.checking import check_pdf
from agent.signing.pdf.inside import Level, PdfWish, Stamp
from agent.signing.pdf.model import Box
from agent.signing.pdf.process import has_pdf_part
from agent.signing.pdf.showing import show_page, show_stamp

MAX_FILES = 200
"""Signed with one PIN: as many as a person can be asked about at once."""
File = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]


class StampParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be seen of signatures inside PDFs."""

    picture: File
    """Path of a PNG or JPEG."""
    box: Box
    page: Annotated[int, msgspec.Meta(ge=-100_000, le=100_000)] = 1
    """From 1; -1 is the last."""


class PdfParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How PDFs are signed inside (PAdES)."""

    output: File | None = None
    """Path of the file to make of the one there is; else it is ``…-signed.pdf`` beside the original."""
    stamp: StampParams | None = None
    level: Level | None = None
    """None is ``b-t`` where a time-stamping authority is configured, else ``b-b``."""

    def wish(self) -> PdfWish:
        """Return it as the service has it."""
        return PdfWish(
            output=Path(self.output) if self.output else None,
            level=self.level,
            stamp=Stamp(picture=Path(self.stamp.picture), page=self.stamp.page, box=self.stamp.box)
            if self.stamp
            else None,
        )


class SignParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``signing.sign``."""

    thumbprint: Thumbprint
    files: Annotated[tuple[File, ...], msgspec.Meta(min_length=1, max_length=MAX_FILES)]
    """Paths; each gets a detached signature beside it, but for PDFs that are to be signed inside."""
    pdf: PdfParams | None = None
    """How PDFs are signed inside; without it they are as all others."""
    accept_final_try: bool = False
    """A person consented to risk the last try."""


class StopParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``signing.stop``."""

    id: Annotated[str, msgspec.Meta(max_length=64)]
    """Of SigningView."""


class VerifyParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``signing.verify``."""

    file: File
    """The document, or a signature."""
    signature: File | None = None
    """Where the signature is, if not beside the document."""


class VerifyPdfParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``signing.verify_pdf``."""

    file: File


class PageParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``signing.page``."""

    file: File
    page: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1


class WaysView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``signing.ways``."""

    inside: bool
    """Whether the part of the program is installed that signs PDFs inside."""


class PageView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``signing.page``."""

    picture: bytes
    """JPEG (base64 in JSON)."""
    pages: int
    width: float
    """Millimetres, as the next."""
    height: float


class PictureView(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to ``signing.picture``."""

    picture: bytes
    """JPEG (base64 in JSON)."""


class PictureParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``signing.picture``."""

    file: File


class SigningMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("signing.sign", SignParams, self.sign, Role.CONTROL)
        registry.add("signing.stop", StopParams, self.stop, Role.CONTROL)
        registry.add("signing.verify", VerifyParams, self.verify, Role.CONTROL)
        registry.add("signing.ways", NoParams, self.ways, Role.CONTROL)
        registry.add("signing.page", PageParams, self.page, Role.CONTROL)
        registry.add("signing.picture", PictureParams, self.picture, Role.CONTROL)
        registry.add("signing.verify_pdf", VerifyPdfParams, self.verify_pdf, Role.CONTROL)

    async def sign(self, call: Call, params: SignParams) -> SigningView:
        """Read documents, and say where the PIN is to be sent that all of them are signed with."""
        files = [Path(file) for file in dict.fromkeys(params.files)]
        if params.pdf and params.pdf.output and len(files) > 1:
            raise InvalidInputError(what="output", reason=mark("it is for one document alone"))
        asked = await self._services.signing.sign_files(
            params.thumbprint,
            files,
            pdf=params.pdf.wish() if params.pdf else None,
            accepts_final_try=params.accept_final_try,
        )
        call.connection.on_close(asked.give_up)
        return signing_view(asked)

    async def stop(self, _call: Call, params: StopParams) -> None:
        """Sign no further document; the events tell what was signed."""
        self._services.signing.stop(params.id)

    async def verify(self, call: Call, params: VerifyParams) -> VerifiedView:
        """Verify one signature."""
        signature = Path(params.signature) if params.signature else None
        checked = await check(
            Path(params.file),
            signature,
            trust=self._services.trust,
            clock=self._services.clock,
        )
        return verified_view(checked, self._services.language_of(call))

    async def verify_pdf(self, call: Call, params: VerifyPdfParams) -> PdfVerifiedView:
        """Verify all signatures inside a PDF."""
        file, services = Path(params.file), self._services
        checked = await check_pdf(file, trust=services.trust, clock=services.clock)
        return pdf_verified_view(checked, services.language_of(call))

    async def ways(self, _call: Call, _params: NoParams) -> WaysView:
        """Tell whether PDFs can be signed inside."""
        return WaysView(inside=has_pdf_part())

    async def page(self, _call: Call, params: PageParams) -> PageView:
        """Show a page of a PDF, and how large it is."""
        page = await asyncio.to_thread(show_page, Path(params.file), params.page)
        return PageView(
            picture=page.picture, pages=page.pages, width=page.width, height=page.height
        )

    async def picture(self, _call: Call, params: PictureParams) -> PictureView:
        """Show a stamp's picture, decoded where nothing can happen."""
        return PictureView(picture=await asyncio.to_thread(show_stamp, Path(params.file)))
