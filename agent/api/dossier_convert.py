"""From dossiers as the agent has them to what clients see."""

from __future__ import annotations

from collections.abc import Iterator

from agent.api.views.dossiers import ConversionView, DossierView, FaultView, ScanView
from agent.ground.language import Language, translate
from agent.renewals.authorities.ra_protocol import DocumentName
from agent.renewals.drafts.service import OpenDossier, ShownConversion
from agent.renewals.drafts.store import DraftScan
from agent.renewals.journal.states import State
from agent.renewals.scans.judging import judge
from agent.renewals.scans.model import Limits
from agent.renewals.scans.reports import fault_values
from agent.renewals.scans.wording import FAULTS, facts_text


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
