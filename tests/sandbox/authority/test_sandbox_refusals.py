"""What the authority refuses, with the code a client can act on."""

from __future__ import annotations

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sandbox_desk import (
    SCANS,
    Holder,
    HttpRenewal,
    certify,
    digest_of,
    make_csr,
    new_rsa_key,
    sandbox_cli,
    sign_cms,
)

from sandbox.authority.rules.profiles import CertificateUse
from sandbox.home import Home


def refused(response, status: int, code: str) -> dict:
    assert response.headers["Content-Type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"], problem["code"]) == (status, status, code)
    return problem


@pytest.fixture
def renewal(reviewing_desk, renewal_at):
    """A renewal at a desk whose reviewer is a person, nothing sent yet."""
    return renewal_at(reviewing_desk)


def test_a_signature_that_does_not_verify(renewal):
    cms_der = bytearray(renewal.signed())
    cms_der[-1] ^= 1
    refused(renewal.apply(bytes(cms_der)), 403, "bad_signature")


def test_a_manifest_changed_after_signing(renewal):
    cms_der = renewal.signed().replace(b'"version":1', b'"version":2')
    refused(renewal.apply(cms_der), 403, "bad_signature")


def test_a_signature_by_another_key_under_the_same_certificate(renewal):
    forged = Holder(renewal.holder.organisation, new_rsa_key(), renewal.holder.certificate)
    content = msgspec.json.encode(renewal.manifest())
    refused(renewal.apply(sign_cms(content, forged)), 403, "bad_signature")


def test_another_organisations_certificate(reviewing_desk, renewal, rsa_keys):
    other = certify(reviewing_desk.home, rsa_keys[0])
    content = msgspec.json.encode(renewal.manifest())
    refused(renewal.apply(sign_cms(content, other)), 403, "bad_signature")


def test_a_certificate_of_the_same_names_by_another_authority(tmp_path, renewal, rsa_keys):
    foreign = certify(Home.opened(tmp_path / "foreign"), rsa_keys[0])
    content = msgspec.json.encode(renewal.manifest(certificate_sha256=foreign.sha256))
    refused(renewal.apply(sign_cms(content, foreign)), 403, "unknown_certificate")


def test_a_certificate_that_is_not_the_organisations_newest(reviewing_desk, renewal, rsa_keys):
    certify(reviewing_desk.home, rsa_keys[1], uscc=renewal.holder.organisation.uscc)
    refused(renewal.apply(), 403, "unknown_certificate")


def test_an_encryption_certificate(reviewing_desk, rsa_keys, renewal_at):
    renewal = renewal_at(reviewing_desk, use=CertificateUse.ENCRYPTION)
    refused(renewal.apply(), 403, "unknown_certificate")


def test_a_manifest_for_another_authority(renewal):
    cms_der = renewal.signed(audience="https://ca.example.com")
    refused(renewal.apply(cms_der), 403, "wrong_audience")


def test_a_manifest_of_another_application(renewal, reviewing_desk, renewal_at):
    other = renewal_at(reviewing_desk)
    refused(renewal.apply(renewal.signed(application=other.application)), 400, "malformed")


def test_a_manifest_of_another_secret(renewal):
    refused(renewal.apply(renewal.signed(secret_sha256="0" * 64)), 401, "unauthorised")


def test_a_certificate_it_is_too_early_to_renew(reviewing_desk, renewal_at):
    renewal = renewal_at(reviewing_desk, expired_days=None, valid_days=91)
    refused(renewal.apply(), 403, "outside_window")


def test_an_unknown_member_in_the_manifest(renewal):
    manifest = {**msgspec.to_builtins(renewal.manifest()), "extra": 1}
    cms_der = sign_cms(msgspec.json.encode(manifest), renewal.holder)
    refused(renewal.apply(cms_der), 400, "malformed")


