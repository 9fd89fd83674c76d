"""Methods that fill a dossier in, look at its scans and export the letter; for the user's own tools only."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from agent.api.input_files import read_scan
from agent.api.methods.renewals import Id, RenewalParams
from agent.api.registry import Call, NoParams, Registry, Role
from agent.api.services import Services
from agent.api.views.dossiers import (
    ConversionView,
    DossierView,
    KeptApplicant,
    LetterView,
    Picture,
    conversion_view,
    dossier_view,
    source_view,
)
from agent.api.views.renewals import RenewalView, renewal_view
from agent.certificates.china_time import china_date
from agent.certificates.organisation import identity_of
from agent.certificates.parsing import parse_certificate
from agent.ground.private import Private
from agent.renewals.authorities.ra_protocol import Applicant, ApplicantField, DocumentName, Policy
from agent.renewals.dossier.checks import amended, check_applicant, cleaned_applicant
from agent.renewals.dossier.findings import DossierIncompleteError
from agent.renewals.drafts.service import OpenDossier
from agent.renewals.letter.text import TITLE, Letter

_FieldText = Annotated[str, msgspec.Meta(max_length=1000)]
Fields = dict[ApplicantField, _FieldText]


class WriteParams(Private, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``dossiers.write``."""

    id: Id
    applicant: Fields


