"""The outer forms of an SM2 encryption key: one structure comes out of each, and nothing out of others."""

from __future__ import annotations

import base64
import struct

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from gmssl_pyx import sm2_decrypt
from hypothesis import given, settings
from hypothesis import strategies as st
from key_forms import csr_response, key_blob, signed_and_enveloped
from sm2_key import Sm2Key, opened

from agent.keys.der_writing import NULL, integer, object_identifier, octet_string, sequence, tagged
from agent.keys.enveloped_key_forms import UnknownFormError, read_enveloped_key
from agent.keys.sm2_cipher import Sm2Cipher
from agent.keys.sm2_enveloped_key import EnvelopedKeyError, Sm2EnvelopedKey


@pytest.fixture(scope="module")
def new() -> Sm2Key:
    return Sm2Key.new()


@pytest.fixture(scope="module")
def key(sm2_key, new) -> Sm2EnvelopedKey:
    return Sm2EnvelopedKey.made(new.private, new.public, sm2_key.public)


@pytest.fixture(scope="module")
def forms(key, sm2) -> dict[str, bytes]:
    return {
        "bare": key.der,
        "response": csr_response(key, sm2.certificate),
        "response, [0] in place": csr_response(key, sm2.certificate, explicit=False),
        "signed and enveloped": signed_and_enveloped(key),
        "the same by RFC's type": signed_and_enveloped(key, "1.2.840.113549.1.7.4"),
        "blob": key_blob(key),
        "blob of 64-bit numbers": key_blob(key, "<Q"),
    }


def test_one_key_comes_out_of_each_and_opens(forms, key, new, sm2_key):
    for name, form in forms.items():
        for content in (form, base64.b64encode(form), base64.encodebytes(form)):
            read = read_enveloped_key(content, new.public)
            assert read == key, name
    assert opened(key, sm2_key) == new.private


def test_64_bytes_under_sm4_are_kept_whole_in_each_form(key, new, sm2_key):
    long = Sm2EnvelopedKey(
        key.public, key.sealed_key, _under_the_same(key, sm2_key, bytes(32) + new.private)
    )
    for form in (long.der, signed_and_enveloped(long), key_blob(long)):
        read = read_enveloped_key(form, new.public)
        assert opened(read, sm2_key)[-32:] == new.private


def test_one_form_does_not_say_which_key_it_holds_the_others_do(forms, key, sm2_key):
    other = sm2_key.public
    assert read_enveloped_key(forms["signed and enveloped"], other).public == other
    assert read_enveloped_key(forms["bare"], other).public == key.public
    assert read_enveloped_key(forms["blob"], other).public == key.public


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (sequence(integer(0), sequence(), octet_string(b"")), "^PrivateKeyInfo"),
        (sequence(sequence(), octet_string(b"")), "^EncryptedPrivateKeyInfo"),
        (sequence(integer(3), sequence(), sequence()), "PKCS#12"),
        (sequence(object_identifier("1.2.840.113549.1.7.3"), tagged(0, sequence())), "EnvelopedData"),
        (sequence(object_identifier("1.2.156.10197.6.1.4.2.3"), tagged(0, NULL)), "EnvelopedData"),
        (sequence(object_identifier("1.2.840.113549.1.7.2"), tagged(0, NULL)), "1.7.2"),
        (struct.pack("<II", 0x20100, 0x401) + bytes(372), "GM/T 0018"),
    ],
)  # fmt: skip
def test_another_form_is_told_by_its_name(content, form, new):
    with pytest.raises(UnknownFormError, match=form):
        read_enveloped_key(content, new.public)


@pytest.mark.parametrize("content", [b"", bytes(388), b"\1" + bytes(387), b"certificate"])
def test_what_is_of_no_form_at_all(content, new):
    with pytest.raises(EnvelopedKeyError):
        read_enveloped_key(content, new.public)


def test_a_response_without_an_encryption_key(sm2, new):
    with pytest.raises(EnvelopedKeyError, match="no encryption key"):
        read_enveloped_key(sequence(b"\x31\x00", tagged(1, b"\x31\x00")), new.public)


def test_what_a_message_must_have(key, new):
    for damaged in (
        signed_and_enveloped(key, recipients=2),
        signed_and_enveloped(key, recipients=0),
        signed_and_enveloped(key, algorithm="1.2.156.10197.1.104.2"),
        signed_and_enveloped(key)[:-1],
        signed_and_enveloped(Sm2EnvelopedKey(key.public, key.sealed_key, bytes(48))),
    ):
        with pytest.raises(EnvelopedKeyError):
            read_enveloped_key(damaged, new.public)


class TestBlob:
    """Each number of it wrong, each place of it the wrong way round."""

    def refused(self, blob: bytes, new: Sm2Key) -> None:
        assert len(blob) == 388
        with pytest.raises(EnvelopedKeyError):
            read_enveloped_key(blob, new.public)

    @pytest.mark.parametrize("at", [4, 8, 76, 368])
    def test_a_number_that_is_another(self, key, new, at):
        blob = bytearray(key_blob(key))
        blob[at] ^= 0x40
        self.refused(bytes(blob), new)

    @pytest.mark.parametrize("at", [12, 80, 144, 208, 272])
    def test_a_place_that_is_filled_from_the_left(self, key, new, at):
        blob = key_blob(key)
        place = blob[at + 32 : at + 64] + bytes(32)
        self.refused(blob[:at] + place + blob[at + 64 :], new)

    @pytest.mark.parametrize("at", [80, 144, 208, 272])
    def test_a_coordinate_in_the_other_order_of_bytes(self, key, new, at):
        blob = key_blob(key)
        place = blob[at : at + 32] + blob[at + 32 : at + 64][::-1]
        self.refused(blob[:at] + place + blob[at + 64 :], new)

    def test_x_and_y_in_each_others_place(self, key, new):
        blob = key_blob(key)
        self.refused(blob[:80] + blob[144:208] + blob[80:144] + blob[208:], new)

    def test_one_cut_short(self, key, new):
        with pytest.raises(EnvelopedKeyError):
            read_enveloped_key(key_blob(key)[:-1], new.public)


@settings(max_examples=80)
@given(data=st.data())
def test_a_damaged_one_is_refused_or_another_key(key, sm2, new, data):
    """Whatever comes, nothing but the one error; what is read is as good as its proof on the token."""
    form = data.draw(
        st.sampled_from(
            [key.der, csr_response(key, sm2.certificate), signed_and_enveloped(key), key_blob(key)]
        )
    )
    at = data.draw(st.integers(0, len(form) - 1))
    bit = 1 << data.draw(st.integers(0, 7))
    damaged = form[:at] + bytes((form[at] ^ bit,)) + form[at + 1 :]
    try:
        read = read_enveloped_key(damaged, new.public)
    except EnvelopedKeyError:
        return
    assert isinstance(read.sealed_key, Sm2Cipher)
    assert len(read.encrypted) in (32, 64)


@settings(max_examples=80)
@given(st.binary(max_size=500))
def test_noise(sm2_key, noise):
    with pytest.raises(EnvelopedKeyError):
        read_enveloped_key(noise, sm2_key.public)


def _under_the_same(key: Sm2EnvelopedKey, recipient: Sm2Key, data: bytes) -> bytes:
    sm4 = algorithms.SM4(sm2_decrypt(recipient.private, key.sealed_key.der))
    encryptor = Cipher(sm4, modes.ECB()).encryptor()
    return encryptor.update(data) + encryptor.finalize()
