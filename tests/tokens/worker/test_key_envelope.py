"""Enveloped keys are read whoever made them; hostile bytes end in one error that shows none of them."""

from __future__ import annotations

import contextlib

import pytest
from certificate_maker import openssl, rsa_key
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from envelope_maker import (
    NEW,
    OTHER,
    PADDINGS,
    certificate_of,
    oaep,
    openssl_encrypted,
    openssl_envelope,
    sandbox_envelope,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.ground.language import Language
from agent.keys.public_key import PublicKey
from agent.tokens.errors import KeyEnvelopeInvalidError
from agent.tokens.worker.envelope import KeyIdentity, private_key_in, read_envelope
from agent.tokens.worker.oaep import Oaep, OaepError

RECIPIENT = rsa_key("recipient")
ENVELOPE = sandbox_envelope(RECIPIENT.public_key())
NOBODY = KeyIdentity(frozenset(), frozenset())


def content_of(envelope: bytes, key: rsa.RSAPrivateKey = RECIPIENT) -> bytearray:
    """Open an envelope as its recipient."""
    read = read_envelope(envelope)
    [recipient] = read.recipients_for(NOBODY)
    schemes = {
        None: PADDINGS["rsaes-pkcs1-v1_5"],
        Oaep(): PADDINGS["rsaes-oaep"],
        Oaep("sha1", "sha1"): PADDINGS["oaep with sha-1"],
    }
    content_key = key.decrypt(recipient.encrypted_key, schemes[recipient.oaep])
    assert len(content_key) == read.key_bytes
    return read.opened(bytearray(content_key))


def is_new(key: rsa.RSAPrivateKey) -> bool:
    return key.private_numbers() == NEW.private_numbers()


CONTENT = bytes(content_of(ENVELOPE))
CONTENT_KEY = RECIPIENT.decrypt(
    read_envelope(ENVELOPE).recipients[0].encrypted_key, PADDINGS["rsaes-pkcs1-v1_5"]
)


@pytest.mark.parametrize("transport", ["rsaes-pkcs1-v1_5", "rsaes-oaep"])
def test_the_sandboxs_envelope_is_read(transport):
    envelope = sandbox_envelope(RECIPIENT.public_key(), transport=transport)
    [recipient] = read_envelope(envelope).recipients
    assert recipient.name == PublicKey.from_cryptography(RECIPIENT.public_key()).identifier
    assert is_new(private_key_in(content_of(envelope)))


OAEP_SHA256 = ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256")


@pytest.mark.parametrize("cipher", ["-aes128", "-aes192", "-aes256"])
@pytest.mark.parametrize("options", [(), OAEP_SHA256[:1], OAEP_SHA256])
def test_openssls_envelope_is_read(tmp_path, cipher, options):
    keyopts = tuple(part for option in options for part in ("-keyopt", option))
    certificate = certificate_of(RECIPIENT)
    envelope = openssl_envelope(tmp_path, certificate, cipher=cipher, options=keyopts)
    [recipient] = read_envelope(envelope).recipients
    assert recipient.name == (certificate.issuer.public_bytes(), certificate.serial_number)
    assert is_new(private_key_in(content_of(envelope)))


@pytest.mark.parametrize("inner", ["bare", "streamed"])
def test_openssls_other_forms_are_read(tmp_path, inner):
    openssl_envelope(tmp_path, certificate_of(RECIPIENT))
    if inner == "bare":
        # RFC 5652, 6.3: without a ContentInfo. Its header is 19 bytes: two lengths and the type.
        signed = (tmp_path / "signed.der").read_bytes()
        (tmp_path / "signed.der").write_bytes(signed[19:])
        envelope = openssl_encrypted(tmp_path, "signed.der", certificate_of(RECIPIENT))
    else:
        envelope = openssl_encrypted(
            tmp_path, "signed.der", certificate_of(RECIPIENT), options=("-stream",)
        )
        assert envelope[1] == 0x80, "not of indefinite length"
    assert is_new(private_key_in(content_of(envelope)))


def test_the_one_that_names_the_key_is_taken_of_several(tmp_path):
    ours, other = certificate_of(RECIPIENT), certificate_of(OTHER)
    read = read_envelope(openssl_envelope(tmp_path, other, ours))
    identity = KeyIdentity(
        frozenset(), frozenset({(ours.issuer.public_bytes(), ours.serial_number)})
    )
    assert [r.name[1] for r in read.recipients_for(identity)] == [ours.serial_number]
    assert read.recipients_for(NOBODY) == ()


def refused(envelope: bytes) -> str:
    with pytest.raises(KeyEnvelopeInvalidError) as caught:
        private_key_in(content_of(envelope))
    return caught.value.text(Language.EN)


def test_another_cipher_is_refused_by_name(tmp_path):
    certificate = certificate_of(RECIPIENT)
    assert "AES-CBC" in refused(openssl_envelope(tmp_path, certificate, cipher="-des3"))


def test_what_is_not_for_an_rsa_key_is_refused(tmp_path):
    (tmp_path / "text").write_bytes(b"text")
    key = ec.generate_private_key(ec.SECP256R1())
    (tmp_path / "ec.pem").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    openssl("req", "-x509", "-new", "-key", "ec.pem", "-subj", "/CN=x", "-out", "ec.crt",
            folder=tmp_path)  # fmt: skip
    envelope = openssl(
        "cms", "-encrypt", "-aes256", "-in", "text", "-outform", "DER", "-recip", "ec.crt",
        folder=tmp_path,
    )  # fmt: skip
    assert "RSA key" in refused(envelope)


@pytest.mark.parametrize("content", [b"", b"0\0", b"x" * 300, b"\x30\x80" * 2000, b"\x31" * 15])
def test_content_that_is_no_signed_key_is_refused(tmp_path, content):
    (tmp_path / "content").write_bytes(content or b"\0")
    envelope = openssl_encrypted(tmp_path, "content", certificate_of(RECIPIENT))
    assert "damaged" in refused(envelope)


def test_a_megabyte_is_not_even_looked_at():
    assert "damaged" in refused(ENVELOPE + bytes(1 << 20))


@st.composite
def damaged(draw, sound: bytes) -> bytes:
    """Cut ``sound`` off somewhere, or flip a few of its bits."""
    if draw(st.booleans()):
        return sound[: draw(st.integers(0, len(sound) - 1))]
    flipped = bytearray(sound)
    for place in draw(st.lists(st.integers(0, 8 * len(sound) - 1), min_size=1, max_size=4)):
        flipped[place // 8] ^= 1 << place % 8
    return bytes(flipped)


@settings(max_examples=600, deadline=None)
@given(damaged(ENVELOPE))
def test_a_damaged_envelope_is_one_error_or_still_the_key(envelope):
    with contextlib.suppress(KeyEnvelopeInvalidError):
        read = read_envelope(envelope)
        # As if the token had decrypted the content key in spite of all.
        content_key = CONTENT_KEY.ljust(read.key_bytes, b"\0")[: read.key_bytes]
        assert is_new(private_key_in(read.opened(bytearray(content_key))))


@settings(max_examples=600, deadline=None)
@given(damaged(CONTENT))
def test_damaged_content_is_one_error_or_still_the_key(content):
    with contextlib.suppress(KeyEnvelopeInvalidError):
        assert is_new(private_key_in(bytearray(content)))


def test_every_byte_of_the_key_counts():
    """The key's own bytes damaged one by one: none makes another key, and no error tells of it."""
    exponent = NEW.private_numbers().d
    length = (exponent.bit_length() + 7) // 8  # one key in 256 has a shorter one
    start = CONTENT.index(exponent.to_bytes(length, "big"))
    for place in range(start, start + length, 17):
        content = bytearray(CONTENT)
        content[place] ^= 1
        with pytest.raises(KeyEnvelopeInvalidError) as caught:
            private_key_in(content)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        assert caught.value.report().details.keys() == {"reason"}


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_are_one_error(noise):
    for read in (read_envelope, lambda bytes_: private_key_in(bytearray(bytes_))):
        with pytest.raises(KeyEnvelopeInvalidError):
            read(noise)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=60), st.sampled_from([SHA1, SHA256]), st.binary(max_size=20))