class ChooseParams(Private, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``dossiers.choose``: a path, or what a clipboard held."""

    id: Id
    name: DocumentName
    path: str = ""
    content: bytes = b""
    file: Annotated[str, msgspec.Meta(max_length=255)] = ""
    """What to call ``content``."""


class ScanParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of methods about one scan."""

    id: Id
    name: DocumentName


class ConvertParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``dossiers.convert``."""

    id: Id
    name: DocumentName
    page: Annotated[int, msgspec.Meta(ge=1)] = 1
    turns: Annotated[int, msgspec.Meta(ge=0, le=3)] = 0
    """Quarter turns clockwise."""


class UseParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``dossiers.use``."""

    id: Id
    name: DocumentName
    is_converted: bool


class LetterParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``dossiers.letter``."""

    id: Id
    format: Literal["pdf", "docx"] = "pdf"


class TakeOverParams(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``dossiers.take_over``."""

    id: Id
    source: Id
    """Of the renewal whose dossier is used."""


class KeepParams(Private, frozen=True, forbid_unknown_fields=True):
    """Parameters of ``applicant.keep``."""

    applicant: Fields


class DossierMethods:
    """See /docs/architecture/api.md for the list."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._dossiers = services.dossiers

    def register(self, registry: Registry) -> None:
        """Make the methods callable."""
        registry.add("dossiers.get", RenewalParams, self.get, Role.CONTROL)
        registry.add("dossiers.write", WriteParams, self.write, Role.CONTROL)
        registry.add("dossiers.choose", ChooseParams, self.choose, Role.CONTROL)
        registry.add("dossiers.remove", ScanParams, self.remove, Role.CONTROL)
        registry.add("dossiers.picture", ScanParams, self.picture, Role.CONTROL)
        registry.add("dossiers.convert", ConvertParams, self.convert, Role.CONTROL)
        registry.add("dossiers.use", UseParams, self.use, Role.CONTROL)
        registry.add("dossiers.take_over", TakeOverParams, self.take_over, Role.CONTROL)
        registry.add("dossiers.submit", RenewalParams, self.submit, Role.CONTROL)
        registry.add("dossiers.letter", LetterParams, self.letter, Role.CONTROL)
        registry.add("applicant.get", NoParams, self.kept, Role.CONTROL)
        registry.add("applicant.keep", KeepParams, self.keep, Role.CONTROL)
        registry.add("applicant.forget", NoParams, self.forget, Role.CONTROL)

    async def get(self, call: Call, params: RenewalParams) -> DossierView:
        """The dossier of a renewal as it stands."""
        opened = await self._dossiers.open(params.id)
        source = self._dossiers.source_of(opened.renewal)
        view = self._view(call, opened)
        return msgspec.structs.replace(view, source=source_view(source) if source else None)

    async def write(self, _call: Call, params: WriteParams) -> dict[str, str]:
        """Keep fields as they are typed."""
        self._dossiers.write(params.id, params.applicant)
        return {}

    async def choose(self, call: Call, params: ChooseParams) -> DossierView:
        """Take a file for a document."""
        content, file = params.content, params.file
        if params.path:
            path = Path(params.path)
            content, file = await asyncio.to_thread(read_scan, path), path.name
        opened = await self._dossiers.choose(params.id, params.name, file, content)
        return self._view(call, opened)

    async def remove(self, call: Call, params: ScanParams) -> DossierView:
        """Take a file out again."""
        return self._view(call, await self._dossiers.remove(params.id, params.name))

    async def picture(self, _call: Call, params: ScanParams) -> Picture:
        """A scan large enough to be read."""
        return Picture(content=await self._dossiers.picture(params.id, params.name))

    async def convert(self, call: Call, params: ConvertParams) -> ConversionView:
        """Offer a conversion, with pictures of before and after."""
        shown = await self._dossiers.convert(
            params.id, params.name, page=params.page, turns=params.turns
        )
        return conversion_view(shown, self._services.language_of(call))

    async def use(self, call: Call, params: UseParams) -> DossierView:
        """Have the conversion sent, or the file as it is."""
        opened = await self._dossiers.use(params.id, params.name, is_converted=params.is_converted)
        return self._view(call, opened)

    async def take_over(self, call: Call, params: TakeOverParams) -> DossierView:
        """Fill in what is empty as it was given for another renewal of the organisation."""
        return self._view(call, await self._dossiers.take_over(params.id, params.source))

    async def submit(self, call: Call, params: RenewalParams) -> RenewalView:
        """Submit what was filled in."""
        renewal = await self._dossiers.submit(params.id)
        return renewal_view(renewal, self._services.language_of(call))

    async def letter(self, _call: Call, params: LetterParams) -> LetterView:
        """The letter of authorisation with what is known filled in."""
        opened = await self._dossiers.open(params.id)
        content = await asyncio.to_thread(_set, self._letter(opened), params.format)
        return LetterView(file=f"{TITLE}.{params.format}", content=content)

    async def kept(self, _call: Call, _params: NoParams) -> KeptApplicant:
        """Who is kept for the next renewal."""
        kept = self._dossiers.kept_applicant()
        return KeptApplicant(applicant=msgspec.to_builtins(kept) if kept else None)

    async def keep(self, _call: Call, params: KeepParams) -> dict[str, str]:
        """Keep the applicant's data for the next renewal, if all of it is right."""
        applicant = amended(None, params.applicant)
        if findings := tuple(check_applicant(Policy(authority=""), applicant)):
            raise DossierIncompleteError(findings)
        self._dossiers.keep_applicant(applicant)
        return {}

    async def forget(self, _call: Call, _params: NoParams) -> dict[str, str]:
        """Keep nobody any more."""
        self._dossiers.forget_applicant()
        return {}

    def _view(self, call: Call, opened: OpenDossier) -> DossierView:
        is_kept = self._dossiers.is_applicant_kept
        return dossier_view(opened, self._services.language_of(call), is_kept=is_kept)

    def _letter(self, opened: OpenDossier) -> Letter:
        renewal = opened.renewal
        identity = None
        if renewal.private.certificate:
            certificate = parse_certificate(renewal.private.certificate)
            identity = identity_of(certificate, self._services.known().identity_oids)
        applicant: Applicant = cleaned_applicant(amended(None, opened.applicant))
        return Letter(
            organisation=renewal.organisation,
            uscc=(identity.uscc if identity else None) or "",
            name=applicant.name,
            id_number=applicant.id_number,
            date=china_date(self._services.clock()),
        )


def _set(letter: Letter, kind: str) -> bytes:
    # Both libraries take a while to load, and only one is needed.
    if kind == "pdf":
        from agent.renewals.letter.pdf import letter_pdf  # noqa: PLC0415

        return letter_pdf(letter)
    from agent.renewals.letter.docx import letter_docx  # noqa: PLC0415

    return letter_docx(letter)
