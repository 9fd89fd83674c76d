"""serverkeygen: an encryption key and its certificate for the token alone, over real TLS."""

from __future__ import annotations

import base64
import datetime as dt
import shutil
import sqlite3

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from key_request_maker import (
    TRANSPORT_IDS,
    KeyRenewal,
    key_centre_of,
    key_identifier,
    make_key_request,
    openssl_opens,
    spki,
)
from sandbox_desk import (
    certify,
    enrolled_certificate,
    new_rsa_key,
    running_desk,
)
from sandbox_office import Office

from agent.renewals.authorities.est_messages import decode_server_key
from agent.renewals.authorities.key_request import key_request
from sandbox.authority.rules.profiles import KEY_GENERATION_AUTHORITY, USCC_ID, CertificateUse
from sandbox.authority.store import Store


def test_openssl_opens_the_envelope_and_finds_the_key_of_the_certificate(
    quick_desk, renewing, tmp_path
):
    answer = renewing.released().fetch()
    anchor = quick_desk.home.trust_anchor
    key = openssl_opens(answer.envelope, renewing.recipient, anchor, tmp_path)
    assert key.public_key() == answer.certificate.public_key()
    assert key.key_size == 2048


def test_the_agents_own_request_is_understood_and_its_reader_finds_both_parts(
    quick_desk, renewing, tmp_path
):
    renewing.released()
    recipient = spki(renewing.recipient.public_key())
    subject = renewing.renewal.holder.certificate.subject
    request = key_request(subject.public_bytes(), recipient, ["rsaes-pkcs1-v1_5"])
    answer = renewing.renewal.generate_key(request)
    read = decode_server_key(answer.headers["Content-Type"], answer.content)
    anchor = quick_desk.home.trust_anchor
    key = openssl_opens(read.envelope, renewing.recipient, anchor, tmp_path)
    assert key.public_key() == read.certificate.public_key()


def test_the_certificate_is_for_encryption_alone_and_of_the_same_organisation(renewing):
    certificate = renewing.released().fetch().certificate
    old = renewing.renewal.holder.certificate
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.key_encipherment, usage.data_encipherment) == (True, True)
    assert (usage.digital_signature, usage.content_commitment) == (False, False)
    assert certificate.subject == old.subject
    assert certificate.extensions.get_extension_for_oid(
        USCC_ID
    ) == old.extensions.get_extension_for_oid(USCC_ID)


def test_both_certificates_of_a_renewal_end_at_once(renewing):
    encryption = renewing.released().fetch().certificate
    signing = enrolled_certificate(renewing.renewal.enrol())
    assert encryption.not_valid_after_utc == signing.not_valid_after_utc


def test_the_package_is_signed_by_the_key_centre_of_the_same_root(quick_desk, renewing, tmp_path):
    answer = renewing.released().fetch()
    centre = key_centre_of(answer.envelope, renewing.recipient, tmp_path)
    usage = centre.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [KEY_GENERATION_AUTHORITY]
    root = x509.load_pem_x509_certificate(quick_desk.home.trust_anchor.read_bytes())
    centre.verify_directly_issued_by(root)


def test_asking_again_gives_the_same_key_until_installation_is_confirmed(renewing):
    first = renewing.released().fetch()
    assert renewing.fetch() == first
    enrolled_certificate(renewing.renewal.enrol())
    renewing.renewal.call("POST", "/installed").raise_for_status()
    assert renewing.renewal.generate_key(renewing.request()).status_code == 403


def test_after_installation_the_authority_has_forgotten_the_key(quick_desk, renewing):
    renewing.released().fetch()
    enrolled_certificate(renewing.renewal.enrol())
    assert _envelopes(quick_desk, renewing) == 1
    renewing.renewal.call("POST", "/installed").raise_for_status()
    assert _envelopes(quick_desk, renewing) == 0


def test_the_private_key_is_never_kept_in_clear(quick_desk, renewing, tmp_path):
    answer = renewing.released().fetch()
    anchor = quick_desk.home.trust_anchor
    key = openssl_opens(answer.envelope, renewing.recipient, anchor, tmp_path)
    prime = key.private_numbers().p.to_bytes(128)
    for file in quick_desk.home.folder.rglob("*"):
        assert not file.is_file() or prime not in file.read_bytes()


def test_until_it_is_released_the_answer_is_202_with_retry_after(reviewing_desk, renewal_at):
    renewing = KeyRenewal(renewal_at(reviewing_desk), new_rsa_key())
    renewing.submit()
    pending = renewing.renewal.generate_key(renewing.request())
    assert (pending.status_code, pending.headers["Retry-After"]) == (202, "5")


