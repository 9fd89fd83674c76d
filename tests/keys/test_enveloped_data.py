"""EnvelopedData that OpenSSL opens, for each recipient with its own key."""

from __future__ import annotations

import pytest
from certificate_maker import ENCRYPTION, ec_key, make_der, openssl, rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent.keys.enveloped_data import enveloped
from agent.keys.public_key import NotSealableError, UnreadableKeyError


def certificate(name: str) -> bytes:
    return make_der(key=rsa_key(name), usage=ENCRYPTION)


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 1_000_003])
def test_openssl_opens_it_with_the_key_of_each_recipient(tmp_path, size):
    content = bytes(range(251)) * (size // 251 + 1)
    certificates = {name: certificate(name) for name in ("one", "two")}
    (tmp_path / "message").write_bytes(enveloped(content[:size], list(certificates.values())))
    for name, der in certificates.items():
        key = rsa_key(name).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / "key.pem").write_bytes(key)
        (tmp_path / "own.pem").write_bytes(openssl("x509", "-inform", "DER", stdin=der))
        command = "cms -decrypt -binary -inform DER -in message -inkey key.pem -recip own.pem"
        assert openssl(*command.split(), folder=tmp_path) == content[:size]


def test_the_same_content_is_never_the_same_message():
    der = certificate("one")
    assert enveloped(b"content", [der]) != enveloped(b"content", [der])


def test_what_nobody_could_open_is_not_made():
    with pytest.raises(NotSealableError):
        enveloped(b"content", [])
    with pytest.raises(NotSealableError):
        enveloped(b"content", [certificate("one"), make_der(key=ec_key("curve"))])
    with pytest.raises((UnreadableKeyError, ValueError)):
        enveloped(b"content", [b"no certificate"])
