"""What a reading of the tokens changes in what is remembered of them."""

from __future__ import annotations

import msgspec
import pytest
from certificate_maker import make_der, thumbprint_of
from seen_tokens import DAY, NOW, Drawer, encryption, signing, token

from agent.remembered.sighting import MOST_OF_A_TOKEN

OLD = signing("2025-04-01", "2026-04-01")
NEW = signing("2026-03-01", "2027-03-01")
OTHERS = signing("2025-04-01", "2026-04-01", "乙")


@pytest.fixture
def drawer():
    return Drawer()


def test_a_token_that_was_seen_once_is_known_in_its_drawer(drawer):
    drawer.sees(token(OLD, label="财务"))
    drawer.sees()
    [known] = drawer.knows().values()
    assert known.thumbprint == thumbprint_of(OLD)
    assert known.token.label == "财务"
    assert known.seen == NOW


def test_a_token_that_is_plugged_in_is_in_no_drawer(drawer):
    drawer.sees(token(OLD))
    assert [known.seen for known in drawer.knows().values()] == [None]


def test_what_is_no_pair_is_not_remembered(drawer):
    drawer.sees(token(make_der(is_ca=True), make_der(usage=frozenset({"crl_sign"}))))
    assert drawer.remembered == ()


def test_a_token_with_thousands_of_certificates_is_remembered_in_part(drawer):
    many = token(OLD)
    drawer.sees(msgspec.structs.replace(many, certificates=many.certificates * 2000))
    assert len(drawer.remembered[0].certificates) == MOST_OF_A_TOKEN


def test_the_last_label_counts(drawer):
    drawer.sees(token(OLD, label="before"))
    drawer.sees(token(OLD, label="after"))
    drawer.sees()
    assert [known.token.label for known in drawer.knows().values()] == ["after"]


def test_ten_tokens_with_one_label_are_ten(drawer):
    tokens = [
        token(signing("2025-04-01", "2026-04-01", f"机构{n}"), serial=f"{n}") for n in range(10)
    ]
    for each in tokens:
        drawer.sees(each)
    drawer.sees()
    assert len(drawer.knows()) == 10
    assert drawer.forgotten == []


def test_two_tokens_that_tell_one_serial_number_are_two_once_both_were_plugged_in(drawer):
    one, other = token(OLD, serial="0"), token(OTHERS, serial="0")
    drawer.sees(one, other)
    for plugged_in in ((one,), (other,), (one,), ()):
        drawer.sees(*plugged_in)
    assert len(drawer.knows()) == 2
    assert drawer.forgotten == []


def test_tokens_without_serial_number_are_told_apart_by_what_is_on_them(drawer):
    drawer.sees(token(OLD, serial=""))
    drawer.sees(token(OTHERS, serial=""))
    drawer.sees()
    assert len(drawer.knows()) == 2


def test_a_token_through_another_driver_is_the_same_token(drawer):
    drawer.sees(token(OLD, serial="12", module="a"))
    drawer.sees(token(OLD, serial="0012", module="b"))
    drawer.sees()
    [known] = drawer.knows().values()
    assert known.token.module == "b"


def test_a_certificate_that_is_no_longer_on_its_token_is_forgotten_and_told(drawer):
    drawer.sees(token(OLD))
    drawer.sees(token())
    assert drawer.forgotten == ["KEY"]
    assert drawer.remembered == ()


def test_a_token_issued_anew_to_another_organisation_is_told_and_remembered(drawer):
    drawer.sees(token(OLD))
    drawer.sees(token(OTHERS))
    drawer.sees()
    assert drawer.forgotten == ["KEY"]
    assert set(drawer.knows()) == {thumbprint_of(OTHERS)}


def test_a_pair_that_was_renewed_on_its_token_is_let_go_in_silence(drawer):
    drawer.sees(token(OLD, encryption("2025-04-01", "2026-04-01")))
    drawer.sees(token(NEW))
    assert drawer.forgotten == []
    assert set(drawer.knows()) == {thumbprint_of(NEW)}


def test_what_could_not_be_read_is_not_forgotten(drawer):
    drawer.sees(token(OLD, OTHERS))
    drawer.sees(token(OLD, whole=False))
    assert drawer.forgotten == []
    assert {known.is_present for known in drawer.knows().values()} == {True, False}
    drawer.sees()
    assert len(drawer.knows()) == 2


def test_a_reading_that_shows_nothing_new_changes_nothing_on_the_same_day(drawer):
    drawer.sees(token(OLD))
    before = drawer.remembered
    drawer.now += DAY / 24
    drawer.sees(token(OLD))
    assert drawer.remembered == before
    drawer.now += DAY
    drawer.sees(token(OLD))
    assert drawer.remembered[0].seen == drawer.now


def test_a_clock_that_was_years_ahead_leaves_no_trace(drawer):
    drawer.now += DAY * 4000
    drawer.sees(token(OLD, NEW))
    drawer.now = NOW
    drawer.sees(token(OLD, NEW))
    assert drawer.remembered[0].seen == NOW
    assert drawer.forgotten == []
    drawer.sees()
    assert [known.thumbprint for known in drawer.knows().values()] == [thumbprint_of(NEW)]


def test_what_a_person_said_of_a_certificate_is_gone_with_it(drawer):
    drawer.sees(token(OLD))
    [one] = drawer.remembered
    drawer.remembered = (msgspec.structs.replace(one, kept_apart=(thumbprint_of(OLD),)),)
    drawer.sees(token(OLD))
    assert drawer.remembered[0].kept_apart
    drawer.sees(token(NEW))
    assert not drawer.remembered[0].kept_apart
