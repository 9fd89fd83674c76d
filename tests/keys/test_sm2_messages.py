"""SM2Cipher and SM2EnvelopedKey (GM/T 0009, 7.2 and 7.4): made, read, and refused where they are neither."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sm2_key import Sm2Key, opened

from agent.keys import sm2
from agent.keys.der import elements, read_element
from agent.keys.der_writing import (
    NULL,
    bit_string,
    encoded,
    integer,
    object_identifier,
    octet_string,
    sequence,
)
from agent.keys.sm2_cipher import MAX_SEALED_BYTES, CipherError, Sm2Cipher
from agent.keys.sm2_enveloped_key import SM4_ECB, EnvelopedKeyError, Sm2EnvelopedKey


@pytest.fixture(scope="module")
def cipher(sm2_key) -> Sm2Cipher:
    return Sm2Cipher.read(sm2_key.public.seal(b"sixteen bytes..."))


@pytest.fixture(scope="module")
def new() -> Sm2Key:
    return Sm2Key.new()


@pytest.fixture(scope="module")
def enveloped(sm2_key, new) -> Sm2EnvelopedKey:
    return Sm2EnvelopedKey.made(new.private, new.public, sm2_key.public)


class TestCipher:
    def test_it_is_read_as_it_was_written(self, cipher):
        assert Sm2Cipher.read(cipher.der) == cipher
        assert len(cipher.text) == 16

    def test_small_numbers_are_read_by_their_value(self):
        """An INTEGER is shorter than 32 bytes now and then, and longer where its first bit is set."""
        x, y = 1, 0x9F7A091433A81E3F218F405F792355BF2AA98B5FFA95982F03870800065279A3
        point = sm2.point_of(x, y)
        assert sm2.is_point(point)
        der = sequence(integer(x), integer(y), octet_string(bytes(32)), octet_string(b"x"))
        assert Sm2Cipher.read(der).point == point

    def test_what_is_no_cipher_is_refused(self, cipher):
        x, y = sm2.coordinates(cipher.point)
        digest, text = octet_string(cipher.digest), octet_string(cipher.text)
        whole = cipher.der
        for damaged in (
            b"", whole[:-1], whole + b"\0", b"\x31" + whole[1:],
            b"\x30\x80" + whole[3:] + b"\0\0",
            sequence(integer(x), integer(y), digest),
            sequence(integer(x), integer(y), digest, text, text),
            sequence(integer(x), integer(y ^ 1), digest, text),
            sequence(integer(0), integer(0), digest, text),
            sequence(integer(x << 8), integer(y), digest, text),
            sequence(encoded(2, b"\xff"), integer(y), digest, text),
            sequence(encoded(2, b""), integer(y), digest, text),
            sequence(encoded(2, b"\0\0", x.to_bytes(32, "big")), integer(y), digest, text),
            sequence(integer(x), integer(y), octet_string(cipher.digest[1:]), text),
            sequence(integer(x), integer(y), digest, octet_string(b"")),
            sequence(integer(x), integer(y), digest, octet_string(bytes(MAX_SEALED_BYTES + 1))),
        ):  # fmt: skip
            with pytest.raises(CipherError):
                Sm2Cipher.read(damaged)

    @settings(max_examples=60)
    @given(st.binary(max_size=200))
    def test_noise(self, noise):
        with pytest.raises(CipherError):
            Sm2Cipher.read(noise)


class TestEnvelopedKey:
    def test_its_recipient_opens_it(self, enveloped, sm2_key, new):
        read = Sm2EnvelopedKey.read(enveloped.der)
        assert read == enveloped
        assert read.public == new.public
        assert opened(read, sm2_key) == new.private

    @pytest.mark.parametrize("oid", [SM4_ECB, "1.2.156.10197.1.104"])
    @pytest.mark.parametrize("null", [b"", NULL])
    def test_sm4_is_read_by_either_name(self, enveloped, oid, null):
        der = with_part(enveloped, 0, sequence(object_identifier(oid), null))
        assert Sm2EnvelopedKey.read(der) == enveloped

    def test_a_private_key_of_64_bytes_is_read(self, enveloped):
        der = with_part(enveloped, 3, bit_string(bytes(32) + enveloped.encrypted))
        assert Sm2EnvelopedKey.read(der).encrypted[-32:] == enveloped.encrypted

    def test_what_is_none_is_refused(self, enveloped, sm2_key):
        der, long = enveloped.der, sm2_key.public.seal(bytes(17))
        for damaged in (
            b"", der[:-1], der + b"\0", b"\x30\x80" + der[4:] + b"\0\0",
            with_part(enveloped, 0, sequence(object_identifier("1.2.156.10197.1.104.2"))),
            with_part(enveloped, 0, sequence(object_identifier(SM4_ECB), octet_string(b"iv"))),
            with_part(enveloped, 0, sequence()),
            with_part(enveloped, 1, sequence()),
            with_part(enveloped, 1, long),
            with_part(enveloped, 2, bit_string(b"\4" + b"\1" * 64)),
            with_part(enveloped, 2, encoded(3, b"\1", enveloped.public.bits)),
            with_part(enveloped, 3, bit_string(bytes(33))),
            with_part(enveloped, 3, encoded(3)),
            with_part(enveloped, 3, bit_string(enveloped.encrypted + bytes(32))),
            sequence(*parts(enveloped)[:3]),
        ):  # fmt: skip
            with pytest.raises(EnvelopedKeyError):
                Sm2EnvelopedKey.read(damaged)


def parts(enveloped: Sm2EnvelopedKey) -> list[bytes]:
    return [part.encoded for part in elements(read_element(enveloped.der).content)]


def with_part(enveloped: Sm2EnvelopedKey, number: int, part: bytes) -> bytes:
    changed = parts(enveloped)
    changed[number] = part
    return sequence(*changed)
