"""All readings put together: each token once, whatever it is seen through."""

from __future__ import annotations

import pytest
from certificate_maker import make_der, make_sm2_der, name
from msgspec.structs import replace
from shown_tokens import token

from agent.tokens.model import ModuleKind
from agent.tokens.snapshot import Reading, Snapshot, Token, put_together

SIGN = make_der(subject=name(organisation="甲"))
OTHER = make_der(subject=name(organisation="乙"))


def shown(*readings: tuple[Token, ...], before: Snapshot | None = None) -> list[tuple[str, str]]:
    snapshot = put_together([Reading(tokens=r) for r in readings], before or Snapshot())
    return [(t.reference.module, t.facts.label) for t in snapshot.tokens]


def test_the_same_certificates_through_two_modules_are_one_token():
    one, other = token("a", "KEY (User PIN)", "12", SIGN), token("b", "KEY", "0012", SIGN)
    assert shown((one,), (other,)) == [("a", "KEY (User PIN)")]


def test_the_same_serial_and_label_through_two_modules_are_one_token():
    assert shown((token("a", "KEY", "12"),), (token("b", "KEY", "12"),)) == [("a", "KEY")]


def test_a_module_that_shows_more_certificates_of_a_token_shows_the_same_token():
    few, many = token("a", "KEY A", "12", SIGN), token("b", "KEY B", "12", SIGN, OTHER)
    assert shown((few,), (many,)) == [("a", "KEY A")]


def test_a_short_serial_alone_does_not_make_tokens_the_same():
    one, other = token("a", "KEY A", "1", SIGN), token("b", "KEY B", "1", OTHER)
    assert len(shown((one,), (other,))) == 2


def test_tokens_without_serial_or_certificates_are_different_ones():
    assert len(shown((token("a", "KEY", ""),), (token("b", "KEY", ""),))) == 2


def test_ca_certificates_in_common_do_not_make_tokens_the_same():
    root = make_der(subject=name(organisation="CA"), is_ca=True)
    assert len(shown((token("a", "A", "1", root),), (token("b", "B", "2", root),))) == 2


def test_a_token_that_its_module_lists_in_two_slots_is_one():
    twins = (token("a", "KEY", "1", SIGN, slot=0), token("a", "KEY", "1", SIGN, slot=1))
    assert len(shown(twins)) == 1


def test_two_tokens_of_one_module_are_two_even_with_the_same_name():
    twins = (token("a", "KEY", "0", SIGN, slot=0), token("a", "KEY", "0", OTHER, slot=1))
    assert len(shown(twins)) == 2
    blank = (token("a", "KEY", "0", slot=0), token("a", "KEY", "0", slot=1))
    assert len(shown(blank)) == 2
    other_name = (token("a", "A", "0", SIGN, slot=0), token("a", "B", "0", SIGN, slot=1))
    assert len(shown(other_name)) == 2


def test_a_slot_that_is_listed_twice_is_one_token():
    assert len(shown((token("a", "KEY", "1"), token("a", "KEY", "1")))) == 1


def test_a_token_stays_with_the_module_it_was_shown_through():
    early, late = token("b", "KEY", "12", SIGN), token("a", "KEY", "12", SIGN)
    before = put_together([Reading(), Reading(tokens=(early,))], Snapshot())
    assert shown((late,), (early,), before=before) == [("b", "KEY")]
    assert shown((late,), (), before=before) == [("a", "KEY")]


def test_tokens_are_in_the_order_of_their_modules_whichever_was_read_first():
    first, second = token("a", "A", "1", SIGN), token("b", "B", "2", OTHER)
    before = put_together([Reading(), Reading(tokens=(second,))], Snapshot())
    assert shown((first,), (second,), before=before) == [("a", "A"), ("b", "B")]


@pytest.fixture(scope="module")
def sm2(tmp_path_factory) -> bytes:
    return make_sm2_der(tmp_path_factory.mktemp("sm2"))


def test_a_token_with_keys_of_sm2_is_shown_through_skf_which_can_use_them(sm2):
    pkcs11 = token("a", "KEY (User PIN)", "12", sm2)
    skf = replace(token("b", "KEY", "0012", sm2), driver=ModuleKind.SKF)
    assert shown((pkcs11,), (skf,)) == [("b", "KEY")]
    before = put_together([Reading(tokens=(pkcs11,)), Reading()], Snapshot())
    assert shown((pkcs11,), (skf,), before=before) == [("b", "KEY")], "also when it comes late"
    assert shown((pkcs11,), (), before=before) == [("a", "KEY (User PIN)")]


def test_a_token_of_which_pkcs11_shows_no_certificate_is_shown_through_skf(sm2):
    pkcs11 = token("a", "KEY", "12")
    skf = replace(token("b", "KEY", "12", sm2), driver=ModuleKind.SKF)
    assert shown((pkcs11,), (skf,)) == [("b", "KEY")]


def test_a_token_with_keys_of_rsa_is_shown_through_pkcs11_which_can_use_them():
    skf = replace(token("a", "KEY", "12", SIGN), driver=ModuleKind.SKF)
    assert shown((skf,), (token("b", "KEY", "12", SIGN),)) == [("b", "KEY")]
