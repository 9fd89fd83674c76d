"""Log-in tokens by keys in memory: what the sandbox portal's server takes, and what it refuses."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from certificate_maker import china, ec_key, make_sm2_der, make_x509, openssl, rsa_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding
from esteid_peer import is_valid

from agent.certificates.parsing import parse_certificate
from agent.portal_signing.errors import NotSignedError
from agent.portal_signing.login import Login
from sandbox.portal.challenges import LIFETIME, Challenges
from sandbox.portal.verify import Portal, RefusedError

NOW = china("2025-03-07 10:00:00")
DATES = {"not_before": china("2024-03-07 00:00:00"), "not_after": china("2026-03-07 23:59:59")}
ORIGIN = "https://etax.example.gov.cn"
NONCE = "A" * 43 + "="
CA = make_x509(key=ec_key("issuer"), is_ca=True, **DATES, usage=frozenset({"key_cert_sign"}))


def signed(key, login):
    digest = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}[login.digest]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(login.to_be_signed, ec.ECDSA(digest))
    return key.sign(login.to_be_signed, padding.PKCS1v15(), digest)


def token_of(key, origin=ORIGIN, nonce=NONCE, **options):
    certificate = make_x509(key=key, issuer=CA.subject, **{**DATES, **options})
    login = Login(origin, nonce, parse_certificate(certificate.public_bytes(Encoding.DER)))
    return as_json(login.token(signed(key, login)))


def as_json(token):
    names = ("unverified_certificate", "algorithm", "signature", "format", "app_version")
    camel = ("unverifiedCertificate", "algorithm", "signature", "format", "appVersion")
    return {json: getattr(token, name) for name, json in zip(names, camel, strict=True)}


def checked(token, *, origin=ORIGIN, nonce=NONCE, issuers=(CA,), now=NOW):
    return Portal(origin, issuers).logged_in(token, nonce, now)


@pytest.mark.parametrize("key", [rsa_key(), ec_key(), ec.generate_private_key(ec.SECP384R1())])
def test_the_portal_and_a_validator_nobody_here_wrote_take_the_same(key):
    token = token_of(key)
    assert isinstance(checked(token), x509.Certificate)
    assert is_valid(token, ORIGIN, NONCE)


@pytest.fixture(scope="module")
def sm2(tmp_path_factory):
    """A folder with an SM2 key and its self-signed certificate, both made by openssl."""
    folder = tmp_path_factory.mktemp("sm2")
    return folder, make_sm2_der(folder)


def test_sm2_has_a_form_of_its_own_which_openssl_signs_and_the_portal_takes(sm2):
    folder, der = sm2
    login = Login(ORIGIN, NONCE, parse_certificate(der))
    (folder / "signed").write_bytes(login.to_be_signed)
    signature = openssl(
        "pkeyutl", "-sign", "-inkey", "sm2.key", "-rawin", "-in", "signed", "-digest", "sm3",
        "-pkeyopt", "distid:1234567812345678", folder=folder,
    )  # fmt: skip
    token = as_json(login.token(signature))
    assert (token["format"], token["algorithm"]) == ("odc-sm2:1.0", "sm2sig_sm3")
    assert len(base64.b64decode(token["signature"])) == 64
    certificate = x509.load_der_x509_certificate(der)
    now = dt.datetime.now(dt.UTC)
    assert checked(token, issuers=(certificate,), now=now) == certificate
    with pytest.raises(RefusedError, match="signature"):
        checked(token, issuers=(certificate,), now=now, origin="https://evil.example")


def test_web_eids_validators_do_not_take_the_other_form_for_theirs(sm2):
    token = {**token_of(ec_key()), "format": "odc-sm2:1.0", "algorithm": "sm2sig_sm3"}
    with pytest.raises(Exception, match="algorithm"):
        is_valid(token, ORIGIN, NONCE)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"origin": "https://evil.example"}, "signature"),
        ({"origin": f"{ORIGIN}:8443"}, "signature"),
        ({"origin": f"{ORIGIN}/"}, "signature"),
        ({"nonce": "B" * 44}, "signature"),
        ({"issuers": ()}, "authority"),
        ({"issuers": (make_x509(key=ec_key("other"), is_ca=True),)}, "authority"),
        ({"now": DATES["not_after"] + dt.timedelta(seconds=1)}, "expired"),
        ({"now": DATES["not_before"] - dt.timedelta(seconds=1)}, "expired"),
    ],
)
def test_what_is_signed_elsewhere_or_by_others_logs_nobody_in(given, words):
    with pytest.raises(RefusedError, match=words):
        checked(token_of(ec_key()), **given)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "web-eid:1.1"}, {"format": "odc-sm2:1.0"}, {"algorithm": "ES384"}, {"algorithm": "none"},
        {"signature": ""}, {"signature": "AAAA"}, {"signature": 7}, {"unverifiedCertificate": "AAAA"},
        {"unverifiedCertificate": None},
    ],
)  # fmt: skip
def test_what_is_no_token_logs_nobody_in(change):
    with pytest.raises(RefusedError):
        checked({**token_of(ec_key()), **change})


def test_a_certificate_that_is_for_something_else_logs_nobody_in():
    token = token_of(ec_key(), usage=frozenset({"content_commitment"}))
    with pytest.raises(RefusedError, match="not for that"):
        checked(token)
    with pytest.raises(RefusedError, match="not for that"):
        checked(token_of(ec_key(), usage=None))


def test_a_challenge_is_good_once_and_for_five_minutes():
    challenges = Challenges()
    one, other = challenges.new(NOW), challenges.new(NOW)
    assert one != other
    assert len(one) == 44
    challenges.take(one, NOW)
    for nonce, now in ((one, NOW), (other, NOW + LIFETIME), ("C" * 44, NOW)):
        with pytest.raises(RefusedError, match="challenge"):
            challenges.take(nonce, now)


def test_a_signature_by_another_key_leaves_the_agent_never():
    certificate = make_x509(key=ec_key(), issuer=CA.subject, **DATES)
    login = Login(ORIGIN, NONCE, parse_certificate(certificate.public_bytes(Encoding.DER)))
    with pytest.raises(NotSignedError):
        login.token(signed(ec_key("other"), login))


def test_what_is_signed_is_two_digests_and_so_never_a_message():
    for key, length in ((rsa_key(), 64), (ec.generate_private_key(ec.SECP384R1()), 96)):
        certificate = make_x509(key=key, issuer=CA.subject, **DATES)
        login = Login(ORIGIN, NONCE, parse_certificate(certificate.public_bytes(Encoding.DER)))
        assert len(login.to_be_signed) == length
