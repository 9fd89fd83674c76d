"""What is believed of an answer or a list: only what is whole, and about the certificate."""

from __future__ import annotations

import datetime as dt

import pytest
from certificate_maker import ec_key, make_x509, name
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from agent.signing.revocation import NotKnownError, RevokedError, check_crl, check_ocsp

NOW = dt.datetime(2025, 3, 7, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
CA_NAME = name(organisation="Test Authority")
PLACE, ANOTHER = "http://crl.example/7.crl", "http://crl.example/8.crl"
LASTS = {"not_before": NOW - 400 * DAY, "not_after": NOW + 400 * DAY}


def authority(key: str = "issuer") -> x509.Certificate:
    return make_x509(
        key=ec_key(key), issuer_key=ec_key(key), subject=CA_NAME, issuer=CA_NAME, is_ca=True,
        usage=frozenset({"key_cert_sign", "crl_sign"}), **LASTS,
    )  # fmt: skip


def uri(url: str) -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(url)]


CA = authority()
POINTS = x509.CRLDistributionPoints([x509.DistributionPoint(uri(PLACE), None, None, None)])
SIGNER = make_x509(
    key=ec_key("own"), issuer_key=ec_key("issuer"), issuer=CA_NAME,
    extensions={"2.5.29.31": POINTS.public_bytes()}, **LASTS,
)  # fmt: skip


def scope(**facts: object) -> x509.IssuingDistributionPoint:
    values = {
        "full_name": None, "relative_name": None, "only_contains_user_certs": False,
        "only_contains_ca_certs": False, "only_some_reasons": None, "indirect_crl": False,
        "only_contains_attribute_certs": False,
    }  # fmt: skip
    return x509.IssuingDistributionPoint(**{**values, **facts})


def crl(*extensions: tuple[x509.ExtensionType, bool], revoked: int | None = None) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(CA_NAME)
        .last_update(NOW - DAY)
        .next_update(NOW + DAY)
    )
    for value, is_critical in extensions:
        builder = builder.add_extension(value, is_critical)
    if revoked is not None:
        entry = x509.RevokedCertificateBuilder().serial_number(revoked).revocation_date(NOW - DAY)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(ec_key("issuer"), hashes.SHA256()).public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    "extensions",
    [
        (),
        ((x509.CRLNumber(7), False),),
        ((scope(full_name=uri(PLACE)), True),),
        ((scope(only_contains_user_certs=True), True),),
        ((x509.FreshestCRL([x509.DistributionPoint(uri(PLACE), None, None, None)]), False),),
    ],
    ids=["plain", "numbered", "its own place", "users'", "where newer is"],
)
def test_a_list_of_all_says_who_is_revoked(extensions):
    check_crl(crl(*extensions), SIGNER, CA, NOW)
    with pytest.raises(RevokedError):
        check_crl(crl(*extensions, revoked=SIGNER.serial_number), SIGNER, CA, NOW)


@pytest.mark.parametrize(
    "extension",
    [
        (x509.DeltaCRLIndicator(3), True),
        (x509.DeltaCRLIndicator(3), False),
        (scope(full_name=uri(ANOTHER)), True),
        (scope(only_contains_ca_certs=True), True),
        (scope(only_contains_attribute_certs=True), True),
        (scope(indirect_crl=True), True),
        (scope(only_some_reasons=frozenset({x509.ReasonFlags.key_compromise})), True),
        (scope(relative_name=next(iter(CA_NAME.rdns))), True),
        (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\5\0"), True),
    ],
    ids=["new ones", "new ones, said softly", "another place's", "authorities'", "attributes'",
         "of others", "for one reason", "a place by name", "unknown"],
)  # fmt: skip
def test_a_list_of_some_proves_nothing_of_who_is_not_on_it(extension):
    with pytest.raises(NotKnownError):
        check_crl(crl(extension), SIGNER, CA, NOW)


def responder(**changes: object) -> x509.Certificate:
    purpose = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.OCSP_SIGNING]).public_bytes()
    values = {
        "key": ec_key("responder"), "issuer_key": ec_key("issuer"), "issuer": CA_NAME,
        "extensions": {"2.5.29.37": purpose}, **LASTS, **changes,
    }  # fmt: skip
    return make_x509(**values)


def answer(by: x509.Certificate, *, about: x509.Certificate = CA) -> bytes:
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=SIGNER, issuer=about, algorithm=hashes.SHA1(),
        cert_status=ocsp.OCSPCertStatus.GOOD, this_update=NOW, next_update=NOW + DAY,
        revocation_time=None, revocation_reason=None,
    )  # fmt: skip
    made = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, by).certificates([by])
    return made.sign(ec_key("responder"), hashes.SHA256()).public_bytes(Encoding.DER)


def test_whom_the_issuer_lets_answer_is_believed():
    by = responder()
    assert check_ocsp(answer(by), SIGNER, CA, NOW) == [by.public_bytes(Encoding.DER)]


@pytest.mark.parametrize(
    "by",
    [
        responder(extensions=None),
        responder(issuer_key=ec_key("another")),
        responder(not_after=NOW - DAY),
        responder(not_before=NOW + DAY),
    ],
    ids=["for nothing", "another's", "expired", "not yet valid"],
)
def test_who_may_not_answer_is_not_believed(by):
    with pytest.raises(NotKnownError):
        check_ocsp(answer(by), SIGNER, CA, NOW)


def test_an_answer_about_the_same_number_of_another_authority_is_none():
    with pytest.raises(NotKnownError, match="another certificate"):
        check_ocsp(answer(responder(), about=authority("another")), SIGNER, CA, NOW)
