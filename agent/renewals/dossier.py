"""The dossier's rules: what must be there and what form it must have. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stdnum.cn import ric

from agent.errors import ErrorReport, ItemReport, OdcError
from agent.language import Language, mark, translate
from agent.renewals.protocol import (
    Applicant,
    ApplicantField,
    DocumentDigest,
    DocumentName,
    Policy,
)

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{2,3}-?\d{7,8}(-\d{1,6})?")
_MAX_TEXT = 200

FIELD_NAMES = {
    ApplicantField.ID_NUMBER: mark("applicant's ID number"),
    ApplicantField.NAME: mark("applicant's name"),
    ApplicantField.ADDRESS: mark("applicant's address"),
    ApplicantField.PHONE: mark("applicant's phone number"),
    ApplicantField.EMAIL: mark("applicant's e-mail"),
}
DOCUMENT_NAMES = {
    DocumentName.ORGANISATION_CERTIFICATE: mark("organisation's licence (stamped copy)"),
    DocumentName.ID_CARD_FRONT: mark("applicant's ID card, front (stamped copy)"),
    DocumentName.ID_CARD_BACK: mark("applicant's ID card, back (stamped copy)"),
    DocumentName.AUTHORISATION_LETTER: mark("letter of authorisation (stamped)"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one field or document."""

    item: ApplicantField | DocumentName
    sentence: str
    values: Mapping[str, object]

    def text(self, language: Language) -> str:
        """Return what is wrong, in ``language``."""
        return translate(self.sentence, language, **self.values)


class DossierIncompleteError(OdcError):
    """The dossier is not yet what the authority asks for."""

    code = "dossier_incomplete"
    sentence = mark("The dossier is not complete.")
    advice = mark("Correct what is named and submit it again.")

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__()
        self.findings = findings

    def report(self) -> ErrorReport:
        """Return the error with one item for each finding."""
        plain = super().report()
        items = tuple(
            ItemReport(
                item=finding.item.value,
                message=finding.text(Language.EN),
                message_zh=finding.text(Language.ZH),
            )
            for finding in self.findings
        )
        return ErrorReport(
            code=plain.code,
            message=plain.message,
            message_zh=plain.message_zh,
            advice=plain.advice,
            advice_zh=plain.advice_zh,
            items=items,
        )


def check_dossier(
    policy: Policy, applicant: Applicant, documents: Mapping[DocumentName, DocumentDigest]
) -> tuple[Finding, ...]:
    """Return everything that is wrong with a dossier under ``policy``; empty when it can be sent."""
    return (*_check_applicant(policy, applicant), *_check_documents(policy, documents))


def check_field(field: ApplicantField, value: str, *, is_required: bool) -> Finding | None:
    """Return what is wrong with one field of the applicant, so that it can be said as it is typed."""
    if not value.strip():
        return Finding(field, mark("This is needed."), {}) if is_required else None
    if len(value) > _MAX_TEXT:
        return Finding(field, mark("At most {count} characters."), {"count": _MAX_TEXT})
    sentence = _FORM_RULES[field](value.strip())
    return Finding(field, sentence, {}) if sentence else None


def _id_number_problem(value: str) -> str | None:
    # GB 11643: 17 digits and a check character; region and date of birth must exist.
    return None if ric.is_valid(value) else mark("The ID number's check digit is not right.")


def _email_problem(value: str) -> str | None:
    return None if _EMAIL.fullmatch(value) else mark("This is not an e-mail address.")


def _phone_problem(value: str) -> str | None:
    is_phone = _MOBILE.fullmatch(value) or _LANDLINE.fullmatch(value)
    return None if is_phone else mark("This is not a phone number.")


def _no_problem(_value: str) -> str | None:
    return None


_FORM_RULES = {
    ApplicantField.ID_NUMBER: _id_number_problem,
    ApplicantField.NAME: _no_problem,
    ApplicantField.ADDRESS: _no_problem,
    ApplicantField.PHONE: _phone_problem,
    ApplicantField.EMAIL: _email_problem,
}


def _check_applicant(policy: Policy, applicant: Applicant) -> Iterator[Finding]:
    for field in ApplicantField:
        finding = check_field(
            field, getattr(applicant, field.value), is_required=field in policy.required_fields
        )
        if finding is not None:
            yield finding


def _check_documents(
    policy: Policy, documents: Mapping[DocumentName, DocumentDigest]
) -> Iterator[Finding]:
    for name in policy.required_documents:
        if name not in documents:
            yield Finding(name, mark("This scan is needed."), {})
    for name, digest in documents.items():
        if digest.media_type not in policy.document_formats:
            yield Finding(name, mark("The authority does not take this image format."), {})
        if digest.size >= policy.document_max_bytes:
            limit = policy.document_max_bytes // 1024
            yield Finding(name, mark("The file must be smaller than {limit} KB."), {"limit": limit})
