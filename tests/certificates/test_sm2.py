"""SM2 with SM3: what openssl signs is right, anything else is not."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys

import pytest
from certificate_maker import openssl
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from der_maker import oid, sequence, tlv
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.certificates.chain import Chain, ChainState, TrustStore
from agent.certificates.model import Certificate
from agent.certificates.parsing import parse_certificate
from agent.keys.sm2 import MAX_SIGNED, is_request_signed, is_signed_by

NOW = dt.datetime.now(dt.UTC)
DISTID = "distid:1234567812345678"
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An SM2 authority and two certificates of one organisation."""
    folder = tmp_path_factory.mktemp("sm2")
    openssl(
        "req", "-x509", "-newkey", "sm2", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
        "-sm3", "-sigopt", DISTID, "-days", "3650", "-subj", "/C=CN/O=SM2 Authority/CN=SM2 CA",
        "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "keyUsage=critical,keyCertSign,cRLSign", folder=folder,
    )  # fmt: skip
    openssl(
        "req", "-newkey", "sm2", "-nodes", "-keyout", "leaf.key", "-out", "leaf.pem",
        "-sm3", "-sigopt", DISTID, "-subj", "/C=CN/O=样例/CN=样例", "-utf8", folder=folder,
    )  # fmt: skip
    for number in ("1", "2"):
        openssl(
            "x509", "-req", "-in", "leaf.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-sm3",
            "-sigopt", DISTID, "-vfyopt", DISTID, "-set_serial", number, "-days", "30",
            "-outform", "DER", "-out", f"leaf{number}.der", folder=folder,
        )  # fmt: skip
    openssl("x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.der", folder=folder)
    openssl("req", "-in", "leaf.pem", "-outform", "DER", "-out", "leaf.csr", folder=folder)
    return folder


@pytest.fixture(scope="module")
def ca(folder) -> Certificate:
    return parse_certificate((folder / "ca.der").read_bytes())


@pytest.fixture(scope="module")
def leaf(folder) -> x509.Certificate:
    return x509.load_der_x509_certificate((folder / "leaf1.der").read_bytes())


def chain(der: bytes, *trusted: Certificate) -> Chain:
    [found] = TrustStore(trusted).chains([parse_certificate(der)], NOW)
    return found


def test_a_leaf_of_a_trusted_sm2_ca_is_trusted(folder, ca):
    found = chain((folder / "leaf1.der").read_bytes(), ca)
    assert found.state is ChainState.TRUSTED
    assert [certificate.algorithm for certificate in found.path] == ["SM2", "SM2"]


def test_an_sm2_root_signed_itself(ca):
    assert chain(ca.der).state is ChainState.UNTRUSTED_ROOT


@pytest.mark.parametrize("place", ["serial", "signature"])
def test_a_tampered_certificate_is_refused(folder, ca, place):
    whole = (folder / "leaf1.der").read_bytes()
    if place == "serial":
        tampered = whole.replace(b"\x02\x01\x01", b"\x02\x01\x03", 1)
    else:
        tampered = whole[:-1] + bytes([whole[-1] ^ 1])
    assert tampered != whole
    assert chain(tampered, ca).state is ChainState.BAD_SIGNATURE


def test_a_certificate_by_a_namesake_is_refused(folder, ca, tmp_path):
    openssl(
        "req", "-x509", "-newkey", "sm2", "-nodes", "-keyout", "k", "-out", "ca.der", "-outform",
        "DER", "-sm3", "-sigopt", DISTID, "-subj", "/C=CN/O=SM2 Authority/CN=SM2 CA",
        folder=tmp_path,
    )  # fmt: skip
    namesake = parse_certificate((tmp_path / "ca.der").read_bytes())
    assert namesake.subject == ca.subject
    assert chain((folder / "leaf1.der").read_bytes(), namesake).state is not ChainState.TRUSTED


def test_a_request_is_signed_with_its_own_key(folder):
    request = (folder / "leaf.csr").read_bytes()
    assert is_request_signed(request)
    assert not is_request_signed(request[:-1] + bytes([request[-1] ^ 1]))
    assert not is_request_signed(request.replace(b"CN", b"CM", 1))
    assert not is_request_signed(request[:-1])
    assert not is_request_signed(b"")


def test_the_same_signature_does_for_nothing_else(ca, leaf):
    data, signature = leaf.tbs_certificate_bytes, leaf.signature
    assert is_signed_by(ca.public_key, data, signature)
    assert not is_signed_by(ca.public_key, data + b"\0", signature)
    assert not is_signed_by(
        parse_certificate(leaf.public_bytes(Encoding.DER)).public_key, data, signature
    )


@pytest.mark.parametrize(
    ("r", "s"),
    [(0, 0), (0, 1), (1, 0), (ORDER, 1), (1, ORDER), (1, ORDER - 1), (ORDER - 1, 1), (1, -1)],
)
def test_numbers_out_of_range_sign_nothing(ca, leaf, r, s):
    signature = sequence(*(tlv(2, n.to_bytes(33, "big", signed=True)) for n in (r, s)))
    assert not is_signed_by(ca.public_key, leaf.tbs_certificate_bytes, signature)


def test_a_number_beyond_the_order_is_not_the_one_within(ca, leaf):
    numbers = decode_dss_signature(leaf.signature)
    beyond = sequence(*(tlv(2, b"\0" + (n + ORDER).to_bytes(33, "big")) for n in numbers))
    assert not is_signed_by(ca.public_key, leaf.tbs_certificate_bytes, beyond)
    trailing = leaf.signature + b"\0"
    assert not is_signed_by(ca.public_key, leaf.tbs_certificate_bytes, trailing)


@pytest.mark.parametrize(
    "point",
    [b"", b"\0", b"\4" + b"\1" * 64, b"\4" + b"\xff" * 64, b"\2" + b"\1" * 32, b"\4" + b"\1" * 63],
    ids=["empty", "infinity", "off the curve", "out of the field", "compressed", "short"],
)
def test_what_is_no_point_of_the_curve_signs_nothing(leaf, point):
    key = sequence(
        sequence(oid("1.2.840.10045.2.1"), oid("1.2.156.10197.1.301")), tlv(3, b"\0" + point)
    )
    assert not is_signed_by(key, leaf.tbs_certificate_bytes, leaf.signature)


def test_more_than_a_certificate_is_not_even_looked_at(ca, leaf):
    assert not is_signed_by(ca.public_key, b"\0" * (MAX_SIGNED + 1), leaf.signature)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=80))
def test_whatever_a_signature_is_it_is_refused_and_nothing_else(ca, leaf, signature):
    assert not is_signed_by(ca.public_key, leaf.tbs_certificate_bytes, signature)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_right_signature_with_one_bit_flipped_is_refused(ca, leaf, data):
    bit = data.draw(st.integers(0, len(leaf.signature) * 8 - 1))
    flipped = bytearray(leaf.signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not is_signed_by(ca.public_key, leaf.tbs_certificate_bytes, bytes(flipped))


def test_the_library_is_loaded_only_where_it_is_needed():
    code = "import sys, agent.app; sys.exit('gmalg' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
