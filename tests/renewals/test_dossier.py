"""The dossier's rules: check digits, forms, what is required, and the guide's 1024 KB."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from agent.language import Language
from agent.renewals.dossier.checks import check_dossier
from agent.renewals.dossier.fields import check_field
from agent.renewals.dossier.findings import DOCUMENT_NAMES, FIELD_NAMES, DossierIncompleteError
from agent.renewals.protocol import Applicant, ApplicantField, DocumentDigest, DocumentName, Policy

POLICY = Policy(authority="样例服务商")
KB = 1024


def id_number(stem: str = "44030019900101000") -> str:
    """Return an ID number with the right check character for 17 digits."""
    return stem + ric.calc_check_digit(stem + "0")


APPLICANT = Applicant(id_number=id_number(), name="样例", address="深圳市样例路1号")


def scan(size: int = 1000, media_type: str = "image/png") -> DocumentDigest:
    return DocumentDigest(sha256="ab" * 32, size=size, media_type=media_type)


SCANS = {name: scan() for name in DocumentName}


def problem(field: ApplicantField, value: str, *, is_required: bool = True) -> str | None:
    finding = check_field(field, value, is_required=is_required)
    return finding.text(Language.EN) if finding else None


def items(applicant=APPLICANT, documents=SCANS, policy=POLICY) -> list[str]:
    return [finding.item.value for finding in check_dossier(policy, applicant, documents)]


def test_a_complete_dossier_has_no_findings():
    assert items() == []


def test_an_id_number_ends_in_its_check_character():
    right = id_number()
    assert problem(ApplicantField.ID_NUMBER, right) is None
    for last in "0123456789X":
        if last != right[-1]:
            assert problem(ApplicantField.ID_NUMBER, right[:-1] + last) is not None


def test_a_check_character_may_be_x():
    numbers = (id_number(f"440300199001010{digit:02}") for digit in range(100))
    number = next(number for number in numbers if number.endswith("X"))
    assert problem(ApplicantField.ID_NUMBER, number) is None


@given(st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(position, change):
    number = id_number()
    digit = str((int(number[position]) + change) % 10)
    assert problem(ApplicantField.ID_NUMBER, number[:position] + digit + number[position + 1 :])


@pytest.mark.parametrize(
    "value",
    [
        "1",
        "440300900101000",  # the 15 digits of before 1999
        id_number()[:-1],
        id_number() + "0",
        id_number("44030019900230000"),  # a day there never was
        id_number("00000019900101000"),  # a region there is not
        "A" * 18,
        "４４０３００",
    ],
)
def test_what_is_no_id_number_is_told(value):
    assert "check digit" in problem(ApplicantField.ID_NUMBER, value)


def test_an_id_number_has_no_blanks_inside():
    number = id_number()
    assert problem(ApplicantField.ID_NUMBER, f"{number[:6]} {number[6:14]} {number[14:]}")


@pytest.mark.parametrize("value", ["13800138000", "19912345678", "0755-12345678", "02012345678"])
def test_mobiles_and_landlines_are_phone_numbers(value):
    assert problem(ApplicantField.PHONE, value) is None


@pytest.mark.parametrize(
    "value", ["12800138000", "1380013800", "138001380000", "+8613800138000", "755-1234567", "phone"]
)
def test_other_numbers_are_not(value):
    assert problem(ApplicantField.PHONE, value) == "This is not a phone number."


@pytest.mark.parametrize("value", ["a@example.com", "经办@例子.中国", "a.b+c@d.e.f"])
def test_addresses_with_a_domain_are_e_mail(value):
    assert problem(ApplicantField.EMAIL, value) is None


@pytest.mark.parametrize(
    "value", ["a", "a@b", "@example.com", "a@", "a b@c.d", "a@b@c.d", "a@b..c"]
)
def test_others_are_not(value):
    assert problem(ApplicantField.EMAIL, value) == "This is not an e-mail address."


@pytest.mark.parametrize("field", ApplicantField)
@pytest.mark.parametrize("value", ["", " ", "\t\n"])
def test_what_is_required_must_not_be_empty_and_what_is_not_may(field, value):
    assert problem(field, value) == "This is needed."
    assert problem(field, value, is_required=False) is None


@pytest.mark.parametrize("field", [ApplicantField.PHONE, ApplicantField.EMAIL])
def test_what_is_optional_but_given_must_be_right(field):
    assert problem(field, "wrong", is_required=False) is not None


def test_a_field_has_at_most_200_characters():
    assert problem(ApplicantField.ADDRESS, "路" * 200) is None
    assert problem(ApplicantField.ADDRESS, "路" * 201) == "At most 200 characters."


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
