"""Whom no encryption key is enveloped to, and which requests get none."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from key_request_maker import (
    TRANSPORT_IDS,
    KeyRenewal,
    key_identifier,
    make_key_request,
    spki,
)
from sandbox_desk import (
    HttpRenewal,
    certify,
    new_rsa_key,
)

from sandbox.authority.rules.key_request import AES_256_CBC
from sandbox.authority.rules.profiles import CertificateUse


class TestRecipientsThatAreRefused:
    def refused(self, renewal: HttpRenewal, recipient: bytes) -> None:
        answer = renewal.apply(renewal.signed(encryption_recipient=recipient))
        assert (answer.status_code, answer.json()["code"]) == (422, "recipient_refused")

    def test_an_elliptic_curve_key(self, quick_desk, renewal_at):
        key = ec.generate_private_key(ec.SECP256R1()).public_key()
        der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.refused(renewal_at(quick_desk), der)

    def test_the_signing_certificates_key(self, quick_desk, renewal_at):
        renewal = renewal_at(quick_desk)
        self.refused(renewal, spki(renewal.holder.key.public_key()))

    def test_another_organisations_encryption_key(self, quick_desk, renewal_at):
        key = new_rsa_key()
        certify(quick_desk.home, key, use=CertificateUse.ENCRYPTION)
        self.refused(renewal_at(quick_desk), spki(key.public_key()))

    def test_an_encryption_key_that_was_replaced(self, quick_desk, renewal_at):
        renewal, key = renewal_at(quick_desk), new_rsa_key()
        uscc = renewal.holder.organisation.uscc
        certify(quick_desk.home, key, uscc=uscc, use=CertificateUse.ENCRYPTION)
        certify(quick_desk.home, new_rsa_key(), uscc=uscc, use=CertificateUse.ENCRYPTION)
        self.refused(renewal, spki(key.public_key()))

    def test_a_key_too_short(self, quick_desk, renewal_at):
        short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
        self.refused(renewal_at(quick_desk), spki(short.public_key()))

    @pytest.mark.parametrize("der", [b"", b"\x30\x00", b"key"])
    def test_bytes_that_are_no_key(self, quick_desk, renewal_at, der):
        self.refused(renewal_at(quick_desk), der)

    def test_the_new_signing_key(self, quick_desk, rsa_keys):
        renewal = HttpRenewal(quick_desk, certify(quick_desk.home, rsa_keys[0]), new_rsa_key())
        with renewal.http:
            KeyRenewal(renewal, renewal.new_key).submit()
            refused = renewal.enrol()
        assert refused.status_code == 422
        assert refused.text.startswith("recipient_refused")


class TestRequestsThatAreRefused:
    def post(self, renewing: KeyRenewal, **changes: object) -> tuple[int, str]:
        arguments = {
            "subject": renewing.renewal.holder.certificate.subject,
            "key": renewing.renewal.new_key,
            "identifier": key_identifier(renewing.recipient.public_key()),
            **changes,
        }
        answer = renewing.renewal.generate_key(make_key_request(**arguments))
        assert answer.headers["Content-Type"].startswith("text/plain")
        return answer.status_code, answer.text.partition(":")[0].strip()

    def test_a_key_in_clear_is_never_sent(self, renewing):
        renewing.released()
        assert self.post(renewing, identifier=None) == (400, "malformed")
        assert self.post(renewing, capabilities=None) == (400, "malformed")

    def test_a_key_the_manifest_does_not_name(self, renewing):
        renewing.released()
        other = key_identifier(new_rsa_key().public_key())
        assert self.post(renewing, identifier=other) == (422, "recipient_refused")

    def test_a_client_that_cannot_read_the_envelope(self, renewing):
        renewing.released()
        aes_128 = "2.16.840.1.101.3.4.1.2"
        assert self.post(renewing, capabilities=(aes_128,)) == (422, "recipient_refused")
        only_oaep = (AES_256_CBC, TRANSPORT_IDS["rsaes-oaep"])
        assert self.post(renewing, capabilities=only_oaep) == (422, "recipient_refused")

    def test_a_manifest_that_names_no_recipient(self, quick_desk, renewal_at, transport_key):
        renewal = renewal_at(quick_desk)
        renewal.submit()
        renewing = KeyRenewal(renewal, transport_key)
        assert self.post(renewing) == (422, "recipient_refused")

    def test_another_organisation(self, renewing):
        renewing.released()
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Other")])
        assert self.post(renewing, subject=name) == (400, "malformed")

    def test_a_wrong_secret(self, renewing):
        renewing.released()
        renewing.renewal.secret = "wrong"
        assert self.post(renewing) == (401, "unauthorised")

    def test_an_application_that_is_closed(self, renewing):
        renewing.submit()
        renewing.renewal.call("DELETE").raise_for_status()
        assert self.post(renewing) == (403, "wrong_state")

    @pytest.mark.parametrize("body", [b"", b"no request", b"\x30\x03\x02\x01\x00"])
    def test_a_body_that_is_no_request(self, renewing, body):
        renewing.submit()
        answer = renewing.renewal.generate_key(body)
        assert (answer.status_code, answer.text.partition(":")[0]) == (400, "malformed")