def test_the_current_encryption_certificates_key_may_be_the_recipient(
    quick_desk, renewing, transport_key, tmp_path
):
    key = new_rsa_key()
    uscc = renewing.renewal.holder.organisation.uscc
    certify(quick_desk.home, key, uscc=uscc, use=CertificateUse.ENCRYPTION)
    answer = KeyRenewal(renewing.renewal, key).released().fetch()
    opened = openssl_opens(answer.envelope, key, quick_desk.home.trust_anchor, tmp_path)
    assert opened.public_key() == answer.certificate.public_key()


def test_asking_again_gives_the_same_key_also_where_the_recipients_certificate_was_replaced_by_it(
    quick_desk, renewing
):
    key = new_rsa_key()
    uscc = renewing.renewal.holder.organisation.uscc
    certify(quick_desk.home, key, uscc=uscc, use=CertificateUse.ENCRYPTION)
    by_current = KeyRenewal(renewing.renewal, key)
    assert by_current.released().fetch() == by_current.fetch()


def test_the_new_encryption_certificate_is_the_current_one_once_installed(quick_desk, renewing):
    uscc = renewing.renewal.holder.organisation.uscc
    old = certify(quick_desk.home, new_rsa_key(), uscc=uscc, use=CertificateUse.ENCRYPTION)
    new = renewing.released().fetch().certificate
    enrolled_certificate(renewing.renewal.enrol())
    renewing.renewal.call("POST", "/installed").raise_for_status()
    with Store(quick_desk.home.database).transaction() as transaction:
        current = transaction.newest_encryption_certificate(uscc)
        replaced = transaction.certificate(old.sha256)
    assert current is not None
    assert current.der == new.public_bytes(Encoding.DER)
    assert replaced is not None
    assert replaced.revoked_at is not None


def test_a_withdrawn_encryption_certificate_is_revoked_and_its_key_forgotten(quick_desk, renewing):
    uscc = renewing.renewal.holder.organisation.uscc
    renewing.released().fetch()
    renewing.renewal.call("DELETE").raise_for_status()
    with Store(quick_desk.home.database).transaction() as transaction:
        assert transaction.newest_encryption_certificate(uscc) is None
    assert _envelopes(quick_desk, renewing) == 0


def test_installation_is_confirmed_only_when_both_certificates_were_fetched(renewing):
    enrolled_certificate(renewing.released().renewal.enrol())
    refused = renewing.renewal.call("POST", "/installed")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    renewing.fetch()
    assert renewing.renewal.call("POST", "/installed").json()["state"] == "installed"


def test_the_request_says_which_key_transport_is_used(made_once, tmp_path, renewal_at):
    folder = shutil.copytree(made_once.folder, tmp_path / "home")
    policy = tmp_path / "policy.toml"
    policy.write_text('[policy]\nkey_transport = ["rsaes-pkcs1-v1_5", "rsaes-oaep"]\n')
    options = ("--approve-after", "0", "--policy", str(policy))
    with running_desk(folder, *options) as desk:
        renewing = KeyRenewal(renewal_at(desk), new_rsa_key()).released()
        answer = renewing.fetch(TRANSPORT_IDS["rsaes-oaep"])
        anchor = desk.home.trust_anchor
        opened = openssl_opens(answer.envelope, renewing.recipient, anchor, tmp_path)
    assert b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07" in answer.envelope  # id-RSAES-OAEP
    assert opened.public_key() == answer.certificate.public_key()


def test_a_recipient_swapped_on_the_way_breaks_the_signature(renewing):
    body = renewing.renewal.signed(encryption_recipient=spki(renewing.recipient.public_key()))
    ours = base64.b64encode(spki(renewing.recipient.public_key()))
    theirs = base64.b64encode(spki(new_rsa_key().public_key()))
    assert ours in body
    answer = renewing.renewal.apply(body.replace(ours, theirs))
    assert (answer.status_code, answer.json()["code"]) == (403, "bad_signature")


def _envelopes(desk, renewing: KeyRenewal) -> int:
    with sqlite3.connect(desk.home.database) as connection:
        [[count]] = connection.execute(
            "SELECT count(*) FROM key_envelopes WHERE application = ?",
            (renewing.renewal.application,),
        )
    connection.close()
    return count


def test_a_key_that_was_never_confirmed_expires_with_its_application(home, rsa_keys):
    office = Office(home, rsa_keys, lifetime=dt.timedelta(days=1))
    recipient = new_rsa_key()
    client = office.certified()
    signed = client.signed(encryption_recipient=spki(recipient.public_key()))
    office.applications.apply(client.application, client.secret, signed)
    office.bring_scans(client)
    office.review.approve(client.application)
    office.verify(client, office.send(client))
    request = make_key_request(
        client.holder.certificate.subject, client.new_key, key_identifier(recipient.public_key())
    )
    assert office.key_centre.generate(client.application, client.secret, request) is not None
    office.clock.advance(days=2)
    assert office.state(client) == "expired"
    with office.store.transaction() as transaction:
        assert transaction.envelope(client.application) is None
        assert transaction.newest_encryption_certificate(client.holder.organisation.uscc) is None