@pytest.mark.parametrize("body", [b"", b"\x30\x80", b"{}", b"\x30\x03\x02\x01\x00"])
def test_a_body_that_is_no_cms(renewal, body):
    refused(renewal.call("PUT", content=body), 400, "malformed")


def test_an_application_not_named_by_a_uuid(renewal):
    renewal.application = "mine"
    renewal.base = "/ra/v1/applications/mine"
    refused(renewal.apply(), 400, "malformed")


def test_a_dossier_with_a_scan_missing(renewal):
    problem = refused(
        renewal.apply(renewal.signed(documents={"id_card_front": digest_of(b"x")})),
        422,
        "incomplete",
    )
    assert "authorisation_letter" in problem["detail"]
    refused(renewal.apply(renewal.signed(applicant=None)), 422, "incomplete")


def test_a_scan_the_manifest_makes_too_large_or_of_the_wrong_kind(renewal):
    big = {name: digest_of(content) for name, content in SCANS.items()}
    big["id_card_front"] = msgspec.structs.replace(digest_of(b"x"), size=1024 * 1024 + 1)
    refused(renewal.apply(renewal.signed(documents=big)), 413, "too_large")
    big["id_card_front"] = digest_of(b"x", "application/pdf")
    refused(renewal.apply(renewal.signed(documents=big)), 400, "malformed")


def test_a_scan_that_is_not_the_one_in_the_manifest(renewal):
    renewal.apply().raise_for_status()
    changed = SCANS["id_card_front"][:-1] + b"?"
    refused(renewal.send_scan("id_card_front", changed), 422, "document_mismatch")
    refused(renewal.send_scan("id_card_front", changed + b"?"), 422, "document_mismatch")


def test_a_scan_that_is_not_what_it_is_said_to_be(renewal):
    html = b"<html>" * 20
    documents = {**renewal.manifest().documents, "id_card_front": digest_of(html)}
    renewal.apply(renewal.signed(documents=documents)).raise_for_status()
    refused(renewal.send_scan("id_card_front", html), 422, "document_mismatch")


@pytest.mark.parametrize("kib", [1025, 4096])
def test_a_scan_with_too_many_bytes_gets_its_answer(renewal, kib):
    renewal.apply().raise_for_status()
    refused(renewal.send_scan("id_card_front", bytes(kib * 1024)), 413, "too_large")


def test_a_cms_with_too_many_bytes(renewal):
    refused(renewal.apply(bytes(256 * 1024 + 1)), 413, "too_large")


def test_a_body_of_unknown_length_is_capped_too(renewal):
    chunks = (bytes(64 * 1024) for _ in range(20))
    refused(renewal.call("PUT", content=chunks), 413, "too_large")


def test_completing_while_scans_are_missing(renewal):
    renewal.apply().raise_for_status()
    renewal.send_scan("id_card_front").raise_for_status()
    problem = refused(renewal.call("POST", "/complete"), 422, "incomplete")
    assert "id_card_back" in problem["detail"]
    assert "id_card_front" not in problem["detail"]


def test_a_scan_nobody_announced(renewal):
    renewal.apply().raise_for_status()
    refused(renewal.call("PUT", "/documents/passport", content=b"x"), 404, "not_found")


def test_a_replayed_version(reviewing_desk, renewal):
    first = renewal.signed()
    renewal.apply(first).raise_for_status()
    second = renewal.signed(version=2)
    renewal.call("PUT", "/versions/2", content=second).raise_for_status()

    refused(renewal.call("PUT", "/versions/2", content=first), 409, "stale_version")
    refused(renewal.call("PUT", "/versions/1", content=first), 409, "stale_version")
    refused(renewal.apply(first), 409, "stale_version")
    refused(renewal.call("PUT", "/versions/3", content=second), 409, "stale_version")
    refused(renewal.call("PUT", "/versions/4", content=second), 409, "stale_version")
    assert renewal.call("PUT", "/versions/2", content=second).json()["version"] == 2

    renewal.send_scans()
    renewal.call("POST", "/complete").raise_for_status()
    third = renewal.call("PUT", "/versions/3", content=renewal.signed(version=3))
    refused(third, 409, "wrong_state")
    assert sandbox_cli(reviewing_desk.home, "approve", renewal.application).returncode == 0


