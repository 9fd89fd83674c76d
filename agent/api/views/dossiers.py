"""What clients see of dossiers: personal data, for the user's own tools only."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from agent.ground.language import Language, translate
from agent.ground.private import Private
from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName
from agent.renewals.drafts.service import OpenDossier, ShownConversion
from agent.renewals.drafts.store import DraftScan
from agent.renewals.journal.record import Renewal
from agent.renewals.journal.states import State
from agent.renewals.scans.judging import judge
from agent.renewals.scans.model import Limits
from agent.renewals.scans.reports import fault_values
from agent.renewals.scans.wording import FAULTS, facts_text


class FaultView(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a scan."""

    code: str
    text: str
    """In the user's language."""
    is_refused: bool
    """The authority would not take it; else a reviewer may see it badly."""


class ScanView(Private, frozen=True, kw_only=True):
    """What there is for one document."""

    name: DocumentName
    file: str
    """As the file is called; empty for a scan that was submitted before."""
    facts_text: str = ""
    faults: tuple[FaultView, ...] = ()
    """Of what would be sent."""
    is_taken: bool = True
    """Nothing keeps it from being submitted."""
    is_converted: bool = False
    can_be_converted: bool = True
    """It is a new file, which can be turned and converted."""
    pages: int = 1
    thumbnail: bytes
    """JPEG (base64 in JSON)."""


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """A renewal of the same organisation whose dossier can be used."""

    id: str
    token_label: str


class DossierView(Private, frozen=True, kw_only=True):
    """A dossier as it stands."""

    id: str
    """The renewal's."""
    applicant: dict[ApplicantField, str]
    scans: tuple[ScanView, ...]
    required_fields: tuple[ApplicantField, ...]
    required_documents: tuple[DocumentName, ...]
    formats: tuple[str, ...]
    """Media types."""
    max_bytes: int
    """A scan must be smaller."""
    is_amendment: bool
    """The review has asked for amendments: the rest stays as it was submitted."""
    is_applicant_kept: bool
    """The applicant's data is kept for the next renewal."""
    source: SourceView | None = None
    """Told by ``dossiers.get``: what was given there can be taken over."""


class ConversionView(Private, frozen=True, kw_only=True):
    """A conversion that is offered, with both pictures (JPEG) to look at."""

    facts_before: str
    facts_after: str
    changes: tuple[str, ...]
    """What was done, in the user's language."""
    before: bytes
    after: bytes


class Picture(Private, frozen=True, kw_only=True):
    """A scan to look at: JPEG."""

    content: bytes


class LetterView(Private, frozen=True, kw_only=True):
    """The letter of authorisation (导出模板), ready to be printed, signed and stamped."""

    file: str
    """What the file may be called."""
    content: bytes


class KeptApplicant(Private, frozen=True, kw_only=True):
    """Who is kept for the next renewal; None where nobody is."""

    applicant: dict[ApplicantField, str] | None


def dossier_view(opened: OpenDossier, language: Language, *, is_kept: bool) -> DossierView:
    """Return a dossier as clients see it."""
    policy = opened.policy
    return DossierView(
        id=opened.renewal.id,
        applicant=dict(opened.applicant),
        scans=tuple(_scans(opened, language)),
        required_fields=policy.required_fields,
        required_documents=policy.required_documents,
        formats=policy.document_formats,
        max_bytes=policy.document_max_bytes,
        is_amendment=opened.renewal.state is State.REJECTED,
        is_applicant_kept=is_kept,
    )


def source_view(source: Renewal) -> SourceView:
    """Return a renewal as the dossier that can use its papers names it."""
    return SourceView(id=source.id, token_label=source.token.label)


def conversion_view(shown: ShownConversion, language: Language) -> ConversionView:
    """Return an offered conversion as clients see it."""
    conversion = shown.conversion
    return ConversionView(
        facts_before=facts_text(conversion.before, language),
        facts_after=facts_text(conversion.after, language),
        changes=conversion.changes_text(language),
        before=shown.before,
        after=shown.after,
    )


def _scans(opened: OpenDossier, language: Language) -> Iterator[ScanView]:
    for name, thumbnail in opened.thumbnails.items():
        scan = opened.draft.scans.get(name)
        if scan is None:
            yield ScanView(name=name, file="", can_be_converted=False, thumbnail=thumbnail)
        else:
            yield _scan_view(name, scan, thumbnail, opened.limits, language)


def _scan_view(
    name: DocumentName, scan: DraftScan, thumbnail: bytes, limits: Limits, language: Language
) -> ScanView:
    used = scan.used
    faults = judge(used, limits)
    values = fault_values(used, limits)
    return ScanView(
        name=name,
        file=scan.file,
        facts_text=facts_text(used, language),
        faults=tuple(
            FaultView(
                code=fault.value,
                text=translate(FAULTS[fault], language, **values),
                is_refused=fault.is_refused,
            )
            for fault in faults
        ),
        is_taken=not any(fault.is_refused for fault in faults),
        is_converted=scan.converted is not None,
        pages=scan.original.pictures,
        thumbnail=thumbnail,
    )