def test_oaep_is_decoded_as_it_was_encoded(message, algorithm, label):
    name = algorithm().name
    padding = oaep(algorithm())
    padding._label = label or None
    block = bare_rsa(RECIPIENT.public_key().encrypt(message, padding))
    assert Oaep(name, name, label).decoded(block, 256) == message
    # A library may leave out zeros at the front: the block always begins with one.
    assert Oaep(name, name, label).decoded(block.lstrip(b"\0"), 256) == message


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2047))
def test_a_damaged_oaep_block_is_refused(place):
    block = bytearray(bare_rsa(RECIPIENT.public_key().encrypt(b"text", oaep(SHA256()))))
    block[place // 8] ^= 1 << place % 8
    with pytest.raises(OaepError):
        Oaep().decoded(bytes(block), 256)


@pytest.mark.parametrize("block", [b"", b"\0", b"\1" * 257, bytes(256)])
def test_what_is_no_oaep_block_is_refused(block):
    with pytest.raises(OaepError):
        Oaep().decoded(block, 256)
    with pytest.raises(OaepError):
        Oaep("sha512", "sha512").decoded(block, 64)


def bare_rsa(encrypted: bytes) -> bytes:
    numbers = RECIPIENT.private_numbers()
    plain = pow(int.from_bytes(encrypted, "big"), numbers.d, numbers.public_numbers.n)
    return plain.to_bytes(256, "big")
