"""What can be wrong with a dossier, and what its parts are called. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from agent.ground.errors import OdcError
from agent.ground.language import Language, mark, translate
from agent.ground.reports import ErrorReport, ItemReport
from agent.renewals.authorities.ra_protocol import ApplicantField, DocumentName

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


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong with one field or document; it never holds what was typed."""

    item: ApplicantField | DocumentName
    sentence: str
    values: Mapping[str, object] = msgspec.field(default_factory=dict)

    def text(self, language: Language) -> str:
        """Return what is wrong, in ``language``."""
        return translate(self.sentence, language, **self.values)

    def report(self) -> ItemReport:
        """Return what is wrong as it travels."""
        return ItemReport(
            item=self.item.value,
            message=self.text(Language.EN),
            message_zh=self.text(Language.ZH),
        )


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
        return ErrorReport(
            code=plain.code,
            message=plain.message,
            message_zh=plain.message_zh,
            advice=plain.advice,
            advice_zh=plain.advice_zh,
            items=tuple(finding.report() for finding in self.findings),
        )
