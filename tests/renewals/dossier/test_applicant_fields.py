"""The applicant's fields as they are typed: every broken rule has its own sentence, and no value in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invented_people import STEM, id_number, id_numbers, with_check_character

from agent.ground.language import Language
from agent.renewals.authorities.ra_protocol import ApplicantField
from agent.renewals.dossier.fields import check_field
from agent.renewals.dossier.id_papers import PAPER_NAMES, IdPaper, find_paper

ID, NAME, ADDRESS, PHONE, EMAIL = (
    ApplicantField.ID_NUMBER,
    ApplicantField.NAME,
    ApplicantField.ADDRESS,
    ApplicantField.PHONE,
    ApplicantField.EMAIL,
)
HALF_WIDTH = "Write letters, digits and signs in half width."


def problem(field: ApplicantField, value: str, *, is_required: bool = True) -> str | None:
    finding = check_field(field, value, is_required=is_required)
    return finding.text(Language.EN) if finding else None


@given(id_numbers)
def test_a_right_resident_id_number_is_taken(number):
    assert problem(ID, number) is None
    assert problem(ID, f" {number.lower()}\n") is None
    assert find_paper(number) is IdPaper.RESIDENT_ID


@given(id_numbers, st.sampled_from("0123456789X"))
def test_there_is_one_check_character_only(number, other):
    assert (problem(ID, number[:-1] + other) is None) is (other == number[-1])


@given(id_numbers, st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(number, position, change):
    digit = str((int(number[position]) + change) % 10)
    assert problem(ID, number[:position] + digit + number[position + 1 :]) is not None


@given(id_numbers, st.integers(0, 15))
def test_two_digits_in_the_wrong_order_are_noticed(number, at):
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    assert (problem(ID, swapped) is None) is (swapped == number)


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("440300900101000", "ID cards with 15 digits ended in 2013."),
        (id_number()[:-1], "A resident ID number has 18 characters."),
        (id_number() + "0", "A resident ID number has 18 characters."),
        (id_number("44030019900230000"), "The date of birth"),
        (id_number("44030018991231000"), "The date of birth"),
        (id_number("00000019900101000"), "The region"),
        (with_check_character("91984019900101000"), "The region"),
        (id_number()[:-1] + "0", "The ID number's check digit"),
        ("A" * 18, "This is not the number of an ID card"),
        ("1", "This is not the number of an ID card"),
        ("ABCDEFG", "This is not the number of an ID card"),
        (f"{STEM[:6]} {STEM[6:]}0008", "This is not the number of an ID card"),
        ("ABC110090023112", "The date of birth"),
        ("４４０３００", HALF_WIDTH),
        ("Ｅ12345678", HALF_WIDTH),
    ],
)
def test_what_is_wrong_with_a_number_is_named(number, sentence):
    assert (problem(ID, number) or "").startswith(sentence)


@pytest.mark.parametrize(
    ("number", "paper"),
    [
        (id_number(ends_in="X"), IdPaper.RESIDENT_ID),
        (with_check_character("81000019900101000"), IdPaper.HK_MACAO_TAIWAN_RESIDENCE),
        (with_check_character("83000019900101000"), IdPaper.HK_MACAO_TAIWAN_RESIDENCE),
        (with_check_character("91184019900101000"), IdPaper.PERMANENT_RESIDENCE),
        ("ABC110090010112", IdPaper.PERMANENT_RESIDENCE),
        ("H00000000", IdPaper.HK_MACAO_PERMIT),
        ("m0000000001", IdPaper.HK_MACAO_PERMIT),
        ("00000000", IdPaper.TAIWAN_PERMIT),
        ("0000000000(B)", IdPaper.TAIWAN_PERMIT),
        ("E00000000", IdPaper.PASSPORT),
        ("EA0000000", IdPaper.PASSPORT),
        ("000000000", IdPaper.PASSPORT),
        ("AB0000", IdPaper.PASSPORT),
    ],
)
def test_other_papers_are_told_by_their_form(number, paper):
    assert find_paper(number) is paper
    assert problem(ID, number) is None


def test_every_paper_has_a_name_for_people():
    assert set(PAPER_NAMES) == set(IdPaper)


@given(st.text(max_size=30))
def test_a_number_is_right_only_if_it_is_some_papers(value):
    if problem(ID, value) is None:
        assert find_paper(value.strip()) is not None


@pytest.mark.parametrize(
    "value", ["13800138000", "19912345678", "0755-12345678", "02012345678", "010-12345678-8001"]
)
def test_mobiles_and_landlines_are_phone_numbers(value):
    assert problem(PHONE, value) is None


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("12800138000", "A mobile number has 11 digits and begins with 13 to 19."),
        ("1380013800", "A mobile number has 11 digits and begins with 13 to 19."),
        ("138001380000", "A mobile number has 11 digits and begins with 13 to 19."),
        ("+8613800138000", "Write the number without the country code 86."),
        ("12345678"[1:], "Write a landline number with its area code, as 0755-12345678."),
        ("86-755", "This is not a phone number."),
        ("138 0013 8000", "This is not a phone number."),
        ("phone", "This is not a phone number."),
        ("１３８００１３８０００", HALF_WIDTH),
        ("1٣800138000", "This is not a phone number."),  # digits of another script
        ("0755-123456", "This is not a phone number."),
    ],
)
def test_what_is_wrong_with_a_phone_number_is_named(value, sentence):
    assert problem(PHONE, value) == sentence


@pytest.mark.parametrize(
    "value", ["a@example.com", "经办@例子.中国", "a.b+c@d.e.f", "1@163.com", "a_b-c@x-y.cn"]
)
def test_addresses_with_a_domain_are_e_mail(value):
    assert problem(EMAIL, value) is None


@pytest.mark.parametrize(
    "value",
    [
        *("a", "a@b", "@example.com", "a@", "a b@c.d", "a@b@c.d", "a@b..c", "a..b@c.d", ".a@c.d"),
        *("a@-b.cn", "a@b-.cn", "a@1.2.3.4", "a@b.cn.", "a,b@c.cn", "a@b_.cn", "a@b。cn"),
    ],
)
def test_others_are_not(value):
    assert problem(EMAIL, value) == "This is not an e-mail address."


@pytest.mark.parametrize("value", ["a＠example.com", "a@example．com"])
def test_full_width_signs_in_an_e_mail_are_named(value):
    assert problem(EMAIL, value) == HALF_WIDTH


@pytest.mark.parametrize(
    "value", ["样例", "欧阳样例", "买买提·样例", "O'Brien-Smith", "José Example", "㐀例"]
)
def test_names_of_all_kinds_are_taken(value):
    assert problem(NAME, value) is None


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("样", "Enter the whole name."),
        ("··", "Enter the whole name."),
        ("样例1", "Write the name as on the ID card, without digits and signs."),
        ("样例@", "Write the name as on the ID card, without digits and signs."),
        ("样例\ue000", "There are line breaks or characters that cannot be shown."),
        ("样\n例", "There are line breaks or characters that cannot be shown."),
    ],
)
def test_what_is_wrong_with_a_name_is_named(value, sentence):
    assert problem(NAME, value) == sentence


def test_an_address_is_more_than_a_city_and_has_at_most_200_characters():
    assert problem(ADDRESS, "深圳市") == "Enter the whole address."
    assert problem(ADDRESS, "深圳市样例路1号(A座)") is None
    assert problem(ADDRESS, "路" * 200) is None
    assert problem(ADDRESS, "路" * 201) == "At most 200 characters."


@pytest.mark.parametrize("field", ApplicantField)
@pytest.mark.parametrize("value", ["", " ", "\t\n", "\u3000"])
def test_what_is_required_must_not_be_empty_and_what_is_not_may(field, value):
    assert problem(field, value) == "This is needed."
    assert problem(field, value, is_required=False) is None


@pytest.mark.parametrize("field", [PHONE, EMAIL])
def test_what_is_optional_but_given_must_be_right(field):
    assert problem(field, "wrong", is_required=False) is not None


@given(st.sampled_from(ApplicantField), st.text(min_size=2, max_size=220))
def test_any_text_is_right_or_has_a_sentence_in_both_languages_that_does_not_repeat_it(
    field, value
):
    finding = check_field(field, value, is_required=True)
    if finding is not None:
        english, chinese = (finding.text(language) for language in (Language.EN, Language.ZH))
        assert english != chinese
        assert field.value == finding.report().item
        assert "{" not in english + chinese
