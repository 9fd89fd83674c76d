"""Who a certificate belongs to: the USCC out of the authorities' own extensions."""

from __future__ import annotations

import pytest
from certificate_maker import USCC, make_certificate, utf8_string
from hypothesis import given
from hypothesis import strategies as st

from agent.certificates.organisation import IDENTITY_OIDS

OTHER_USCC = "91110000600037341L"
WRONG_CHECK = USCC[:-1] + ("A" if USCC[-1] != "A" else "B")
SHENZHEN, GM_T_0015, OLD_RSA = IDENTITY_OIDS


def uscc_of(**extensions: bytes) -> str | None:
    return make_certificate(extensions=extensions).uscc


@pytest.mark.parametrize("oid", IDENTITY_OIDS)
@pytest.mark.parametrize(
    "value",
    [
        utf8_string(USCC),
        b"\x13\x12" + USCC.encode(),  # PrintableString
        b"\x16\x12" + USCC.encode(),  # IA5String
        USCC.encode(),  # bare bytes
        USCC.encode() + b" ",
        utf8_string(USCC.lower()),
    ],
    ids=["utf8", "printable", "ia5", "bare", "padded", "lower"],
)
def test_the_uscc_is_found_in_each_known_extension(oid, value):
    assert uscc_of(**{oid: value}) == USCC


@pytest.mark.parametrize("oid", IDENTITY_OIDS)
def test_a_wrong_check_character_is_no_uscc(oid):
    assert uscc_of(**{oid: utf8_string(WRONG_CHECK)}) is None


def test_no_extension_no_uscc():
    assert uscc_of() is None


def test_an_unknown_extension_is_not_looked_into():
    assert uscc_of(**{"1.2.3.4": utf8_string(USCC)}) is None


def test_the_most_telling_extension_comes_first():
    both = {GM_T_0015: utf8_string(USCC), SHENZHEN: utf8_string(OTHER_USCC)}
    assert uscc_of(**both) == OTHER_USCC


def test_an_entity_id_of_another_kind_does_not_hide_the_uscc_behind_it():
    both = {SHENZHEN: utf8_string("SZ12345678"), OLD_RSA: utf8_string(USCC)}
    assert uscc_of(**both) == USCC


@given(st.binary(max_size=60))
def test_whatever_an_extension_holds_the_certificate_is_read(value):
    assert uscc_of(**{SHENZHEN: value}) in (None, USCC)
