"""A renewal from the first call to the installed certificate, over real TLS."""

from __future__ import annotations

import base64
import datetime as dt
import subprocess

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
)
from sandbox_desk import (
    SCANS,
    Holder,
    HttpRenewal,
    certify,
    digest_of,
    enrolled_certificate,
    sandbox_cli,
)

from agent.renewals.authorities.ra_protocol import ApplicationStatus, Policy
from agent.renewals.authorities.signed_messages import ContentType
from sandbox.authority.rules.days import CST, china_date, utc_now, years_later
from sandbox.authority.rules.profiles import SHENZHEN_ENTITY_ID, USCC_ID


def test_an_expired_certificate_is_renewed_with_dossier_review_and_sms(quick_desk, renewal_at):
    renewal = renewal_at(quick_desk, expired_days=961)

    applied = renewal.apply()
    assert applied.status_code == 200
    assert applied.json()["state"] == "open"
    assert applied.json()["missing_documents"] == list(SCANS)
    renewal.send_scans()
    completed = renewal.call("POST", "/complete").json()
    assert completed["expected_by"] >= str(china_date(utc_now()))
    renewal.wait_for("approved")
    assert renewal.call("GET").json()["phone_hint"] == "138****0000"
    pending = renewal.enrol()
    assert (pending.status_code, pending.headers["Retry-After"]) == (202, "3")
    assert renewal.call("POST", "/sms").status_code == 202
    code = quick_desk.code_for(renewal.application)
    verified = renewal.call("POST", "/sms/verify", json={"code": code})
    assert verified.json()["state"] == "released"
    certificate = enrolled_certificate(renewal.enrol())
    assert renewal.call("POST", "/installed").json()["state"] == "installed"

    assert certificate.subject == renewal.holder.certificate.subject
    assert certificate.public_key() == renewal.new_key.public_key()
    for oid in (SHENZHEN_ENTITY_ID, USCC_ID):
        renewed = certificate.extensions.get_extension_for_oid(oid)
        assert renewed == renewal.holder.certificate.extensions.get_extension_for_oid(oid)


def test_a_late_renewal_is_valid_for_a_year_from_today(quick_desk, renewal_at):
    certificate = _renewed(renewal_at(quick_desk, expired_days=961))
    last_day = years_later(china_date(utc_now()), 1)
    assert certificate.not_valid_after_utc.astimezone(CST).date() == last_day


def test_an_early_renewal_loses_no_days_and_needs_no_dossier(quick_desk, renewal_at):
    renewal = renewal_at(quick_desk, expired_days=None, valid_days=20)
    assert renewal.apply(renewal.signed(applicant=None, documents={})).status_code == 200
    assert renewal.call("POST", "/complete").json()["state"] == "approved"
    assert renewal.call("GET").json()["phone_hint"] == "139****5678"
    renewal.release()
    certificate = enrolled_certificate(renewal.enrol())
    old_day = china_date(utc_now()) + dt.timedelta(days=20)
    assert china_date(certificate.not_valid_after_utc) == years_later(old_day, 1)
    assert certificate.not_valid_before_utc <= utc_now()


def test_asking_again_gives_the_same_certificate_until_it_is_installed(quick_desk, renewal_at):
    renewal = renewal_at(quick_desk)
    first = _renewed(renewal)
    assert enrolled_certificate(renewal.enrol()) == first
    renewal.call("POST", "/installed").raise_for_status()
    assert renewal.enrol().status_code == 403


def test_the_new_certificate_is_the_next_to_renew_and_the_old_one_is_done(
    quick_desk, renewal_at, rsa_keys
):
    renewal = renewal_at(quick_desk)
    certificate = _renewed(renewal)
    renewal.call("POST", "/installed").raise_for_status()
    again = HttpRenewal(quick_desk, renewal.holder, rsa_keys[1])
    with again.http:
        assert again.apply().json()["code"] == "unknown_certificate"
    new = Holder(renewal.holder.organisation, renewal.new_key, certificate)
    next_time = HttpRenewal(quick_desk, new, rsa_keys[0])
    with next_time.http:
        # Known, and only too early: it was issued for a year.
        assert next_time.apply().json()["code"] == "outside_window"


def test_every_call_may_be_repeated(quick_desk, renewal_at):
    renewal = renewal_at(quick_desk)
    body = renewal.signed()
    assert renewal.apply(body).json() == renewal.apply(body).json()
    for name in SCANS:
        assert renewal.send_scan(name).json() == renewal.send_scan(name).json()
    renewal.call("POST", "/complete").raise_for_status()
    renewal.wait_for("approved")
    assert renewal.call("POST", "/complete").json()["state"] == "approved"
    renewal.release()
    again = renewal.call("POST", "/sms/verify", json={"code": "000000"})
    assert again.json()["state"] == "released"
    enrolled_certificate(renewal.enrol())
    for _ in range(2):
        assert renewal.call("POST", "/installed").json()["state"] == "installed"


