"""A dossier as a whole, under an authority's policy. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.ground.language import mark
from agent.renewals.authorities.ra_protocol import (
    Applicant,
    ApplicantField,
    DocumentDigest,
    DocumentName,
    Policy,
)
from agent.renewals.dossier.cleaning import cleaned, note_on
from agent.renewals.dossier.fields import check_field
from agent.renewals.dossier.findings import Finding


def amended(before: Applicant | None, changes: Mapping[ApplicantField, str]) -> Applicant:
    """Return the applicant with some fields changed; what nobody ever gave is empty."""
    known = {field: getattr(before, field.value) if before else "" for field in ApplicantField}
    return Applicant(**{field.value: text for field, text in {**known, **changes}.items()})


def check_dossier(
    policy: Policy, applicant: Applicant, documents: Mapping[DocumentName, DocumentDigest]
) -> tuple[Finding, ...]:
    """Return everything that is wrong with a dossier under ``policy``; empty when it can be sent."""
    return (*check_applicant(policy, applicant), *_check_documents(policy, documents))


def check_applicant(policy: Policy, applicant: Applicant) -> Iterator[Finding]:
    """Yield what is wrong with the applicant's fields, at most one finding for each."""
    for field in ApplicantField:
        finding = check_field(
            field, getattr(applicant, field.value), is_required=field in policy.required_fields
        )
        if finding is not None:
            yield finding


def notes_on_applicant(applicant: Applicant) -> Iterator[Finding]:
    """Yield what is done to fields before they are sent; nothing is wrong with them."""
    for field in ApplicantField:
        note = note_on(field, getattr(applicant, field.value))
        if note is not None:
            yield note


def cleaned_applicant(applicant: Applicant) -> Applicant:
    """Return the applicant as it is sent: in ordinary characters, the check character X a capital."""
    values = {
        field.value: cleaned(field, getattr(applicant, field.value)) for field in ApplicantField
    }
    return Applicant(**{**values, "id_number": values["id_number"].upper()})


def _check_documents(
    policy: Policy, documents: Mapping[DocumentName, DocumentDigest]
) -> Iterator[Finding]:
    for name in policy.required_documents:
        if name not in documents:
            yield Finding(name, mark("This scan is needed."))
    for name, digest in documents.items():
        if digest.media_type not in policy.document_formats:
            yield Finding(name, mark("The authority does not take this image format."))
        if digest.size >= policy.document_max_bytes:
            limit = policy.document_max_bytes // 1024
            yield Finding(name, mark("The file must be smaller than {limit} KB."), {"limit": limit})
