"""What is opened for a page, and what never is: keys of authorities, in whatever form they are."""

from __future__ import annotations

import os

import pytest
from certificate_maker import ENCRYPTION, ec_key, make_certificate, make_der, openssl, rsa_key
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from envelope_maker import certificate_of, der, openssl_envelope, sandbox_envelope

from agent.keys.enveloped_data import enveloped
from agent.signing.decrypting import EnvelopeUnreadableError, content_of, identity_of, read_sealed
from agent.signing.sealing import RecipientUnfitError, seal

LIMIT = 1 << 20
OWN = make_certificate(key=rsa_key("own"), usage=ENCRYPTION)
CONTENT = "招标文件".encode() * 1000


def key_of(envelope) -> bytes:
    """Have the key of a message opened as the token does."""
    [recipient] = envelope.recipients_for(identity_of(OWN))
    return rsa_key("own").decrypt(recipient.encrypted_key, PKCS1v15())


def opened(message: bytes) -> bytes | None:
    envelope = read_sealed(message, LIMIT)
    return content_of(envelope, key_of(envelope))


def test_what_was_sealed_here_or_by_openssl_is_opened(tmp_path):
    assert opened(seal(CONTENT, [OWN.der])) == CONTENT
    (tmp_path / "own.pem").write_bytes(openssl("x509", "-inform", "DER", stdin=OWN.der))
    for cipher in ("-aes128", "-aes192", "-aes256"):
        command = f"cms -encrypt -binary -outform DER {cipher} own.pem"
        assert opened(openssl(*command.split(), stdin=CONTENT, folder=tmp_path)) == CONTENT


def test_another_key_or_a_changed_byte_opens_nothing():
    envelope = read_sealed(seal(CONTENT, [OWN.der]), LIMIT)
    found = [content_of(envelope, os.urandom(32)) for _ in range(20)]
    assert CONTENT not in found
    assert None in found, "but for one in 256, whose padding looks right"


PKCS8, PKCS1 = PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL


@pytest.mark.parametrize(
    ("key", "encoding", "form"),
    [
        (rsa_key("secret"), Encoding.DER, PKCS8),
        (rsa_key("secret"), Encoding.DER, PKCS1),
        (rsa_key("secret"), Encoding.PEM, PKCS8),
        (rsa_key("secret"), Encoding.PEM, PKCS1),
        (ec_key("secret"), Encoding.DER, PKCS8),
        (ec_key("secret"), Encoding.PEM, PKCS1),
    ],
)
def test_a_private_key_is_handed_to_no_page(key, encoding, form):
    secret = key.private_bytes(encoding, form, NoEncryption())
    assert opened(enveloped(secret, [OWN.der])) is None
    assert opened(enveloped(secret + b" " * 100_000, [OWN.der])) is None
    if form is PKCS8:
        assert opened(enveloped(b"around it" + secret, [OWN.der])) is None


def test_certificates_and_public_keys_are_no_secret():
    assert opened(enveloped(OWN.der, [OWN.der])) == OWN.der
    assert opened(enveloped(OWN.public_key, [OWN.der])) == OWN.public_key


def test_the_envelope_of_a_renewal_is_handed_to_no_page(tmp_path):
    """What an authority sends to the same key, by the sandbox and by openssl."""
    own = rsa_key("own")
    for envelope in (
        sandbox_envelope(own.public_key()),
        openssl_envelope(tmp_path, certificate_of(own)),
    ):
        try:
            assert opened(envelope) is None
        except EnvelopeUnreadableError:
            continue  # it says itself that it is no data
    with pytest.raises(EnvelopeUnreadableError):
        read_sealed(sandbox_envelope(own.public_key(), is_bare=True), LIMIT)


@pytest.mark.parametrize("message", [b"", b"text", b"\x30\x80", make_der()])
def test_what_is_no_message_is_said_before_anybody_is_asked(message):
    with pytest.raises(EnvelopeUnreadableError):
        read_sealed(message, LIMIT)
    with pytest.raises(EnvelopeUnreadableError):
        read_sealed(seal(CONTENT, [OWN.der]), len(CONTENT))


def test_it_is_encrypted_for_who_is_named_and_nobody_else():
    other = make_certificate(key=rsa_key("other"), usage=ENCRYPTION)
    both = read_sealed(seal(CONTENT, [OWN.der, der(certificate_of(rsa_key("third")))]), LIMIT)
    assert both.recipients_for(identity_of(OWN))
    assert not both.recipients_for(identity_of(other))


def test_nothing_is_sealed_for_a_certificate_that_signs_or_a_curve():
    for unfit in (make_der(key=rsa_key("own")), make_der(key=ec_key("x"), usage=ENCRYPTION), b"x"):
        with pytest.raises(RecipientUnfitError):
            seal(CONTENT, [OWN.der, unfit])
