"""SM2 with SM3: the standard's own numbers, openssl's and GmSSL's; anything else is no signature."""

from __future__ import annotations

import secrets

import pytest
from certificate_maker import openssl
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from gmssl_pyx import sm2_decrypt, sm2_encrypt, sm2_sign, sm2_verify
from hypothesis import given, settings
from hypothesis import strategies as st
from sm2_key import DISTID, EC_PUBLIC_KEY, ORDER, SM2_CURVE, Sm2Key

from agent.keys import sm2
from agent.keys.der_writing import bit_string, encoded, object_identifier, sequence
from agent.keys.public_key import PublicKey, UnreadableKeyError

FIELD = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF

# GB/T 32918.5-2017, annex A (the same as GM/T 0003.5-2012, annexes A and C).
ANNEX = Sm2Key(
    private=bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"),
    point=bytes.fromhex(
        "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
        "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
    ),
)
ANNEX_RANDOM = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
ANNEX_R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
ANNEX_S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
ANNEX_SIGNATURE = encode_dss_signature(ANNEX_R, ANNEX_S)
EDGES = [
    edge + step
    for edge in (0, ORDER, FIELD, 1 << 256, ANNEX_R, ANNEX_S, ORDER - ANNEX_R, ORDER - ANNEX_S,
                 ANNEX_R + ORDER, ANNEX_S - ORDER, -ANNEX_S)
    for step in (-1, 0, 1)
]  # fmt: skip
"""Where what is a number of a signature ends, and near it."""
ANNEX_DIGEST = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"


@pytest.fixture(scope="module")
def folder(sm2_key, tmp_path_factory):
    folder = tmp_path_factory.mktemp("openssl")
    (folder / "key.der").write_bytes(sm2_key.pkcs8)
    (folder / "public.der").write_bytes(sm2_key.public.der)
    (folder / "data").write_bytes(b"data")
    return folder


@pytest.fixture(scope="module")
def signature(sm2_key) -> bytes:
    return sm2_key.sign(b"data")


class TestTheStandardsOwnNumbers:
    def test_the_digest_that_is_signed(self):
        assert sm2.signed_digest(ANNEX.point, b"message digest").hex() == ANNEX_DIGEST

    def test_the_signature(self):
        assert ANNEX.public.verify(b"message digest", ANNEX_SIGNATURE)
        assert not ANNEX.public.verify(b"message digest.", ANNEX_SIGNATURE)

    def test_the_encryption(self, monkeypatch):
        monkeypatch.setattr(secrets, "randbits", lambda _: ANNEX_RANDOM)
        encrypted = sm2.encrypt(ANNEX.point, b"encryption standard")
        assert sm2.point_of(encrypted.x, encrypted.y).hex() == (
            "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73"
            "e858f9d81e5430a57b36daab8f950a3c64e6ee6a63094d99283aff767e124df0"
        )
        assert encrypted.text.hex() == "21886ca989ca9c7d58087307ca93092d651efa"
        assert encrypted.digest.hex() == (
            "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
        )

    def test_sm3(self):
        """GB/T 32905-2016, annex A."""
        assert sm2.sm3(b"abc").hex() == (
            "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
        )
        assert sm2.sm3(*[b"abcd"] * 16).hex() == (
            "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
        )


class TestOpenssl:
    def test_what_it_signs_with_the_usual_identity_is_right(self, folder, sm2_key):
        command = f"dgst -sm3 -sign key.der -keyform DER -sigopt {DISTID} data"
        signature = openssl(*command.split(), folder=folder)
        assert sm2_key.public.verify(b"data", signature)

    def test_what_it_signs_without_an_identity_is_refused(self, folder, sm2_key):
        """It takes an empty one unless it is told, and verifies it likewise."""
        command = "dgst -sm3 -sign key.der -keyform DER -out empty.sig data"
        openssl(*command.split(), folder=folder)
        signature = (folder / "empty.sig").read_bytes()
        command = "dgst -sm3 -verify public.der -keyform DER -signature empty.sig data"
        assert b"OK" in openssl(*command.split(), folder=folder)
        assert not sm2_key.public.verify(b"data", signature)

    def test_it_opens_what_is_sealed(self, folder, sm2_key):
        sealed = sm2_key.public.seal(b"a key of SM4 ...")
        command = "pkeyutl -decrypt -inkey key.der -keyform DER"
        assert openssl(*command.split(), stdin=sealed, folder=folder) == b"a key of SM4 ..."

    def test_what_it_seals_is_read(self, folder, sm2_key):
        command = "pkeyutl -encrypt -pubin -inkey public.der -keyform DER"
        sealed = openssl(*command.split(), stdin=b"secret", folder=folder)
        assert sm2_key.opened(sealed) == b"secret"

    def test_it_writes_the_key_as_we_do(self, folder, sm2_key):
        command = "pkey -in key.der -inform DER -pubout -outform DER"
        assert openssl(*command.split(), folder=folder) == sm2_key.public.der


