"""Without a valid signature of the old key and a proof of possession of the new one: nothing.

Every way around that we can think of, and after each there is no certificate of the new key.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

import msgspec
import pytest
from cryptography import x509
from key_request_maker import key_identifier, make_key_request, spki
from sandbox_desk import (
    Desk,
    Holder,
    HttpRenewal,
    certify,
    make_csr,
    new_rsa_key,
    sandbox_cli,
    sign_cms,
)

from agent.renewals.authorities.ra_protocol import Manifest
from sandbox.authority.rules.days import utc_now
from sandbox.authority.rules.profiles import CertificateUse
from sandbox.authority.rules.records import IssuedCertificate
from sandbox.authority.store import Store
from sandbox.home import Home


def issued(home: Home, key: bytes) -> int:
    """Return how many certificates there are of a key."""
    with Store(home.database).transaction() as transaction:
        return len(transaction.certificates_with_key(key))


@pytest.fixture
def renewal(quick_desk, rsa_keys) -> Iterator[HttpRenewal]:
    """A renewal with a key of its own, of which there is no certificate in the end."""
    started = HttpRenewal(quick_desk, certify(quick_desk.home, rsa_keys[0]), new_rsa_key())
    with started.http:
        yield started
        assert started.enrol().status_code != 200
    assert issued(quick_desk.home, spki(started.new_key.public_key())) == 0


def test_the_same_steps_in_order_do_issue(quick_desk, rsa_keys):
    # Else the tests below would pass at an authority that never issues anything.
    started = HttpRenewal(quick_desk, certify(quick_desk.home, rsa_keys[0]), new_rsa_key())
    with started.http:
        submit(started)
        started.release()
        assert started.enrol().status_code == 200
    assert issued(quick_desk.home, spki(started.new_key.public_key())) == 1


def submit(renewal: HttpRenewal, cms_der: bytes | None = None) -> None:
    renewal.apply(cms_der).raise_for_status()
    renewal.send_scans()
    renewal.call("POST", "/complete").raise_for_status()
    renewal.wait_for("approved")


def forged_csr(renewal: HttpRenewal) -> bytes:
    """Return a request for our key that another key signed."""
    request = bytearray(renewal.csr)
    request[-8:] = bytes(8)
    return bytes(request)


def manifest_over(renewal: HttpRenewal, csr: bytes, **changes: object) -> Manifest:
    return renewal.manifest(csr_sha256=hashlib.sha256(csr).hexdigest(), **changes)


class TestWithoutTheOldKey:
    def test_no_application_no_certificate(self, renewal):
        assert renewal.enrol().status_code == 401

    def test_a_manifest_signed_by_the_new_key(self, renewal):
        thief = Holder(renewal.holder.organisation, renewal.new_key, renewal.holder.certificate)
        content = msgspec.json.encode(renewal.manifest())
        assert renewal.apply(sign_cms(content, thief)).status_code == 403

    def test_a_manifest_signed_by_a_self_made_certificate_of_the_same_names(self, renewal):
        certificate = renewal.holder.certificate
        builder = (
            x509.CertificateBuilder()
            .subject_name(certificate.subject)
            .issuer_name(certificate.issuer)
            .serial_number(certificate.serial_number)
            .not_valid_before(certificate.not_valid_before_utc)
            .not_valid_after(certificate.not_valid_after_utc)
            .public_key(renewal.new_key.public_key())
        )
        made = builder.sign(renewal.new_key, certificate.signature_hash_algorithm)
        thief = Holder(renewal.holder.organisation, renewal.new_key, made)
        for changes in ({}, {"certificate_sha256": thief.sha256}):
            content = msgspec.json.encode(renewal.manifest(**changes))
            assert renewal.apply(sign_cms(content, thief)).status_code == 403

    def test_a_manifest_signed_by_the_organisations_encryption_key(self, renewal, quick_desk):
        uscc = renewal.holder.organisation.uscc
        key = new_rsa_key()
        record = certify(quick_desk.home, key, uscc=uscc, use=CertificateUse.ENCRYPTION)
        content = msgspec.json.encode(renewal.manifest(certificate_sha256=record.sha256))
        assert renewal.apply(sign_cms(content, record)).status_code == 403

    def test_an_unsigned_manifest(self, renewal):
        assert renewal.apply(msgspec.json.encode(renewal.manifest())).status_code == 400

    def test_a_manifest_signed_for_another_renewal(self, renewal, quick_desk, rsa_keys):
        other = HttpRenewal(quick_desk, certify(quick_desk.home, rsa_keys[0]), new_rsa_key())
        with other.http:
            assert renewal.apply(other.signed()).status_code in (400, 401)

    def test_the_secret_of_another_application(self, renewal, quick_desk, rsa_keys):
        submit(renewal)
        other = HttpRenewal(quick_desk, certify(quick_desk.home, rsa_keys[0]), new_rsa_key())
        with other.http:
            submit(other)
            other.release()
            assert other.enrol(base64.b64encode(renewal.csr)).status_code == 400


class TestWithoutPossessionOfTheNewKey:
    def test_a_request_that_another_key_signed(self, renewal):
        csr = forged_csr(renewal)
        content = msgspec.json.encode(manifest_over(renewal, csr))
        submit(renewal, sign_cms(content, renewal.holder))
        renewal.release()
        refused = renewal.enrol(base64.b64encode(csr))
        assert (refused.status_code, refused.text.partition(":")[0]) == (403, "bad_signature")
        renewal.call("DELETE").raise_for_status()

    def test_another_request_than_the_signed_manifest_names(self, renewal):
        submit(renewal)
        renewal.release()
        other = make_csr(new_rsa_key(), renewal.holder.certificate.subject)
        assert renewal.enrol(base64.b64encode(other)).status_code == 400
        renewal.call("DELETE").raise_for_status()

    def test_the_same_key_for_another_organisation(self, renewal, quick_desk, rsa_keys):
        name = certify(quick_desk.home, rsa_keys[0]).certificate.subject
        other = x509.Name([*name, x509.NameAttribute(x509.NameOID.SURNAME, "x")])
        csr = make_csr(renewal.new_key, other)
        content = msgspec.json.encode(manifest_over(renewal, csr))
        submit(renewal, sign_cms(content, renewal.holder))
        renewal.release()
        assert renewal.enrol(base64.b64encode(csr)).status_code == 400
        renewal.call("DELETE").raise_for_status()


class TestBeforeTheAuthorityAgreed:
    def test_while_scans_are_missing_under_review_approved_or_withdrawn(self, renewal):
        seen = [renewal.enrol().status_code]
        renewal.apply().raise_for_status()
        seen.append(renewal.enrol().status_code)
        renewal.send_scans()
        renewal.call("POST", "/complete").raise_for_status()
        seen.append(renewal.enrol().status_code)
        renewal.wait_for("approved")
        seen.append(renewal.enrol().status_code)
        renewal.call("DELETE").raise_for_status()
        seen.append(renewal.enrol().status_code)
        assert seen == [401, 202, 202, 202, 403]

    def test_without_the_sms_code(self, renewal):
        submit(renewal)
        for code in ("000000", "0000", "99999999"):
            verified = renewal.call("POST", "/sms/verify", json={"code": code})
            assert verified.status_code == 409
        assert renewal.call("POST", "/installed").status_code == 409

    def test_with_the_sms_code_of_another_application(self, renewal, quick_desk, rsa_keys):
        submit(renewal)
        other = HttpRenewal(quick_desk, certify(quick_desk.home, rsa_keys[0]), new_rsa_key())
        with other.http:
            submit(other)
            other.call("POST", "/sms").raise_for_status()
        renewal.call("POST", "/sms").raise_for_status()
        ours, theirs = (quick_desk.code_for(r.application) for r in (renewal, other))
        if ours != theirs:  # one in a million
            verified = renewal.call("POST", "/sms/verify", json={"code": theirs})
            assert verified.json()["code"] == "wrong_code"

    def test_a_closed_application_is_not_opened_by_its_old_manifest(self, renewal):
        body = renewal.signed()
        renewal.apply(body).raise_for_status()
        renewal.call("DELETE").raise_for_status()
        assert renewal.apply(body).json()["state"] == "withdrawn"
        assert renewal.call("POST", "/complete").status_code != 200
        assert renewal.state() == "withdrawn"

    def test_another_request_once_it_was_approved(self, renewal):
        submit(renewal)
        csr = make_csr(new_rsa_key(), renewal.holder.certificate.subject)
        content = msgspec.json.encode(manifest_over(renewal, csr, version=2))
        amended = renewal.call("PUT", "/versions/2", content=sign_cms(content, renewal.holder))
        assert amended.status_code == 409


class TestWhenTheOldCertificateIsDoneMeanwhile:
    def test_it_was_replaced_at_the_counter(self, renewal, quick_desk):
        submit(renewal)
        renewal.release()
        uscc = renewal.holder.organisation.uscc
        certify(quick_desk.home, new_rsa_key(), uscc=uscc)
        assert renewal.enrol().status_code == 403
        renewal.call("DELETE").raise_for_status()

    def test_it_was_revoked(self, renewal, quick_desk):
        recipient = new_rsa_key().public_key()
        submit(renewal, renewal.signed(encryption_recipient=spki(recipient)))
        renewal.release()
        _change(quick_desk, renewal.holder, revoked=True)
        assert renewal.enrol().status_code == 403
        subject = renewal.holder.certificate.subject
        request = make_key_request(subject, renewal.new_key, key_identifier(recipient))
        assert renewal.generate_key(request).status_code == 403
        _change(quick_desk, renewal.holder, revoked=False)
        renewal.call("DELETE").raise_for_status()


class TestByThePlainLabel:
    def test_an_organisations_name_is_not_for_a_user_of_no_organisation(self, renewal, quick_desk):
        name = "thief"
        added = sandbox_cli(
            quick_desk.home, "est-user", "add", name, "--password-stdin", stdin="secret\n"
        )
        assert added.returncode == 0, added.stderr
        organisation = renewal.holder.organisation.name
        subjects = [renewal.holder.certificate.subject] + [
            x509.Name([x509.NameAttribute(oid, organisation)])
            for oid in (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME)
        ]
        for subject in subjects:
            for call in ("simpleenroll", "simplereenroll"):
                answer = renewal.http.post(
                    f"/.well-known/est/plain/{call}",
                    auth=(name, "secret"),
                    content=base64.b64encode(make_csr(renewal.new_key, subject)),
                )
                assert answer.status_code == 400


def _change(desk: Desk, holder: Holder, *, revoked: bool) -> None:
    with Store(desk.home.database).transaction() as transaction:
        record = transaction.certificate(holder.sha256)
        assert isinstance(record, IssuedCertificate)
        moment = utc_now() if revoked else None
        transaction.save_certificate(msgspec.structs.replace(record, revoked_at=moment))
