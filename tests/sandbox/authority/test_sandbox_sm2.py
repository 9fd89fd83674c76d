"""SM2 at the authority: its root, its certificates, and the encryption key in the one form tokens import."""

from __future__ import annotations

import subprocess

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from sandbox_desk import RenewalClient, certify, held, make_csr, new_rsa_key
from sandbox_office import URL, Office

from agent.keys.certified import is_issued_by, key_of
from agent.keys.rsa_enveloped_key import RsaEnvelopedKey
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from agent.renewals.authorities.key_request import key_request
from agent.renewals.authorities.ra_protocol import (
    RSA_ENVELOPED_KEY_TYPE,
    SM2_ENVELOPED_KEY_TYPE,
    ProblemCode,
)
from sandbox.authority.ca import Authority, renewed_validity
from sandbox.authority.key_centre import ServerKey
from sandbox.authority.rules.behaviour import DEFAULT_POLICY, Issuing
from sandbox.authority.rules.days import utc_now
from sandbox.authority.rules.profiles import CertificateUse, Organisation
from sandbox.private_keys import Sm2PrivateKey, new_key
from sandbox.problems import RefusalError

POLICY = msgspec.structs.replace(
    DEFAULT_POLICY, signing_key_types=("sm2", "rsa:2048"), dossier="never", sms=False
)


class Sm2Office(Office):
    """An office that takes SM2 keys, and releases at once."""

    def applied(self, old, new, recipient=None) -> RenewalClient:
        """Return who has applied: renewing ``old`` by ``new``, the encryption key to ``recipient``."""
        holder = certify(self.home, old, now=self.clock.now, expired_days=9)
        client = RenewalClient(URL, holder, new)
        recipient = held(recipient or new).public.der
        signed = client.signed(applicant=None, documents={}, encryption_recipient=recipient)
        self.applications.apply(client.application, client.secret, signed)
        self.applications.complete(client.application, client.secret)
        return client

    def enrol(self, client: RenewalClient) -> x509.Certificate:
        issued = self.enrolment.enrol(client.application, client.secret, client.csr)
        assert issued is not None
        return issued

    def generate(self, client: RenewalClient, recipient=None) -> ServerKey:
        to = held(recipient or client.new_key).public.der
        is_signing = to == held(client.new_key).public.der
        request = key_request(
            client.holder.certificate.subject.public_bytes(),
            to,
            ("rsaes-pkcs1-v1_5",),
            is_signing=is_signing,
        )
        made = self.key_centre.generate(client.application, client.secret, request)
        assert made is not None
        return made


@pytest.fixture
def office(home, rsa_keys):
    return Sm2Office(home, rsa_keys, policy=POLICY)


@pytest.fixture(scope="module")
def old():
    return Sm2PrivateKey.new()


@pytest.fixture
def new():
    return Sm2PrivateKey.new()


def refused(call, *arguments) -> ProblemCode:
    with pytest.raises(RefusalError) as refusal:
        call(*arguments)
    return refusal.value.code


def test_the_pair_of_a_renewal(office, old, new):
    client = office.applied(old, new)
    signing, made = office.enrol(client), office.generate(client)
    envelope = Sm2EnvelopedKey.read(made.envelope)
    assert key_of(signing) == new.public
    assert key_of(made.certificate) == envelope.public
    assert len(new.opened(envelope.sealed_key)) == 16
    assert made.media_type == SM2_ENVELOPED_KEY_TYPE
    assert made.certificate.not_valid_after_utc == signing.not_valid_after_utc
    assert office.generate(client) == made


def test_an_rsa_pair_may_become_an_sm2_one(office, rsa_keys, new):
    client = office.applied(rsa_keys[0], new)
    assert key_of(office.enrol(client)).kind == "sm2"
    assert key_of(office.generate(client).certificate).kind == "sm2"


