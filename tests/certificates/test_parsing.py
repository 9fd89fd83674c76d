"""Reading certificates: what authorities write, what others write, and what nobody should."""

from __future__ import annotations

import hashlib

import pytest
from certificate_maker import (
    ENCRYPTION,
    ORGANISATION,
    SIGNING,
    china,
    ec_key,
    make_certificate,
    make_der,
    make_sm2_der,
    name,
    openssl,
    rsa_key,
)
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import example, given
from hypothesis import strategies as st

from agent.certificates.model import CertificateUse
from agent.certificates.parsing import CertificateDamagedError, parse_certificate

SUBJECT_ALTERNATIVE_NAME = "2.5.29.17"


@pytest.mark.parametrize(
    ("bits", "use"),
    [
        (SIGNING, CertificateUse.SIGNING),
        ({"digital_signature"}, CertificateUse.SIGNING),
        ({"content_commitment"}, CertificateUse.SIGNING),
        (ENCRYPTION, CertificateUse.ENCRYPTION),
        ({"key_encipherment"}, CertificateUse.ENCRYPTION),
        ({"data_encipherment"}, CertificateUse.ENCRYPTION),
        ({"key_agreement"}, CertificateUse.ENCRYPTION),
        (SIGNING | ENCRYPTION, CertificateUse.SIGNING),
        ({"crl_sign"}, CertificateUse.OTHER),
        (None, CertificateUse.SIGNING),
    ],
)
def test_use_is_what_the_key_usage_says(bits, use):
    usage = None if bits is None else frozenset(bits)
    assert make_certificate(usage=usage).use is use


def test_facts_are_those_of_the_certificate():
    der = make_der(
        subject=name(common_name="样例"),
        not_before=china("2021-07-01 00:00:00"),
        not_after=china("2022-07-20 23:59:59"),
    )
    certificate = parse_certificate(der)
    assert certificate.der == der
    assert certificate.thumbprint == hashlib.sha256(der).hexdigest()
    assert certificate.subject == f"CN=样例,O={ORGANISATION},C=CN"
    assert certificate.issuer == "O=Test Authority,C=CN"
    assert certificate.common_name == "样例"
    assert certificate.organisation == ORGANISATION
    assert certificate.serial == f"{x509.load_der_x509_certificate(der).serial_number:x}"
    assert certificate.not_before == china("2021-07-01 00:00:00")
    assert certificate.not_after == china("2022-07-20 23:59:59")
    assert not certificate.is_ca


@pytest.mark.parametrize(
    ("subject", "organisation", "common_name"),
    [
        (name(organisation="机构", common_name="名称"), "机构", "名称"),
        (name(organisation=None, common_name="名称"), "名称", "名称"),
        (name(organisation="机构"), "机构", ""),
        (x509.Name([]), "", ""),
    ],
)
def test_an_organisation_is_named_by_o_else_by_cn(subject, organisation, common_name):
    certificate = make_certificate(subject=subject)
    assert (certificate.organisation, certificate.common_name) == (organisation, common_name)


@pytest.mark.parametrize("is_ca", [True, False, None])
def test_a_ca_is_told_by_its_basic_constraints(is_ca):
    assert make_certificate(is_ca=is_ca).is_ca is bool(is_ca)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (rsa_key(), "RSA 2048"),
        (ec_key(), "EC secp256r1"),
        (ec.generate_private_key(ec.SECP384R1()), "EC secp384r1"),
        (ed25519.Ed25519PrivateKey.generate(), "1.3.101.112"),
    ],
)
def test_the_algorithm_is_named_for_people(key, algorithm):
    assert make_certificate(key=key).algorithm == algorithm


def test_an_sm2_certificate_is_read_without_being_understood(tmp_path):
    certificate = parse_certificate(make_sm2_der(tmp_path))
    assert certificate.algorithm == "SM2"
    assert certificate.organisation == ORGANISATION
    assert certificate.use is CertificateUse.SIGNING
    assert (certificate.not_after - certificate.not_before).days == 30


def test_an_sm2_key_certified_by_an_rsa_authority_is_named_too(tmp_path):
    openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
        "-subj", "/CN=CA", folder=tmp_path,
    )  # fmt: skip
    openssl(
        "req", "-newkey", "sm2", "-nodes", "-keyout", "k", "-sm3", "-out", "r.pem",
        "-subj", "/CN=x", "-sigopt", "distid:1234567812345678", folder=tmp_path,
    )  # fmt: skip
    der = openssl(
        "x509", "-req", "-in", "r.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "7",
        "-vfyopt", "distid:1234567812345678", "-outform", "DER", folder=tmp_path,
    )  # fmt: skip
    assert parse_certificate(der).algorithm == "SM2"


@given(st.binary(max_size=400))
@example(b"")
@example(b"0")
@example(b"0\x80")
def test_bytes_that_are_no_certificate_are_damaged(data):
    with pytest.raises(CertificateDamagedError):
        parse_certificate(data)


WHOLE = make_der(not_after=china("2030-01-01 00:00:00"))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_truncated_certificate_is_damaged(length):
    with pytest.raises(CertificateDamagedError):
        parse_certificate(WHOLE[:length])


@pytest.mark.parametrize("general_name", ["a3023000", "a503810141"])
def test_a_name_form_nobody_reads_does_not_hide_the_certificate(general_name):
    value = bytes.fromhex(general_name)
    names = bytes([0x30, len(value)]) + value
    certificate = make_certificate(extensions={SUBJECT_ALTERNATIVE_NAME: names})
    assert certificate.use is CertificateUse.SIGNING
    assert not certificate.is_damaged
