"""PKCS#10: what is made is taken by openssl, what openssl makes is read, and each is proved."""

from __future__ import annotations

import contextlib

import pytest
from certificate_maker import ec_key, openssl, rsa_key
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from sm2_key import DISTID

from agent.keys.public_key import PublicKey, UnreadableKeyError
from agent.keys.requests import RequestDraft, RequestUnreadableError, read_request
from agent.keys.schemes import UnknownSchemeError

SUBJECT = x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "样例有限公司")])
CHALLENGE = "1.2.840.113549.1.9.7"


def draft(key: PublicKey) -> RequestDraft:
    return RequestDraft(
        subject=SUBJECT.public_bytes(), key=key, attributes={CHALLENGE: b"\x0c\x03abc"}
    )


def made(kind: str, sm2_key) -> bytes:
    if kind == "sm2":
        whole = draft(sm2_key.public)
        return whole.signed(sm2_key.sign(whole.to_be_signed))
    if kind == "rsa":
        key = rsa_key("request")
        whole = draft(PublicKey.from_cryptography(key.public_key()))
        signature = key.sign(whole.to_be_signed, padding.PKCS1v15(), hashes.SHA256())
        return whole.signed(signature)
    key = ec_key("request")
    whole = draft(PublicKey.from_cryptography(key.public_key()))
    return whole.signed(key.sign(whole.to_be_signed, ec.ECDSA(hashes.SHA256())))


@pytest.fixture(params=["rsa", "ec", "sm2"])
def request_der(request, sm2_key) -> bytes:
    return made(request.param, sm2_key)


def test_what_is_made_is_read_and_proved(request_der):
    read = read_request(request_der)
    assert read.is_signed()
    assert read.subject == SUBJECT.public_bytes()
    assert read.attributes == {CHALLENGE: (b"\x0c\x03abc",)}


@pytest.mark.parametrize("kind", ["rsa", "ec", "sm2"])
def test_openssl_takes_what_is_made(kind, sm2_key):
    options = ["-vfyopt", DISTID] if kind == "sm2" else []
    command = ["req", "-inform", "DER", "-verify", "-noout", *options]
    openssl(*command, stdin=made(kind, sm2_key))


@pytest.mark.parametrize("kind", ["rsa", "ec", "sm2"])
def test_what_openssl_makes_is_read_and_proved(kind, sm2_key, tmp_path):
    key = sm2_key.pkcs8
    if kind != "sm2":
        private = (rsa_key if kind == "rsa" else ec_key)("request")
        key = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.der").write_bytes(key)
    options = ["-sm3", "-sigopt", DISTID] if kind == "sm2" else ["-sha384"]
    command = "req -new -key key.der -keyform DER -outform DER -subj /O=x"
    der = openssl(*command.split(), *options, folder=tmp_path)
    assert read_request(der).is_signed()
    assert not read_request(der.replace(b"\x0c\x01x", b"\x0c\x01y")).is_signed()


def test_an_sm2_request_signed_with_an_empty_identity_proves_nothing(sm2_key, tmp_path):
    """What openssl makes unless it is told, and no authority takes."""
    (tmp_path / "key.der").write_bytes(sm2_key.pkcs8)
    command = "req -new -key key.der -keyform DER -sm3 -outform DER -subj /O=x"
    der = openssl(*command.split(), folder=tmp_path)
    assert read_request(der).key() == sm2_key.public
    assert not read_request(der).is_signed()


def test_a_signature_by_another_key_proves_nothing():
    other = draft(PublicKey.from_cryptography(ec_key("other").public_key()))
    forged = other.signed(ec_key("forger").sign(other.to_be_signed, ec.ECDSA(hashes.SHA256())))
    assert not read_request(forged).is_signed()


def test_what_is_not_a_request_alone_is_refused(request_der):
    for damaged in (request_der + b"\0", request_der[:-1], request_der[1:], b""):
        with pytest.raises(RequestUnreadableError):
            read_request(damaged)


@pytest.fixture(scope="module")
def ec_request(sm2_key) -> bytes:
    return made("ec", sm2_key)


@given(st.data())
def test_a_changed_byte_is_refused_or_proves_nothing(ec_request, data):
    der = bytearray(ec_request)
    position = data.draw(st.integers(0, len(der) - 1))
    der[position] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(RequestUnreadableError, UnreadableKeyError, UnknownSchemeError):
        assert not read_request(bytes(der)).is_signed()
