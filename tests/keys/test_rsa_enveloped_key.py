"""An RSA pair on its way into a container: made, opened by its recipient alone, refused where it is none."""

from __future__ import annotations

import pytest
from certificate_maker import ec_key, rsa_key
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from hypothesis import given
from hypothesis import strategies as st

from agent.keys.der import elements, read_element
from agent.keys.der_writing import NULL, object_identifier, octet_string, sequence
from agent.keys.public_key import PublicKey
from agent.keys.rsa_enveloped_key import MAX_ENCRYPTED_BYTES, RsaEnvelopedKey
from agent.keys.sm2_enveloped_key import EnvelopedKeyError


def public(key) -> PublicKey:
    return PublicKey.from_cryptography(key.public_key())


@pytest.fixture(scope="module")
def enveloped() -> RsaEnvelopedKey:
    private = rsa_key("new").private_bytes(
        Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    return RsaEnvelopedKey.made(private, public(rsa_key("new")), public(rsa_key("recipient")))


def test_its_recipient_opens_it(enveloped):
    read = RsaEnvelopedKey.read(enveloped.der)
    assert read == enveloped
    sm4 = rsa_key("recipient").decrypt(read.sealed_key, PKCS1v15())
    decryptor = Cipher(algorithms.SM4(sm4), modes.ECB()).decryptor()
    opened = read_element(decryptor.update(read.encrypted) + decryptor.finalize()).encoded
    assert public(load_der_private_key(opened, None)) == read.public


def test_what_is_none_is_refused(enveloped):
    parts = [part.encoded for part in elements(read_element(enveloped.der).content)]
    for number, part in (
        (0, sequence(object_identifier("1.2.156.10197.1.104.2"))),
        (0, NULL),
        (1, octet_string(b"")),
        (2, public(ec_key("curve")).der),
        (2, NULL),
        (3, octet_string(b"")),
        (3, octet_string(bytes(15))),
        (3, octet_string(bytes(MAX_ENCRYPTED_BYTES + 16))),
    ):
        damaged = [*parts]
        damaged[number] = part
        with pytest.raises(EnvelopedKeyError):
            RsaEnvelopedKey.read(sequence(*damaged))
    for damaged in (b"", enveloped.der[:-1], enveloped.der + b"\0", sequence(*parts[:3])):
        with pytest.raises(EnvelopedKeyError):
            RsaEnvelopedKey.read(damaged)


@given(st.binary(max_size=300))
def test_noise(noise):
    with pytest.raises(EnvelopedKeyError):
        RsaEnvelopedKey.read(noise)
