"""Who a certificate belongs to: USCC and entity id out of the authorities' own extensions."""

from __future__ import annotations

import base64

import pytest
from certificate_maker import USCC, make_certificate, utf8_string
from hypothesis import given
from hypothesis import strategies as st

from agent.certificates.identity_oids import IDENTITY_OIDS, IdentityMeaning, IdentityOid
from agent.certificates.organisation import Identity, identity_of
from agent.ground.harmless import is_hidden

OTHER_USCC = "91110000600037341L"
WRONG_CHECK = USCC[:-1] + ("A" if USCC[-1] != "A" else "B")
SHENZHEN, GM_T_0015, OLD_RSA, NETCA = OIDS = tuple(row.oid for row in IDENTITY_OIDS)


def identity(**extensions: bytes) -> Identity:
    return identity_of(make_certificate(extensions=extensions))


def netca(value: str, *, is_base64: bool = True) -> bytes:
    """Return NETCA's user id as its public certificates have it."""
    shown = base64.b64encode(value.encode()).decode() if is_base64 else value
    return utf8_string(f"00011@0006PO{int(is_base64)}{shown}")


@pytest.mark.parametrize("oid", OIDS)
@pytest.mark.parametrize(
    "value",
    [
        utf8_string(USCC),
        b"\x13\x12" + USCC.encode(),  # PrintableString
        b"\x16\x12" + USCC.encode(),  # IA5String
        b"\x1e\x24" + USCC.encode("utf-16-be"),  # BMPString
        USCC.encode(),  # bare bytes
        USCC.encode() + b" ",
        utf8_string(USCC.lower()),
        netca(USCC),
        netca(USCC, is_base64=False),
    ],
    ids=["utf8", "printable", "ia5", "bmp", "bare", "padded", "lower", "netca", "netca plain"],
)
def test_the_uscc_is_found_in_each_known_extension(oid, value):
    assert identity(**{oid: value}).uscc == USCC


@pytest.mark.parametrize("oid", OIDS)
def test_a_wrong_check_character_is_no_uscc(oid):
    assert identity(**{oid: utf8_string(WRONG_CHECK)}).uscc is None


def test_no_extension_no_identity():
    assert identity() == Identity(None, None)


def test_an_unknown_extension_is_not_looked_into():
    assert identity(**{"1.2.3.4": utf8_string(USCC)}) == Identity(None, None)


def test_the_most_telling_extension_comes_first():
    both = {GM_T_0015: utf8_string(USCC), SHENZHEN: utf8_string(OTHER_USCC)}
    assert identity(**both) == Identity(OTHER_USCC, OTHER_USCC)


def test_an_entity_id_of_another_kind_does_not_hide_the_uscc_behind_it():
    both = {SHENZHEN: utf8_string("SZ12345678"), OLD_RSA: utf8_string(USCC)}
    assert identity(**both) == Identity(USCC, "SZ12345678")


def test_a_uscc_alone_is_no_entity_id():
    assert identity(**{GM_T_0015: utf8_string(USCC)}).entity_id is None


@pytest.mark.parametrize("is_base64", [True, False])
def test_the_netca_id_is_read_out_of_its_wrapping(is_base64):
    assert identity(**{NETCA: netca("深0042号", is_base64=is_base64)}).entity_id == "深0042号"


@pytest.mark.parametrize("text", ["00011@0006PO1", "00011@0006PO1!!!!", "00011@0006PO1/w=="])
def test_a_netca_id_that_cannot_be_unwrapped_tells_nothing_wrong(text):
    assert identity(**{NETCA: utf8_string(text)}).entity_id in (None, text)


def test_the_shenzhen_id_comes_before_the_authoritys_own():
    both = {NETCA: netca("N1"), SHENZHEN: utf8_string("S1")}
    assert identity(**both).entity_id == "S1"


def test_the_administrator_can_add_an_extension():
    certificate = make_certificate(extensions={"1.2.3.4": utf8_string("N-7")})
    row = IdentityOid(oid="1.2.3.4", meaning=IdentityMeaning.ENTITY_ID)
    assert identity_of(certificate, (row, *IDENTITY_OIDS)).entity_id == "N-7"


@pytest.mark.parametrize("value", ["a\x1b[2Jb", "a\u202eb", "x" * 65, ""])
def test_an_id_that_is_not_fit_to_be_shown_is_none(value):
    assert identity(**{SHENZHEN: utf8_string(value)}).entity_id is None


@given(st.binary(max_size=60), st.sampled_from([SHENZHEN, NETCA]))
def test_whatever_an_extension_holds_the_certificate_is_read(value, oid):
    found = identity(**{oid: value})
    assert found.uscc in (None, USCC)
    assert not any(is_hidden(character) for character in found.entity_id or "")