class TestGmssl:
    """GmSSL has nothing in common with gmalg or OpenSSL."""

    @settings(max_examples=20)
    @given(st.binary(max_size=300))
    def test_what_it_signs_is_right(self, sm2_key, data):
        assert sm2_key.public.verify(data, sm2_sign(sm2_key.private, sm2_key.point[1:], data))

    @settings(max_examples=30)
    @given(st.data())
    def test_it_takes_and_refuses_the_same_signatures(self, data):
        spoilt = bytearray(ANNEX_SIGNATURE)
        if data.draw(st.booleans()):
            spoilt[data.draw(st.integers(8, len(spoilt) - 1))] ^= data.draw(st.integers(1, 255))
        try:
            expected = sm2_verify(ANNEX.point[1:], b"message digest", bytes(spoilt))
        except Exception:  # noqa: BLE001 - it raises of what is no DER
            expected = False
        assert ANNEX.public.verify(b"message digest", bytes(spoilt)) is expected

    @settings(max_examples=40)
    @given(st.tuples(st.sampled_from(EDGES), st.sampled_from(EDGES)))
    def test_it_takes_and_refuses_the_same_numbers(self, numbers):
        signature = encode_signed(*numbers)
        try:
            expected = sm2_verify(ANNEX.point[1:], b"message digest", signature)
        except Exception:  # noqa: BLE001 - it raises of what is longer than any
            expected = False
        assert expected is (numbers == (ANNEX_R, ANNEX_S))
        assert ANNEX.public.verify(b"message digest", signature) is expected

    @settings(max_examples=10)
    @given(st.binary(min_size=1, max_size=200))
    def test_each_opens_what_the_other_sealed(self, sm2_key, data):
        assert sm2_decrypt(sm2_key.private, sm2_key.public.seal(data)) == data
        assert sm2_key.opened(sm2_encrypt(sm2_key.point[1:], data)) == data


class TestRefused:
    @pytest.mark.parametrize(
        ("r", "s"),
        [(0, 0), (0, 1), (1, 0), (ORDER, 1), (1, ORDER), (1, ORDER - 1), (ORDER - 1, 1), (1, -1)],
    )
    def test_numbers_out_of_range(self, sm2_key, r, s):
        numbers = (number.to_bytes(33, "big", signed=True).lstrip(b"\0") for number in (r, s))
        minimal = (b"\0" + number if number[:1] >= b"\x80" else number for number in numbers)
        signature = sequence(*(encoded(2, number or b"\0") for number in minimal))
        assert not sm2_key.public.verify(b"data", signature)

    def test_a_number_beyond_the_order_is_not_the_one_within(self, sm2_key, signature):
        r, s = decode_dss_signature(signature)
        for beyond in ((r + ORDER, s), (r, s + ORDER), (r - ORDER, s)):
            assert not sm2_key.public.verify(b"data", encode_signed(*beyond))

    def test_a_signature_whose_point_is_the_one_at_infinity(self, sm2_key):
        """Whoever has the key can make one: s so that sG + (r + s)P = 0, which has no coordinates."""
        private = int.from_bytes(sm2_key.private, "big")
        for r in (1, 2, ORDER - 5):
            s = -r * private * pow(1 + private, -1, ORDER) % ORDER
            assert not sm2_key.public.verify(b"data", encode_signed(r, s))

    def test_what_is_not_der(self, sm2_key, signature):
        r, s = decode_dss_signature(signature)
        long_zero = sequence(encoded(2, b"\0\0" + r.to_bytes(32, "big")), encoded(2, bytes(33)))
        long_length = b"\x30\x81" + signature[1:]
        indefinite = b"\x30\x80" + signature[2:] + b"\0\0"
        raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        three = sequence(signature[2:], encoded(2, b"\1"))
        for odd in (
            long_zero, long_length, indefinite, raw, three, signature + b"\0", signature[:-1],
            signature[1:], b"\x31" + signature[1:], b"",
        ):  # fmt: skip
            assert not sm2_key.public.verify(b"data", odd)

    @pytest.mark.parametrize(
        "point",
        [
            b"", b"\0", b"\4" + b"\1" * 64, b"\4" + b"\xff" * 64, b"\2" + b"\1" * 32,
            b"\4" + b"\1" * 63, b"\4" + bytes(64), ANNEX.point + b"\0", ANNEX.point[:-1],
            b"\6" + ANNEX.point[1:],
            b"\4" + ANNEX.point[1:33] + (FIELD - 1).to_bytes(32, "big"),
        ],
        ids=[
            "empty", "infinity", "off the curve", "out of the field", "compressed",
            "short", "zero", "one more byte", "one byte less", "mixed form", "another y",
        ],
    )  # fmt: skip
    def test_a_key_that_is_no_point_of_the_curve(self, point):
        with pytest.raises(UnreadableKeyError):
            PublicKey.from_point(point)
        algorithm = sequence(object_identifier(EC_PUBLIC_KEY), object_identifier(SM2_CURVE))
        with pytest.raises(UnreadableKeyError):
            PublicKey.read(sequence(algorithm, bit_string(point)))

    def test_the_same_numbers_by_another_key(self, signature):
        assert not ANNEX.public.verify(b"data", signature)

    @settings(max_examples=40)
    @given(st.binary(max_size=80))
    def test_noise(self, sm2_key, noise):
        assert not sm2_key.public.verify(b"data", noise)

    @settings(max_examples=40)
    @given(st.data())
    def test_a_right_one_with_one_bit_flipped(self, sm2_key, signature, data):
        bit = data.draw(st.integers(0, len(signature) * 8 - 1))
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not sm2_key.public.verify(b"data", bytes(flipped))


def encode_signed(r: int, s: int) -> bytes:
    """Return SEQUENCE { r, s } of any two numbers."""
    return sequence(
        *(encoded(2, n.to_bytes((n.bit_length() + 8) // 8, "big", signed=True)) for n in (r, s))
    )


def test_a_megabyte_takes_no_longer_than_a_byte_nearly(sm2_key):
    """gmalg's own SM3 would take two seconds for it."""
    data = bytes(1 << 20)
    assert sm2.sm3(data) == sm2.sm3(data[: 1 << 19], data[1 << 19 :])
    signature = sm2_sign(sm2_key.private, sm2_key.point[1:], data)
    assert sm2_key.public.verify(data, signature)
    assert not sm2_key.public.verify(data + b"\0", signature)
