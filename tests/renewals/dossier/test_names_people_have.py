"""Names as they stand on cards, and as input methods and phones make them: taken, and sent as usual."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ground.language import Language
from agent.renewals.authorities.ra_protocol import Applicant, ApplicantField
from agent.renewals.dossier.checks import cleaned_applicant
from agent.renewals.dossier.cleaning import MIDDLE_DOT, cleaned, note_on
from agent.renewals.dossier.fields import check_field

NAME, ADDRESS, PHONE = ApplicantField.NAME, ApplicantField.ADDRESS, ApplicantField.PHONE
NAMED_DOTS = [
    c
    for c in map(chr, range(sys.maxunicode + 1))
    if unicodedata.name(c, "").endswith(
        ("MIDDLE DOT", "DOT OPERATOR", "BULLET OPERATOR", "HYPHENATION POINT")
    )
    and unicodedata.category(c) in ("Po", "Sm")
]
LETTERS = st.characters(categories=["L"])
BLANKS = st.characters(categories=["Zs"])
MARKS = st.characters(categories=["Cf"])


def is_taken(field: ApplicantField, value: str) -> bool:
    return check_field(field, value, is_required=True) is None


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("李〇一", "李〇一"),
        ("〇一", "〇一"),
        ("阿卜杜拉・买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉．买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉\u0387买买提", "阿卜杜拉·买买提"),
        ("བསྟན་འཛིན", "བསྟན་འཛིན"),
        ("ᠮᠣᠩᠭᠣᠯ\u180eᠠ", "ᠮᠣᠩᠭᠣᠯ\u180eᠠ"),
        ("王\u3000明", "王 明"),
        ("Li\u00a0Ming", "Li Ming"),
        ("\u202d王小明\u202c", "王小明"),
        ("\ufeff王\u200b小明", "王小明"),
        ("𠮷田", "𠮷田"),
        ("\u2f45\u2f42", "方文"),
        ("李\u2f00", "李一"),
        ("王\u2ef3", "王龟"),
        ("Mary J. Smith", "Mary J. Smith"),
        ("Anne\u2010Marie", "Anne\u2010Marie"),
    ],
)
def test_a_name_is_taken_and_sent_as_it_stands_on_the_card(typed, sent):
    assert is_taken(NAME, typed)
    assert cleaned(NAME, typed) == sent


@pytest.mark.parametrize("dot", NAMED_DOTS, ids=lambda dot: f"U+{ord(dot):04X}")
def test_whatever_unicode_calls_a_middle_dot_is_one(dot):
    assert cleaned(NAME, f"阿卜杜拉{dot}买买提") == f"阿卜杜拉{MIDDLE_DOT}买买提"
    assert is_taken(NAME, f"阿卜杜拉{dot}买买提")


@given(st.text(st.characters(categories=["L", "Nl"]), min_size=2, max_size=50))
def test_a_name_of_letters_of_any_script_is_taken_as_it_is(name):
    assert is_taken(NAME, name)
    assert cleaned(NAME, name) == name


@given(LETTERS, BLANKS, LETTERS)
def test_any_blank_is_an_ordinary_one(first, blank, last):
    for field in (NAME, ADDRESS):
        assert cleaned(field, f"{first}{blank}{last}") == f"{first} {last}"
    assert is_taken(NAME, f"{first}{blank}{last}")
    assert is_taken(ADDRESS, f"深圳市样例路{blank}1号")


@given(st.text(MARKS, max_size=4), st.text(MARKS, max_size=4))
def test_marks_that_nobody_sees_are_left_out(before, after):
    assert cleaned(NAME, f"{before}样{after}例") == "样例"
    assert is_taken(PHONE, f"{before}13800138000{after}")
    assert cleaned(PHONE, f"{before}13800138000{after}") == "13800138000"


@given(st.sampled_from(ApplicantField), st.text(max_size=50))
def test_what_is_sent_is_not_changed_again(field, value):
    assert cleaned(field, cleaned(field, value)) == cleaned(field, value)
    assert note_on(field, cleaned(field, value)) is None


def test_what_is_done_to_a_field_is_told_and_cutting_blanks_off_is_not():
    note = note_on(NAME, "王\u3000明")
    assert note is not None
    assert "ordinary blanks, dots and characters" in note.text(Language.EN)
    assert note.text(Language.ZH) != note.text(Language.EN)
    assert "明" not in note.text(Language.ZH).replace("不可见", "")
    assert note_on(NAME, " 王明\u3000") is None


@pytest.mark.parametrize("name", ["样例1", "样例@", "样，例", "样。例", "样☃例", "样་例", "样\n例"])
def test_what_is_no_name_is_none(name):
    assert not is_taken(NAME, name)


def test_an_applicant_is_sent_so():
    typed = Applicant(
        id_number="",
        name="阿卜杜拉・买买提",
        address="深圳市\u3000样例路",
        phone="\u202d13800138000\u202c",
    )
    sent = cleaned_applicant(typed)
    assert (sent.name, sent.address, sent.phone) == (
        "阿卜杜拉·买买提",
        "深圳市 样例路",
        "13800138000",
    )
