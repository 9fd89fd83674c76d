"""What must be true of a new certificate before a token sees it."""

from __future__ import annotations

import datetime as dt

import pytest
from certificate_maker import (
    ENCRYPTION,
    china,
    ec_key,
    make_sm2_der,
    make_x509,
    name,
    openssl,
    rsa_key,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding

from agent.ground.language import Language
from agent.keys.der_writing import encoded, sequence
from agent.renewals.steps.checks import (
    CertificateRefusedError,
    check_issued,
    check_issued_encryption,
    may_receive_keys,
    proves_key,
)

KEY_USAGE = "2.5.29.15"
ALTERNATIVE_NAME = "2.5.29.17"
NO_USAGE = {KEY_USAGE: b"\x05\0"}
MOMENT = dt.timedelta(seconds=1)
NOW = china("2025-03-07 12:00:00")
CA_NAME = name(organisation="Test Authority")
CA = make_x509(
    key=ec_key("issuer"), subject=CA_NAME, issuer=CA_NAME, is_ca=True,
    usage=frozenset({"key_cert_sign"}), not_after=china("2040-01-01 00:00:00"),
)  # fmt: skip
OTHER_CA = make_x509(
    key=ec_key("impostor"), issuer_key=ec_key("impostor"), subject=CA_NAME, issuer=CA_NAME,
    is_ca=True, usage=frozenset({"key_cert_sign"}),
)  # fmt: skip
OLD = make_x509(not_after=china("2022-07-20 23:59:59"))
FRESH = {
    "key": ec_key("new"),
    "not_before": NOW - dt.timedelta(minutes=1),
    "not_after": china("2026-03-07 23:59:59"),
}


@pytest.fixture
def request_for_it() -> x509.CertificateSigningRequest:
    builder = x509.CertificateSigningRequestBuilder().subject_name(OLD.subject)
    return builder.sign(ec_key("new"), hashes.SHA256())


@pytest.fixture
def check(request_for_it):
    def checked(new: x509.Certificate, *, issuers=(CA,), old=OLD, now=NOW) -> None:
        check_issued(new, request=request_for_it, old=old, issuers=issuers, now=now)

    return checked


def issued(**changes) -> x509.Certificate:
    return make_x509(**{**FRESH, **changes})


def test_the_certificate_that_was_asked_for_is_taken(check):
    check(issued())


@pytest.mark.parametrize("form", [0xA3, 0xA5], ids=["x400Address", "ediPartyName"])
def test_a_name_of_a_form_that_the_strict_reader_does_not_know_stands_in_no_ones_way(check, form):
    """RFC 5280, 4.2.1.6 allows both; a token with such a certificate is renewed like any other."""
    names = {ALTERNATIVE_NAME: sequence(encoded(form, sequence()))}
    with pytest.raises(x509.UnsupportedGeneralNameType):
        _ = issued(extensions=names).extensions
    check(issued(extensions=names))
    with pytest.raises(CertificateRefusedError, match="does not allow signing"):
        check(issued(usage=ENCRYPTION, extensions=names))
    with pytest.raises(CertificateRefusedError, match="authority's"):
        check(issued(is_ca=True, extensions=names))
    values = {"key": rsa_key(), "usage": ENCRYPTION, "issuer_key": ec_key("issuer")}
    new = issued(extensions=names, **values)
    check_issued_encryption(new, old=OLD, issuers=(CA,), now=NOW)
    assert may_receive_keys(new)


def test_a_damaged_certificate_receives_no_keys():
    assert not may_receive_keys(make_x509(key=rsa_key(), usage=None, extensions=NO_USAGE))


@pytest.mark.parametrize("is_ca", [False, None])
def test_a_certificate_without_key_usage_may_sign(check, is_ca):
    """RFC 5280, 4.2.1.3: the extension restricts; version 1 has none."""
    check(issued(usage=None, is_ca=is_ca))


def test_a_certificate_may_begin_when_the_old_one_ends_and_not_later(check):
    valid = make_x509(not_after=china("2025-06-01 00:00:00"))
    ends = {"not_after": china("2027-03-07 23:59:59")}
    check(issued(not_before=valid.not_valid_after_utc, **ends), old=valid)
    with pytest.raises(CertificateRefusedError, match="begins after"):
        check(issued(not_before=valid.not_valid_after_utc + MOMENT, **ends), old=valid)


def test_an_authority_whose_clock_is_ahead_is_believed(check):
    check(issued(not_before=NOW + dt.timedelta(hours=1)))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"is_ca": True}, "authority's"),
        ({"not_before": NOW + dt.timedelta(days=2)}, "begins after"),
        ({"usage": None}, "does not allow encryption"),
    ],
)
def test_so_it_is_with_an_encryption_certificate(changed, reason):
    values = {"key": rsa_key(), "usage": ENCRYPTION, "issuer_key": ec_key("issuer"), **changed}
    with pytest.raises(CertificateRefusedError, match=reason):
        check_issued_encryption(issued(**values), old=OLD, issuers=(CA,), now=NOW)