def test_an_application_opened_with_another_body(renewal):
    renewal.apply().raise_for_status()
    refused(renewal.apply(renewal.signed(applicant=None)), 409, "stale_version")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_wrong_secret(renewal, method):
    renewal.apply().raise_for_status()
    renewal.secret = "guessed"
    answer = renewal.call(method)
    refused(answer, 401, "unauthorised")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    refused(renewal.apply(), 401, "unauthorised")
    assert renewal.enrol().status_code == 401


def test_no_secret_at_all(renewal):
    refused(renewal.http.get(renewal.base), 401, "unauthorised")
    broken = {"Authorization": "Basic ???"}
    refused(renewal.http.get(renewal.base, headers=broken), 401, "unauthorised")


def test_another_application_under_ones_own_secret(reviewing_desk, renewal, renewal_at):
    renewal.apply().raise_for_status()
    other: HttpRenewal = renewal_at(reviewing_desk)
    other.apply().raise_for_status()
    other.base = renewal.base
    refused(other.call("GET"), 401, "unauthorised")


def test_an_application_that_does_not_exist(renewal):
    refused(renewal.call("GET"), 404, "not_found")


def test_confirming_before_anything_was_fetched(renewal):
    renewal.submit()
    refused(renewal.call("POST", "/installed"), 409, "wrong_state")


def test_a_path_or_a_method_there_is_none_of(renewal):
    refused(renewal.http.get("/ra/v2/policy"), 404, "not_found")
    answer = renewal.http.post("/ra/v1/policy")
    assert (answer.status_code, answer.json()["status"]) == (405, 405)


class TestEnrolment:
    """Over EST, where refusals are plain text."""

    def test_before_release_it_is_pending(self, renewal):
        renewal.submit()
        pending = renewal.enrol()
        assert pending.status_code == 202
        assert int(pending.headers["Retry-After"]) > 0

    def test_a_request_the_manifest_does_not_name(self, renewal):
        renewal.submit()
        renewal.csr = make_csr(renewal.new_key, renewal.holder.certificate.subject)[:-1] + b"\0"
        self.refused(renewal.enrol(), 403)
        renewal.csr = make_csr(new_rsa_key(), renewal.holder.certificate.subject)
        self.refused(renewal.enrol(), 400)

    def test_a_request_that_proves_no_possession(self, renewal):
        other = make_csr(new_rsa_key(), renewal.holder.certificate.subject)
        # Another key's signature under our request.
        renewal.csr = renewal.csr[:-256] + other[-256:]
        renewal.submit()
        self.refused(renewal.enrol(), 403)

    def test_a_request_for_another_subject(self, renewal):
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody else")])
        renewal.csr = make_csr(renewal.new_key, name)
        renewal.submit()
        self.refused(renewal.enrol(), 400)

    def test_a_key_the_policy_does_not_name(self, renewal):
        key = ec.generate_private_key(ec.SECP256R1())
        renewal.csr = make_csr(key, renewal.holder.certificate.subject)
        renewal.submit()
        self.refused(renewal.enrol(), 400)

    @pytest.mark.parametrize("body", [b"not base64!", b"AAAA", b""])
    def test_a_body_that_is_no_request(self, renewal, body):
        renewal.submit()
        self.refused(renewal.enrol(body), 400)

    def test_an_unknown_user_is_asked_for_a_password(self, renewal):
        answer = renewal.enrol()
        self.refused(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")

    def test_too_many_bytes(self, renewal):
        self.refused(renewal.enrol(b"A" * (64 * 1024 + 1)), 413)

    def refused(self, response, status: int) -> None:
        assert response.status_code == status, response.text
        assert response.headers["Content-Type"].startswith("text/plain")
