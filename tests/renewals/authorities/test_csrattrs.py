"""Which keys an EST server asks for: csrattrs as servers write them."""

from __future__ import annotations

import base64
import contextlib

import pytest
from asn1crypto import core
from hypothesis import given
from hypothesis import strategies as st

from agent.renewals.authorities.est_messages import EstBodyError, decode_key_types
from sandbox.server.est_messages import csr_attributes

RSA, EC = "1.2.840.113549.1.1.1", "1.2.840.10045.2.1"


def oid(dotted: str) -> bytes:
    return core.ObjectIdentifier(dotted).dump()


def attribute(dotted: str, *values: bytes) -> bytes:
    return core.Sequence(contents=oid(dotted) + core.Set(contents=b"".join(values)).dump()).dump()


def body(*entries: bytes) -> bytes:
    return base64.b64encode(core.Sequence(contents=b"".join(entries)).dump())


@pytest.mark.parametrize(
    "kinds",
    [("rsa:2048",), ("ec:secp256r1", "rsa:3072"), ("rsa:4096", "rsa:2048", "ec:secp384r1"), ()],
)
def test_what_our_own_authority_asks_for_is_read_in_its_order(kinds):
    assert decode_key_types(csr_attributes(kinds).body) == kinds


def test_what_is_not_about_keys_is_passed_over():
    challenge = oid("1.2.840.113549.1.9.7")
    extension = attribute("1.2.840.113549.1.9.14", oid("2.5.29.15"))
    size = core.Integer(2048).dump()
    assert decode_key_types(body(challenge, extension, attribute(RSA, size))) == ("rsa:2048",)


def test_kinds_we_do_not_know_are_passed_over():
    unknown = attribute(EC, oid("1.3.132.0.35")), attribute(RSA, core.Integer(1024).dump())
    p256 = attribute(EC, oid("1.2.840.10045.3.1.7"))
    assert decode_key_types(body(*unknown, p256)) == ("ec:secp256r1",)


def test_several_sizes_in_one_attribute_and_the_same_kind_twice():
    sizes = [core.Integer(bits).dump() for bits in (3072, 2048)]
    entries = attribute(RSA, *sizes), attribute(RSA, sizes[0])
    assert set(decode_key_types(body(*entries))) == {"rsa:3072", "rsa:2048"}


@given(st.binary(max_size=200))
def test_nothing_but_one_error_is_raised_of_anything(content):
    for candidate in (content, base64.b64encode(content)):
        with contextlib.suppress(EstBodyError):
            assert isinstance(decode_key_types(candidate), tuple)