def test_an_sm2_pair_may_become_an_rsa_one(office, old, rsa_keys):
    transport = new_rsa_key()
    client = office.applied(old, rsa_keys[1], transport)
    assert key_of(office.enrol(client)).kind == "rsa:2048"
    assert key_of(office.generate(client, transport).certificate).kind == "rsa:2048"


@pytest.mark.parametrize("issuing", Issuing)
@pytest.mark.parametrize("kind", ["rsa:2048", "sm2"])
def test_openssl_believes_either_roots_certificates(home, tmp_path, issuing, kind):
    key = new_key(kind)
    authority = Authority.opened(home, utc_now(), issuing)
    certificate = _issued(authority, key.public)
    root = next(root for root in authority.certificates if is_issued_by(certificate, root))
    assert key_of(root).family == (kind[:3] if issuing is Issuing.LIKE else issuing)
    (tmp_path / "certificate.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    identity = ("-vfyopt", "distid:1234567812345678") if key_of(root).family == "sm2" else ()
    verify = ["openssl", "verify", *identity, "-CAfile", "root.pem", "certificate.pem"]
    done = subprocess.run(verify, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "certificate.pem: OK\n", done.stderr


def test_clients_get_both_roots_once_there_are_two(home):
    def anchors() -> list[bytes]:
        return [
            root.public_bytes(Encoding.DER)
            for root in x509.load_pem_x509_certificates(home.trust_anchor.read_bytes())
        ]

    authority = Authority.opened(home, utc_now())
    assert anchors() == [authority.certificate.public_bytes(Encoding.DER)]
    authority.with_sm2_root()
    both = anchors()
    assert both == [root.public_bytes(Encoding.DER) for root in authority.certificates]
    assert len(both) == 2
    home.trust_anchor.unlink()
    Authority.opened(home, utc_now())
    assert anchors() == both


class TestRecipient:
    """An SM2 recipient is the signing key of this very application, and no other signing key."""

    def test_the_old_signing_key(self, office, old, new):
        assert refused(office.applied, old, new, old) is ProblemCode.RECIPIENT_REFUSED

    def test_another_organisations_signing_key(self, office, old, new):
        other = Sm2PrivateKey.new()
        certify(office.home, other, now=office.clock.now)
        assert refused(office.applied, old, new, other) is ProblemCode.RECIPIENT_REFUSED

    def test_an_encryption_key(self, office, old, new):
        other = Sm2PrivateKey.new()
        certify(office.home, other, now=office.clock.now, use=CertificateUse.ENCRYPTION)
        assert refused(office.applied, old, new, other) is ProblemCode.RECIPIENT_REFUSED

    def test_a_fresh_key_that_is_not_the_requests(self, office, old, new):
        client = office.applied(old, new, Sm2PrivateKey.new())
        assert refused(office.enrol, client) is ProblemCode.RECIPIENT_REFUSED

    def test_before_the_request_has_proved_it(self, office, old, new):
        client = office.applied(old, new)
        assert refused(office.generate, client) is ProblemCode.WRONG_STATE

    def test_one_that_was_certified_for_somebody_else_meanwhile(self, office, old, new):
        client = office.applied(old, new)
        certify(office.home, new, now=office.clock.now)
        office.enrol(client)
        assert refused(office.generate, client) is ProblemCode.RECIPIENT_REFUSED

    def test_where_nothing_is_enveloped_to_signing_keys(self, home, rsa_keys, old, new):
        policy = msgspec.structs.replace(POLICY, container_key_transport=())
        office = Sm2Office(home, rsa_keys, policy=policy)
        assert refused(office.applied, old, new) is ProblemCode.RECIPIENT_REFUSED

    def test_a_client_that_does_not_say_that_it_reads_it(self, office, old, new):
        client = office.applied(old, new)
        office.enrol(client)
        rsa = new_rsa_key()
        subject = client.holder.certificate.subject.public_bytes()
        request = key_request(subject, held(rsa).public.der, ())
        named = key_request(subject, new.public.der, (), is_signing=True)
        # The capabilities of one with the name of the other.
        swapped = request.replace(held(rsa).public.identifier, new.public.identifier)
        generate = office.key_centre.generate
        assert generate(client.application, client.secret, named) is not None
        code = refused(generate, client.application, client.secret, swapped)
        assert code is ProblemCode.RECIPIENT_REFUSED


class TestRsaInAContainer:
    """The same for RSA, where the policy says so: to the key of the request, and as tokens import it."""

    @pytest.fixture
    def office(self, home, rsa_keys):
        transports = ("sm2-enveloped-key", "rsa-enveloped-key")
        policy = msgspec.structs.replace(POLICY, container_key_transport=transports)
        return Sm2Office(home, rsa_keys, policy=policy)

    def asked(self, office, client, *, is_signing: bool) -> ServerKey | None:
        subject = client.holder.certificate.subject.public_bytes()
        to = held(client.new_key).public.der
        request = key_request(subject, to, ("rsaes-pkcs1-v1_5",), is_signing=is_signing)
        return office.key_centre.generate(client.application, client.secret, request)

    def test_the_pair_of_a_renewal(self, office, rsa_keys):
        client = office.applied(*rsa_keys)
        office.enrol(client)
        made = office.generate(client)
        envelope = RsaEnvelopedKey.read(made.envelope)
        assert key_of(made.certificate) == envelope.public
        assert len(rsa_keys[1].decrypt(envelope.sealed_key, padding.PKCS1v15())) == 16
        assert made.media_type == RSA_ENVELOPED_KEY_TYPE
        assert office.generate(client) == made

    def test_no_cms_to_a_key_that_signs(self, office, rsa_keys):
        client = office.applied(*rsa_keys)
        office.enrol(client)
        code = refused(lambda: self.asked(office, client, is_signing=False))
        assert code is ProblemCode.RECIPIENT_REFUSED

    def test_no_certificate_for_a_key_that_received_cms(self, office, rsa_keys):
        client = office.applied(*rsa_keys)
        assert self.asked(office, client, is_signing=False) is not None
        assert refused(office.enrol, client) is ProblemCode.RECIPIENT_REFUSED

    def test_not_before_the_request_has_proved_it(self, office, rsa_keys):
        client = office.applied(*rsa_keys)
        code = refused(lambda: self.asked(office, client, is_signing=True))
        assert code is ProblemCode.WRONG_STATE

    def test_where_the_policy_does_not_say_so(self, home, rsa_keys):
        office = Sm2Office(home, rsa_keys, policy=POLICY)
        assert refused(office.enrol, office.applied(*rsa_keys)) is ProblemCode.RECIPIENT_REFUSED


class TestKind:
    def test_a_policy_without_sm2_refuses_it(self, home, rsa_keys, old, new):
        policy = msgspec.structs.replace(POLICY, signing_key_types=())
        office = Sm2Office(home, rsa_keys, policy=policy)
        assert refused(office.enrol, office.applied(old, new)) is ProblemCode.MALFORMED

    def test_a_request_signed_with_an_empty_identity(self, office, old, new, tmp_path):
        (tmp_path / "key.der").write_bytes(new.pkcs8)
        made = subprocess.run(
            ["openssl", "req", "-new", "-sm3", "-key", "key.der", "-keyform", "DER", "-outform", "DER",
             "-subj", "/CN=x"],
            cwd=tmp_path, capture_output=True, check=True,
        )  # fmt: skip
        client = office.applied(old, new)
        client.csr = made.stdout
        assert refused(office.enrol, client) is ProblemCode.BAD_SIGNATURE
        client.csr = make_csr(new, client.holder.certificate.subject)
        assert refused(office.enrol, client) is ProblemCode.MALFORMED  # not the one of the manifest


def _issued(authority: Authority, key) -> x509.Certificate:
    organisation = Organisation("深圳市样例有限公司", "91440300MA5DA0000F")
    validity = renewed_validity(utc_now(), utc_now())
    return authority.issue(organisation, CertificateUse.SIGNING, key, validity)