def test_any_of_the_pinned_authorities_may_have_issued_it(check):
    check(issued(), issuers=(OTHER_CA, CA))


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (issued(key=ec_key("somebody else's")), "it is for another key"),
        (issued(key=rsa_key()), "it is for another key"),
        (issued(issuer_key=ec_key("impostor")), "it was not issued by the pinned authority"),
        (issued(issuer=name(organisation="Other")), "it was not issued by the pinned authority"),
        (issued(subject=name(organisation="另一公司")), "it is for another organisation"),
        (issued(subject=name(common_name="改名")), "it is for another organisation"),
        (issued(not_after=NOW), "it ends no later than the old one"),
        (issued(usage=ENCRYPTION), "its key usage does not allow signing"),
        (
            issued(usage=frozenset({"content_commitment"})),
            "its key usage does not allow signing",
        ),
        (
            issued(not_before=NOW + dt.timedelta(days=365), not_after=china("2027-03-07 23:59:59")),
            "it begins after the old one has ended",
        ),
        (issued(is_ca=True), "it is a certification authority's"),
        (issued(is_ca=True, usage=None), "it is a certification authority's"),
        (issued(usage=None, extensions=NO_USAGE), "it is damaged"),
    ],
)
def test_what_was_not_asked_for_is_refused_with_its_reason(check, new, reason):
    with pytest.raises(CertificateRefusedError) as caught:
        check(new)
    assert caught.value.values["reason"] == reason
    assert reason not in caught.value.text(Language.ZH)  # it is said in Chinese


def test_without_a_pinned_authority_nothing_is_taken(check):
    with pytest.raises(CertificateRefusedError):
        check(issued(), issuers=())


def test_a_renewal_ends_later_than_what_it_renews(check):
    valid = make_x509(not_after=china("2026-03-07 23:59:59"))
    with pytest.raises(CertificateRefusedError):
        check(issued(), old=valid)
    check(issued(not_after=china("2026-03-08 00:00:00")), old=valid)


@pytest.mark.parametrize("kind", ["SM2", "Ed25519"])
def test_a_certificate_for_a_key_of_another_kind_is_refused(check, tmp_path, kind):
    if kind == "SM2":
        new = x509.load_der_x509_certificate(make_sm2_der(tmp_path))
    else:
        new = issued(key=ed25519.Ed25519PrivateKey.generate())
    with pytest.raises(CertificateRefusedError):
        check(new)


def test_an_sm2_root_among_the_pinned_ones_does_not_hide_the_others(check, tmp_path):
    subject = ["-subj", "/C=CN/O=Test Authority"]
    openssl(
        "req", "-x509", "-newkey", "sm2", "-nodes", "-keyout", "k", "-sm3", "-out", "ca.pem",
        "-sigopt", "distid:1234567812345678", "-utf8", *subject, folder=tmp_path,
    )  # fmt: skip
    sm2_root = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    assert sm2_root.subject == CA.subject
    check(issued(), issuers=(sm2_root, CA))


def test_a_signature_proves_the_key_of_its_certificate_only():
    key, other = rsa_key("old"), rsa_key()
    signature = key.sign(b"data", padding.PKCS1v15(), hashes.SHA256())
    assert proves_key(make_x509(key=key), b"data", signature)
    assert not proves_key(make_x509(key=key), b"other", signature)
    assert not proves_key(make_x509(key=other), b"data", signature)
    assert not proves_key(make_x509(key=key), b"data", b"")


def test_an_ecdsa_signature_proves_too():
    signature = ec_key().sign(b"data", ec.ECDSA(hashes.SHA256()))
    assert proves_key(make_x509(), b"data", signature)
    assert not proves_key(make_x509(), b"data", signature[:-1])
    assert not proves_key(make_x509(key=ec_key("new")), b"data", signature)


def test_a_key_of_another_kind_proves_nothing():
    key = ed25519.Ed25519PrivateKey.generate()
    assert not proves_key(make_x509(key=key), b"data", key.sign(b"data"))
