"""PKIMessages: what OpenSSL makes is read, what is made here is read again, what is broken is refused."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import subprocess

import pytest
from certificate_maker import ec_key
from cmp_desk import CA, NOW, READERS, SECRET, der, header, issued, request, sent
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.keys.der_writing import integer, object_identifier, sequence
from agent.renewals.authorities.cmp import bodies
from agent.renewals.authorities.cmp.bodies import (
    CertificateAnswer,
    Confirmation,
    Later,
    Status,
    StatusInfo,
)
from agent.renewals.authorities.cmp.messages import (
    BodyKind,
    CmpMessageError,
    Message,
    protected_part,
    read_message,
    written,
)
from agent.renewals.authorities.cmp.password_mac import (
    MAX_ITERATIONS,
    PasswordMac,
    read_password_mac,
)
from agent.renewals.authorities.cmp.protection import SharedSecret, is_signed_for

ID = integer(0)
ECDSA = sequence(object_identifier("1.2.840.10045.4.3.2"))


def purpose(oid: str) -> dict[str, bytes]:
    return {"2.5.29.37": x509.ExtendedKeyUsage([x509.ObjectIdentifier(oid)]).public_bytes()}


PURPOSE_RA, PURPOSE_MAIL = purpose("1.3.6.1.5.5.7.3.28"), purpose("1.3.6.1.5.5.7.3.4")
BODIES = [
    (BodyKind.CP, CertificateAnswer(request_id=ID, info=StatusInfo(status=Status.WAITING)).der),
    (BodyKind.POLL_REP, Later(ID, 7).der),
    (BodyKind.ERROR, bodies.error_content(StatusInfo(text="no"))),
    (BodyKind.CERT_CONF, Confirmation(certificate_hash=b"h" * 32, request_id=ID).der),
    (BodyKind.POLL_REQ, bodies.poll_request(ID)),
    (BodyKind.PKICONF, bodies.PKICONF),
    (BodyKind.P10CR, request()),
]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory):
    """What OpenSSL's client and its server say to each other, in one process: the asked, the answered."""
    folder = tmp_path_factory.mktemp("openssl")
    (folder / "csr.der").write_bytes(request())
    (folder / "new.pem").write_bytes(issued().public_bytes(Encoding.PEM))
    (folder / "secret").write_bytes(SECRET.secret)
    command = (
        "openssl cmp -cmd p10cr -csr csr.der -recipient /CN=x -certout got.pem -use_mock_srv "
        "-ref reference_7 -secret file:secret -srv_ref server -srv_secret file:secret "
        "-rsp_cert new.pem -poll_count 1 -reqout p10cr,poll,conf -rspout waiting,issued,pkiconf "
        "-mac hmacWithSHA256 -config"
    )
    done = subprocess.run(
        [*command.split(), ""], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert (folder / "got.pem").exists(), done.stderr + done.stdout
    names = (("p10cr", "poll", "conf"), ("waiting", "issued", "pkiconf"))
    return [[read_message((folder / name).read_bytes()) for name in side] for side in names]


def test_what_openssl_asks_is_read(exchange):
    p10cr, poll, confirmed = exchange[0]
    assert (p10cr.kind, p10cr.body) == (BodyKind.P10CR, request_in(exchange))
    assert p10cr.header.key_id == b"reference_7"
    assert bodies.read_poll_request(poll.body) == bodies.NO_REQUEST_ID
    told = bodies.read_confirmation(confirmed.body)
    assert told.certificate_hash == bodies.certificate_hash(der(issued_in(exchange)))
    assert told.refusal is None


def test_what_openssl_answers_is_read(exchange):
    waiting, answer, confirmed = exchange[1]
    assert bodies.read_certificate_answer(waiting.body).info.status is Status.WAITING
    found = bodies.read_certificate_answer(answer.body)
    assert x509.load_der_x509_certificate(found.certificate) == issued_in(exchange)
    assert confirmed.kind is BodyKind.PKICONF


def test_openssl_is_proved_by_its_secret_and_by_no_other(exchange):
    for message in (*exchange[0], *exchange[1]):
        assert SECRET.has_protected(message)
        assert not SharedSecret(SECRET.reference, b"another").has_protected(message)


def test_answers_name_what_they_answer(exchange):
    for asked, answered in zip(*exchange, strict=True):
        assert answered.header.answers == asked.header.nonce
        assert answered.header.transaction == asked.header.transaction


@pytest.mark.parametrize(("kind", "body"), BODIES, ids=lambda value: getattr(value, "name", ""))
def test_what_is_written_is_read_again(kind, body):
    message = read_message(sent(kind, body, answers=b"a" * 16))
    assert (message.kind, message.body) == (kind, body)
    assert message.header.transaction == b"t" * 16
    assert (message.header.nonce, message.header.answers) == (b"n" * 16, b"a" * 16)
    assert SECRET.has_protected(message)


@pytest.mark.parametrize(
    "info",
    [
        StatusInfo(status=Status.ACCEPTED),
        StatusInfo(text="不行", failures=frozenset({"badPOP", "systemFailure"})),
        *(StatusInfo(failures=frozenset({failure})) for failure in bodies.FAILURES),
    ],
)
def test_a_status_is_read_as_it_was_written(info):
    assert bodies.read_error(bodies.error_content(info)) == info


def test_a_servers_words_do_nothing_to_a_screen_and_have_an_end():
    told = bodies.read_error(bodies.error_content(StatusInfo(text="\x1b[2J\n" + "x" * 1000)))
    assert told.text.isprintable()
    assert len(told.text) == bodies.MAX_TEXT


@given(st.binary(max_size=200), st.integers(0, 2000))
@settings(max_examples=100, deadline=None)
def test_whatever_is_broken_is_refused_as_such(junk, place):
    """Every reader says the one error, wherever something else stands than was sent."""
    whole = sent(BodyKind.CP, CertificateAnswer(request_id=ID, info=StatusInfo()).der)
    place %= len(whole)
    for broken in (junk, whole[:place], whole[:place] + junk + whole[place + len(junk) :]):
        try:
            message = read_message(broken)
        except CmpMessageError:
            continue
        SECRET.has_protected(message)
        for read in READERS:
            with contextlib.suppress(CmpMessageError):
                read(message.body)


def test_a_changed_byte_of_header_or_body_breaks_the_mac():
    whole = sent(BodyKind.POLL_REQ, bodies.poll_request(ID))
    read = read_message(whole)
    for place in range(4, len(whole) - len(read.protection) - 10, 9):
        changed = bytearray(whole)
        changed[place] ^= 1
        with contextlib.suppress(CmpMessageError):
            assert not SECRET.has_protected(read_message(bytes(changed)))


@pytest.mark.parametrize(
    "mac",
    [
        PasswordMac(b"salt", iterations=MAX_ITERATIONS + 1),
        PasswordMac(b"salt", iterations=0),
        PasswordMac(b"s" * 1000),
        PasswordMac(b"salt", digest="1.2.840.113549.2.5"),
    ],
)
def test_a_mac_beyond_all_bounds_is_not_worked_at(mac):
    with pytest.raises(ValueError, match="a MAC"):
        read_password_mac(mac.der)
    part = protected_part(header(algorithm=mac.der), BodyKind.PKICONF, bodies.PKICONF)
    assert not SECRET.has_protected(read_message(written(part, b"m" * 32)))


def test_a_message_without_protection_is_by_nobody():
    part = protected_part(header(), BodyKind.PKICONF, bodies.PKICONF)
    message = read_message(written(part, b""))
    assert not SECRET.has_protected(message)
    assert not is_signed_for(message, [CA], NOW)


def _signed(signer: str, *certificates, algorithm: bytes = ECDSA) -> Message:
    part = protected_part(header(algorithm=algorithm), BodyKind.PKICONF, bodies.PKICONF)
    signature = ec_key(signer).sign(part, ec.ECDSA(hashes.SHA256()))
    return read_message(written(part, signature, tuple(der(one) for one in certificates)))


def test_the_authority_signs_for_itself():
    assert is_signed_for(_signed("cmp-ca"), [CA], NOW)
    assert not is_signed_for(_signed("cmp-ca"), [issued("other")], NOW)


@pytest.mark.parametrize(
    ("facts", "is_taken"),
    [
        ({"extensions": PURPOSE_RA}, True),
        ({}, False),
        ({"extensions": PURPOSE_MAIL}, False),
        ({"extensions": PURPOSE_RA, "not_after": NOW - dt.timedelta(hours=1)}, False),
        ({"extensions": PURPOSE_RA, "issuer_key": ec_key("stranger")}, False),
    ],
    ids=["registration authority", "any holder", "other purpose", "expired", "stranger's"],
)
def test_who_has_a_certificate_speaks_for_the_authority_only_where_it_says_so(facts, is_taken):
    """RFC 9483, 1.3: else each organisation could answer another one's request."""
    speaker = issued("speaker", **facts)
    assert is_signed_for(_signed("speaker", speaker), [CA], NOW) is is_taken


def test_a_signature_of_an_unknown_kind_proves_nothing():
    other = sequence(object_identifier("1.2.3.4"))
    assert not is_signed_for(_signed("cmp-ca", algorithm=other), [CA], NOW)


def test_a_certificate_is_confirmed_by_the_digest_it_is_signed_over():
    certificate = der(issued())
    assert bodies.certificate_hash(certificate) == hashlib.sha256(certificate).digest()


def issued_in(exchange) -> x509.Certificate:
    found = bodies.read_certificate_answer(exchange[1][1].body)
    return x509.load_der_x509_certificate(found.certificate)


def request_in(exchange) -> bytes:
    """The PKCS#10 request OpenSSL sent: ours, byte for byte."""
    der_request = exchange[0][0].body
    assert x509.load_der_x509_csr(der_request).public_key() == ec_key("new").public_key()
    return der_request