def test_a_rejected_application_is_amended_and_approved_by_the_staff(reviewing_desk, renewal_at):
    renewal = renewal_at(reviewing_desk)
    renewal.submit()
    home = reviewing_desk.home
    remark = "authorisation_letter=公章不清晰"
    rejected = sandbox_cli(home, "reject", renewal.application, "--remark", remark)
    assert rejected.returncode == 0, rejected.stderr
    status = renewal.call("GET").json()
    assert status["state"] == "rejected"
    assert status["remarks"] == [{"item": "authorisation_letter", "text": "公章不清晰"}]
    assert renewal.enrol().status_code == 403
    letter = SCANS["authorisation_letter"] + b"clearer"
    changed = {**renewal.manifest().documents, "authorisation_letter": digest_of(letter)}

    amended = renewal.call(
        "PUT", "/versions/2", content=renewal.signed(version=2, documents=changed)
    )

    assert amended.json()["missing_documents"] == ["authorisation_letter"]
    assert amended.json()["remarks"] == []
    renewal.send_scan("authorisation_letter", letter).raise_for_status()
    renewal.call("POST", "/complete").raise_for_status()
    assert sandbox_cli(home, "approve", renewal.application).returncode == 0
    renewal.release()
    enrolled_certificate(renewal.enrol())


def test_a_withdrawn_application_frees_its_certificate(reviewing_desk, renewal_at, rsa_keys):
    renewal = renewal_at(reviewing_desk)
    renewal.submit()
    second = HttpRenewal(reviewing_desk, renewal.holder, rsa_keys[1])
    with second.http:
        refused = second.apply()
        assert refused.status_code == 409
        assert refused.json()["code"] == "already_open"
        assert refused.json()["application"] == renewal.application
        assert renewal.call("DELETE").json()["state"] == "withdrawn"
        assert renewal.enrol().status_code == 403
        assert second.apply().json()["state"] == "open"


def test_a_withdrawn_certificate_does_not_bar_the_old_one(quick_desk, renewal_at, rsa_keys):
    renewal = renewal_at(quick_desk)
    _renewed(renewal)
    assert renewal.call("DELETE").json()["state"] == "withdrawn"
    second = HttpRenewal(quick_desk, renewal.holder, rsa_keys[1])
    with second.http:
        assert second.apply().status_code == 200


def test_openssl_accepts_the_chain_and_what_it_signs_is_accepted(
    quick_desk, renewal_at, tmp_path, rsa_keys
):
    renewal = renewal_at(quick_desk)
    manifest, key, old = tmp_path / "m.json", tmp_path / "key.pem", tmp_path / "old.pem"
    manifest.write_bytes(msgspec.json.encode(renewal.manifest()))
    key.write_bytes(rsa_keys[0].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    old.write_bytes(renewal.holder.certificate.public_bytes(Encoding.PEM))
    signing = f"cms -sign -binary -nodetach -outform DER -signer {old} -inkey {key} -in {manifest}"
    cms_der = _openssl(*signing.split(), "-md", "sha256", "-econtent_type", ContentType.MANIFEST)
    assert renewal.apply(cms_der).status_code == 200
    renewal.send_scans()
    renewal.call("POST", "/complete").raise_for_status()
    renewal.wait_for("approved")
    renewal.release()
    new = tmp_path / "new.pem"
    new.write_bytes(enrolled_certificate(renewal.enrol()).public_bytes(Encoding.PEM))
    anchor = quick_desk.home.trust_anchor
    assert b"OK" in _openssl("verify", "-x509_strict", "-CAfile", str(anchor), str(new))


def test_what_the_software_client_signs_openssl_verifies(quick_desk, renewal_at, tmp_path):
    renewal = renewal_at(quick_desk)
    (tmp_path / "cms.der").write_bytes(renewal.signed())
    command = f"cms -verify -inform DER -in {tmp_path / 'cms.der'} -binary -purpose any"
    anchor = str(quick_desk.home.trust_anchor)
    assert _openssl(*command.split(), "-no_check_time", "-CAfile", anchor).startswith(b"{")


def test_cacerts_needs_no_password_and_holds_the_root(quick_desk):
    with httpx.Client(base_url=quick_desk.url, verify=quick_desk.tls()) as http:
        answer = http.get("/.well-known/est/cacerts")
    assert answer.headers["Content-Type"].startswith("application/pkcs7-mime")
    [root] = pkcs7.load_der_pkcs7_certificates(base64.b64decode(answer.content))
    anchor = x509.load_pem_x509_certificate(quick_desk.home.trust_anchor.read_bytes())
    assert root == anchor


def test_the_policy_is_public_and_of_the_wire_type(quick_desk):
    with httpx.Client(base_url=quick_desk.url, verify=quick_desk.tls()) as http:
        policy = msgspec.json.decode(http.get("/ra/v1/policy").content, type=Policy)
    assert policy.dossier == "when_expired"
    assert policy.latest_days_after_expiry is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_manifest_may_name_the_authority_by_either_loopback_name(quick_desk, renewal_at, host):
    renewal = renewal_at(quick_desk)
    audience = quick_desk.url.replace("127.0.0.1", host)
    assert renewal.apply(renewal.signed(audience=audience)).status_code == 200


def test_an_ec_signing_certificate_can_sign_the_manifest(quick_desk, rsa_keys):
    holder = certify(quick_desk.home, ec.generate_private_key(ec.SECP256R1()))
    renewal = HttpRenewal(quick_desk, holder, rsa_keys[1])
    with renewal.http:
        assert renewal.apply().status_code == 200


def test_answers_are_of_the_wire_type_and_not_cached(quick_desk, renewal_at):
    answer = renewal_at(quick_desk).apply()
    assert msgspec.json.decode(answer.content, type=ApplicationStatus, strict=True).version == 1
    assert answer.headers["Cache-Control"] == "no-store"


def _renewed(renewal: HttpRenewal) -> x509.Certificate:
    renewal.submit()
    renewal.wait_for("approved")
    renewal.release()
    return enrolled_certificate(renewal.enrol())


def _openssl(*arguments: str) -> bytes:
    done = subprocess.run(["openssl", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout
