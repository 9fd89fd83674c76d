"""The dossier's rules: check digits, forms, what is required, and the guide's 1024 KB."""

from __future__ import annotations

import msgspec
import pytest
from invented_people import id_number

from agent.ground.language import Language
from agent.renewals.authorities.ra_protocol import (
    Applicant,
    ApplicantField,
    DocumentDigest,
    DocumentName,
    Policy,
)
from agent.renewals.dossier.checks import check_dossier, cleaned_applicant
from agent.renewals.dossier.findings import DOCUMENT_NAMES, FIELD_NAMES, DossierIncompleteError

POLICY = Policy(authority="样例服务商")
KB = 1024


APPLICANT = Applicant(id_number=id_number(), name="样例", address="深圳市样例路1号")


def scan(size: int = 1000, media_type: str = "image/png") -> DocumentDigest:
    return DocumentDigest(sha256="ab" * 32, size=size, media_type=media_type)


SCANS = {name: scan() for name in DocumentName}


def items(applicant=APPLICANT, documents=SCANS, policy=POLICY) -> list[str]:
    return [finding.item.value for finding in check_dossier(policy, applicant, documents)]


def test_a_complete_dossier_has_no_findings():
    assert items() == []


def test_the_guide_asks_for_number_name_and_address():
    empty = Applicant(id_number="", name="", address="")
    assert items(empty) == ["id_number", "name", "address"]


def test_the_policy_says_which_fields_are_required():
    policy = msgspec.structs.replace(POLICY, required_fields=(ApplicantField.EMAIL,))
    assert items(Applicant(id_number="", name="", address=""), policy=policy) == ["email"]


def test_every_required_scan_must_be_there():
    assert items(documents={}) == [name.value for name in DocumentName]
    some = {DocumentName.ID_CARD_FRONT: scan(), DocumentName.ID_CARD_BACK: scan()}
    assert items(documents=some) == ["organisation_certificate", "authorisation_letter"]


def test_a_policy_without_documents_asks_for_none():
    policy = msgspec.structs.replace(POLICY, required_documents=())
    assert items(documents={}, policy=policy) == []


@pytest.mark.parametrize(("size", "is_taken"), [(1024 * KB - 1, True), (1024 * KB, False)])
def test_a_scan_is_smaller_than_1024_kb(size, is_taken):
    documents = {**SCANS, DocumentName.ID_CARD_BACK: scan(size)}
    findings = check_dossier(POLICY, APPLICANT, documents)
    assert (not findings) is is_taken
    if findings:
        [finding] = findings
        assert finding.item is DocumentName.ID_CARD_BACK
        assert finding.text(Language.ZH) == "附件需小于1024KB。"


def test_a_scan_that_was_not_asked_for_must_be_right_all_the_same():
    policy = msgspec.structs.replace(POLICY, required_documents=())
    documents = {DocumentName.ID_CARD_BACK: scan(1024 * KB)}
    assert items(documents=documents, policy=policy) == ["id_card_back"]


def test_the_policy_says_which_formats_are_taken():
    policy = msgspec.structs.replace(POLICY, document_formats=("image/jpeg",))
    assert items(policy=policy) == [name.value for name in DocumentName]


def test_findings_travel_in_both_languages_and_without_what_was_typed():
    wrong = msgspec.structs.replace(APPLICANT, id_number="440300199001019999")
    report = DossierIncompleteError(check_dossier(POLICY, wrong, SCANS)).report()
    [item] = report.items
    assert (item.item, item.message_zh) == ("id_number", "证件号码的校验位不正确。")
    assert "440300199001019999" not in str(report)


def test_every_field_and_document_has_a_name_for_people():
    assert set(FIELD_NAMES) == set(ApplicantField)
    assert set(DOCUMENT_NAMES) == set(DocumentName)


def test_what_is_sent_has_no_blanks_around_it_and_a_capital_x():
    typed = Applicant(
        id_number=f" {id_number(ends_in='X').lower()}\n",
        name="\u3000样例 ",
        address=" a b ",
        phone="1 ",
    )
    sent = cleaned_applicant(typed)
    assert sent == Applicant(
        id_number=id_number(ends_in="X"), name="样例", address="a b", phone="1"
    )
