"""Odd and broken certificates: what can be read of them is read, and nothing else ever happens."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from certificate_maker import ENCRYPTION, ORGANISATION, china, make_der, name, rsa_key
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from der_maker import (
    ALTERNATIVE_NAME,
    BASIC_CONSTRAINTS,
    BMP,
    COMMON_NAME,
    GENERALIZED_TIME,
    IA5,
    KEY_USAGE,
    NUMERIC,
    ORGANISATION_NAME,
    PRINTABLE,
    SIGNS,
    TELETEX,
    UNIVERSAL,
    USUAL_EXTENSIONS,
    UTC_TIME,
    UTF8,
    attribute,
    extension,
    make,
    named,
    oid,
    public_key,
    sequence,
    tlv,
    validity,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.certificates.model import Certificate, CertificateUse, Oddity
from agent.certificates.parsing import MAX_SIZE, CertificateDamagedError, parse_certificate
from agent.ground.harmless import is_hidden

END = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
SECONDS = 1.0
"""Far above what any reading takes, even on a busy machine; a slow one takes minutes."""


def read(**parts) -> Certificate:
    return parse_certificate(make(**parts))


def read_or_damaged(value: bytes) -> Certificate | None:
    """Read bytes of any kind: quickly, and with no other error than the one there is for it."""
    began = time.process_time()
    try:
        certificate = parse_certificate(value)
    except CertificateDamagedError:
        certificate = None
    assert time.process_time() - began < SECONDS
    return certificate


def is_harmless(certificate: Certificate) -> bool:
    texts = (
        certificate.subject,
        certificate.issuer,
        certificate.organisation,
        certificate.common_name,
        certificate.authority,
        certificate.algorithm,
    )
    return not any(is_hidden(character) for text in texts for character in text)


def test_a_certificate_made_by_hand_is_as_good_as_any():
    certificate = read()
    assert (certificate.organisation, certificate.not_after) == (ORGANISATION, END)
    assert certificate.use is CertificateUse.SIGNING
    assert not certificate.is_damaged


@pytest.mark.parametrize("key", [None, rsa_key()])
@pytest.mark.parametrize(
    "subject",
    [
        None,
        name(organisation=' #a,b+c;d<e>"f\\g ', common_name="#x"),
        x509.Name([]),
        x509.Name(
            [
                x509.RelativeDistinguishedName(
                    [
                        x509.NameAttribute(x509.NameOID.COMMON_NAME, "张三"),
                        x509.NameAttribute(x509.NameOID.USER_ID, "7"),
                    ]
                ),
                x509.RelativeDistinguishedName(
                    [x509.NameAttribute(x509.NameOID.SERIAL_NUMBER, "00011")]
                ),
            ]
        ),
    ],
)
def test_both_readers_agree_on_what_the_strict_one_reads(subject, key):
    der = make_der(subject=subject, key=key, usage=ENCRYPTION)
    strict, ours = x509.load_der_x509_certificate(der), parse_certificate(der)
    assert ours.subject == strict.subject.rfc4514_string()
    assert ours.issuer == strict.issuer.rfc4514_string()
    assert ours.serial == f"{strict.serial_number:x}"
    assert ours.not_before == strict.not_valid_before_utc
    assert ours.not_after == strict.not_valid_after_utc
    assert ours.public_key == strict.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    assert [kind for kind, _ in ours.extensions] == [e.oid.dotted_string for e in strict.extensions]
    assert not ours.is_damaged


class TestSerialNumbers:
    @pytest.mark.parametrize(
        ("serial", "read_as", "is_odd"),
        [
            (b"\x02\x01\xe1", "-1f", True),
            (b"\x02\x01\x00", "0", False),
            (tlv(0x02, b"\x7f" * 20), "7f" * 20, False),
            (tlv(0x02, b"\x7f" * 21), "7f" * 21, True),
            (tlv(0x02, b"\x7f" * 25), "7f" * 25, True),
        ],
        ids=["negative", "zero", "20 bytes", "21 bytes", "200 bits"],
    )
    def test_an_odd_serial_number_hides_nothing(self, serial, read_as, is_odd):
        certificate = read(serial=serial)
        assert (certificate.serial, certificate.not_after) == (read_as, END)
        assert (Oddity.SERIAL in certificate.oddities) is is_odd


class TestDates:
    @pytest.mark.parametrize(
        ("text", "tag", "instant", "is_odd"),
        [
            (b"491231235959Z", UTC_TIME, "2049-12-31T23:59:59", False),
            (b"500101000000Z", UTC_TIME, "1950-01-01T00:00:00", False),
            (b"20491231235959Z", GENERALIZED_TIME, "2049-12-31T23:59:59", None),
            (b"20500101000000Z", GENERALIZED_TIME, "2050-01-01T00:00:00", False),
            (b"00010101000000Z", GENERALIZED_TIME, "0001-01-01T00:00:00", None),
            (b"99991231235959Z", GENERALIZED_TIME, "9999-12-31T23:59:59", False),
            (b"20301231235960Z", GENERALIZED_TIME, "2030-12-31T23:59:59", True),
            (b"301231235960Z", UTC_TIME, "2030-12-31T23:59:59", True),
            (b"3012312359Z", UTC_TIME, "2030-12-31T23:59:00", True),
            (b"202706010000Z", GENERALIZED_TIME, "2027-06-01T00:00:00", True),
            (b"201203011200Z", GENERALIZED_TIME, "2012-03-01T12:00:00", True),
            (b"2012030112Z", GENERALIZED_TIME, "2012-03-01T12:00:00", True),
            (b"2012030112.5Z", GENERALIZED_TIME, "2012-03-01T12:30:00", True),
            (b"201203011200,25Z", GENERALIZED_TIME, "2012-03-01T12:00:15", True),
            (b"201203011200+08", GENERALIZED_TIME, "2012-03-01T04:00:00", True),
            (b"20301231235959Z", UTC_TIME, "2030-12-31T23:59:59", True),
            (b"20521231235959.75Z", GENERALIZED_TIME, "2052-12-31T23:59:59", True),
            (b"301231235959+0800", UTC_TIME, "2030-12-31T15:59:59", True),
            (b"301231235959", UTC_TIME, "2030-12-31T23:59:59", True),
            (b"99991231235959-0100", GENERALIZED_TIME, "9999-12-31T23:59:59", True),
            (b"00010101000000+0100", GENERALIZED_TIME, "0001-01-01T00:00:00", True),
            (b"20520229000000Z", GENERALIZED_TIME, "2052-02-29T00:00:00", False),
        ],
    )
    def test_an_end_is_read_as_it_was_meant(self, text, tag, instant, is_odd):
        certificate = read(dates=validity(text, tag))
        assert certificate.not_after == dt.datetime.fromisoformat(f"{instant}+00:00")
        if is_odd is not None:
            assert certificate.is_damaged is is_odd

    @given(st.datetimes())
    def test_a_generalized_time_has_four_digits_of_a_year_whatever_its_length(self, moment):
        instant = moment.replace(second=0, microsecond=0, tzinfo=dt.UTC)
        written = f"{instant:%Y%m%d%H%M}Z".rjust(13, "0").encode()
        assert read(dates=validity(written, GENERALIZED_TIME)).not_after == instant

    @pytest.mark.parametrize(
        "text", [b"", b"Z", b"301301000000Z", b"300230000000Z", b"300101240000Z", b"tomorrow"]
    )
    def test_a_certificate_that_does_not_say_its_end_is_damaged(self, text):
        with pytest.raises(CertificateDamagedError):
            read(dates=validity(text, UTC_TIME))

    def test_year_zero_is_no_end(self):
        with pytest.raises(CertificateDamagedError):
            read(dates=validity(b"00000101000000Z", GENERALIZED_TIME))

    def test_a_beginning_that_cannot_be_read_does_not_hide_the_end(self):
        certificate = read(dates=validity(b"300101000000Z", UTC_TIME, begin=b"once upon a time"))
        assert certificate.not_after == END
        assert certificate.not_before.year == 1
        assert Oddity.TIME in certificate.oddities


class TestNames:
    @pytest.mark.parametrize(
        ("value", "tag", "text", "is_odd"),
        [
            ("样例".encode("utf-16-be"), BMP, "样例", False),
            ("样例".encode("utf-32-be"), UNIVERSAL, "样例", False),
            (b"Example", TELETEX, "Example", False),
            (b"Example", PRINTABLE, "Example", False),
            (b"Example", IA5, "Example", False),
            (b"2025", NUMERIC, "2025", False),
            ("样例".encode("gb2312"), TELETEX, "样例", True),
            ("杭州喆兴".encode("gbk"), TELETEX, "杭州喆兴", True),
            ("上海珺玥".encode("gbk"), TELETEX, "上海珺玥", True),
            ("𠮷田".encode("gb18030"), TELETEX, "𠮷田", True),
            ("样例".encode(), TELETEX, "样例", True),
            ("Müller".encode("latin-1"), TELETEX, "Müller", True),
            ("杭州喆兴".encode("gbk"), PRINTABLE, "杭州喆兴", True),
            ("样例".encode("gb2312"), UTF8, "样例", True),
            ("Müller".encode("latin-1"), UTF8, "Müller", True),
            ("样例".encode(), PRINTABLE, "样例", True),
            ("样".encode("utf-16-be") + b"x", BMP, None, True),
            (b"\xd8\x00\xd8\x00", BMP, None, True),
            (b"", UTF8, "", None),
            (b"\x00", 0x03, None, None),
        ],
    )
    def test_a_name_is_read_in_any_string_type(self, value, tag, text, is_odd):
        certificate = read(subject=named(value, tag))
        assert certificate.not_after == END
        assert is_harmless(certificate)
        if text is not None:
            assert certificate.organisation == text
        if is_odd is not None:
            assert (Oddity.TEXT in certificate.oddities) is is_odd

    @given(st.text(st.characters(codec="gbk", categories=["Lo"]), min_size=1, max_size=12))
    def test_an_organisation_in_gbk_is_read_whatever_its_characters(self, name):
        organisation = f"{name}有限公司"
        certificate = read(subject=named(organisation.encode("gbk"), TELETEX))
        assert certificate.organisation == organisation
        assert Oddity.TEXT in certificate.oddities

    def test_without_a_subject_there_is_no_name(self):
        certificate = read(subject=sequence())
        assert (certificate.subject, certificate.organisation) == ("", "")

    def test_an_rdn_of_several_values_is_read(self):
        both = attribute(ORGANISATION_NAME, b"A") + attribute(COMMON_NAME, b"B")
        certificate = read(subject=sequence(tlv(0x31, both)))
        assert certificate.subject == "O=A+CN=B"
        assert (certificate.organisation, certificate.common_name) == ("A", "B")

    def test_a_name_of_ten_thousand_bytes_is_cut_where_it_is_shown(self):
        certificate = read(subject=named(b"x" * 10_000))
        assert len(certificate.subject) == len("O=") + 10_000
        assert len(certificate.organisation) == 128
        assert certificate.organisation.endswith("…")
        assert Oddity.LONG_NAME in certificate.oddities

    def test_a_broken_part_leaves_the_parts_before_it(self):
        subject = sequence(tlv(0x31, attribute(ORGANISATION_NAME, b"A")), b"\x31\x7fbroken")
        certificate = read(subject=subject)
        assert (certificate.organisation, certificate.not_after) == ("A", END)
        assert Oddity.NAME in certificate.oddities

    @pytest.mark.parametrize(
        "character",
        ["\x1b", "\n", "\r", "\x07", "\x00", "\x9b", "\u202e", "\u2066", "\u200f", "\ufeff"],
    )
    def test_characters_that_play_with_a_screen_are_marked(self, character):
        certificate = read(subject=named(f"good{character}evil".encode()))
        assert certificate.organisation == "good\N{REPLACEMENT CHARACTER}evil"
        escaped = "".join(f"\\{byte:02X}" for byte in character.encode())
        assert certificate.subject == f"O=good{escaped}evil"
        assert Oddity.HIDDEN_CHARACTERS in certificate.oddities

    @given(
        st.binary(max_size=40),
        st.sampled_from([UTF8, NUMERIC, PRINTABLE, TELETEX, IA5, UNIVERSAL, BMP, 0x03]),
    )
    def test_whatever_a_name_holds_it_is_harmless_to_show(self, value, tag):
        certificate = read(subject=named(value, tag), issuer=named(value, tag))
        assert certificate.not_after == END
        assert is_harmless(certificate)


class TestExtensions:
    def test_a_broken_extension_is_left_out_and_the_others_are_read(self):
        certificate = read(extensions=(sequence(b"\x06\x00"), *USUAL_EXTENSIONS))
        assert certificate.use is CertificateUse.SIGNING
        assert Oddity.EXTENSION in certificate.oddities

    def test_a_broken_list_leaves_what_came_before(self):
        certificate = read(extensions=(*USUAL_EXTENSIONS, b"\x30\x7f"))
        assert certificate.use is CertificateUse.SIGNING
        assert Oddity.EXTENSION in certificate.oddities

    def test_of_duplicates_the_first_counts(self):
        encrypts = extension(KEY_USAGE, bytes.fromhex("03020430"))
        certificate = read(extensions=(*USUAL_EXTENSIONS, encrypts))
        assert certificate.use is CertificateUse.SIGNING
        assert Oddity.DUPLICATE_EXTENSION in certificate.oddities

    def test_an_unknown_critical_extension_is_no_damage(self):
        unknown = extension("1.2.3.4", b"\x05\x00", critical=b"\x01\x01\xff")
        certificate = read(extensions=(*USUAL_EXTENSIONS, unknown))
        assert not certificate.is_damaged
        assert dict(certificate.extensions)["1.2.3.4"] == b"\x05\x00"

    @pytest.mark.parametrize(
        ("value", "use"),
        [
            ("03020780", CertificateUse.SIGNING),
            ("030200c0", CertificateUse.SIGNING),  # unused bits that are not said to be
            ("0303070080", CertificateUse.OTHER),  # decipherOnly alone
            ("030306c080", CertificateUse.SIGNING),
            ("030100", CertificateUse.OTHER),  # no bit at all
            ("03020520", CertificateUse.ENCRYPTION),
        ],
    )
    def test_key_usage_is_read_however_it_is_padded(self, value, use):
        assert read(extensions=(extension(KEY_USAGE, bytes.fromhex(value)),)).use is use

    @pytest.mark.parametrize("value", ["", "04", "0300", "0402ffff", "3000"])
    def test_what_a_key_is_for_is_signing_when_it_cannot_be_read(self, value):
        certificate = read(extensions=(extension(KEY_USAGE, bytes.fromhex(value)),))
        assert certificate.use is CertificateUse.SIGNING, "or nobody would be reminded of it"
        assert Oddity.EXTENSION in certificate.oddities

    @pytest.mark.parametrize("value", [b"", b"junk", b"\x30\x7f", b"\x04\x00"])
    def test_broken_basic_constraints_make_no_ca(self, value):
        certificate = read(extensions=(extension(BASIC_CONSTRAINTS, value), *USUAL_EXTENSIONS))
        assert (certificate.is_ca, certificate.use) == (False, CertificateUse.SIGNING)
        assert certificate.is_damaged

    def test_an_extension_only_the_strict_reader_looks_into_is_told_of(self):
        broken = extension(ALTERNATIVE_NAME, b"junk")
        certificate = read(extensions=(*USUAL_EXTENSIONS, broken))
        assert certificate.oddities == {Oddity.REFUSED}
        assert certificate.not_after == END


class TestFrames:
    def test_a_certificate_of_version_1_is_read(self):
        certificate = read(version=b"", extensions=None)
        assert (certificate.not_after, certificate.use) == (END, CertificateUse.SIGNING)

    def test_a_version_nobody_knows_is_odd(self):
        certificate = read(version=bytes.fromhex("a003020109"))
        assert (certificate.not_after, certificate.oddities) == (END, {Oddity.REFUSED})

    @pytest.mark.parametrize("after", [b"\0", b"\0" * 1000, b"\xff" * 1_000_000])
    def test_what_follows_a_certificate_is_no_part_of_it(self, after):
        whole = make()
        certificate = parse_certificate(whole + after)
        assert certificate.der == whole
        assert certificate.thumbprint == parse_certificate(whole).thumbprint
        assert certificate.oddities == {Oddity.TRAILING_BYTES}

    @pytest.mark.parametrize(
        "value",
        [
            b"",
            b"\0" * 1_000_000,
            b"\x30" * 1_000_000,
            b"\x30\x84\x00\x0f\x42\x3a" * 200_000,
            b"\x30\x80" + make()[4:] + b"\0\0",
            b"\x30\x84\xff\xff\xff\xff" + b"\0" * 1000,
            b"\x30\x8f" + b"\xff" * 100,
            b"\x3f\x81\x81\x81",
            sequence(),
            sequence(sequence()),
        ],
        ids=[
            "empty", "zeros", "nested", "deep", "indefinite", "huge length", "length of lengths",
            "long tag", "empty sequence", "empty body",
        ],
    )  # fmt: skip
    def test_what_is_no_certificate_is_damaged(self, value):
        assert read_or_damaged(value) is None

    def test_a_certificate_of_a_megabyte_is_refused_at_once(self):
        assert read_or_damaged(make(subject=named(b"x" * 1_000_000))) is None

    def test_the_largest_certificate_is_read_in_no_time(self):
        rdn = tlv(0x31, attribute(COMMON_NAME, "\u202e".encode()))
        subject = sequence(rdn * ((MAX_SIZE - 1000) // len(rdn)))
        certificate = read_or_damaged(make(subject=subject))
        assert certificate is not None
        assert is_harmless(certificate)


class TestKeys:
    @pytest.mark.parametrize(
        ("key", "algorithm"),
        [
            (public_key(ed25519.Ed25519PrivateKey.generate()), "1.3.101.112"),
            (public_key(ec.generate_private_key(ec.BrainpoolP256R1())), "EC brainpoolP256r1"),
            (
                sequence(
                    sequence(oid("1.2.840.113549.1.1.1"), b"\x05\x00"),
                    tlv(3, b"\0", sequence(tlv(2, b"\0" + b"\xff" * 64), b"\x02\x01\x03")),
                ),
                "RSA 512",
            ),
            (
                sequence(
                    sequence(oid("1.2.840.10045.2.1"), sequence(b"\x02\x01\x01")),
                    tlv(3, b"\0\x04"),
                ),
                "EC",
            ),
            (sequence(sequence(oid("1.2.156.10197.1.301")), tlv(3, b"\0\x04")), "SM2"),
            (sequence(sequence(oid("1.2.3.4")), tlv(3, b"\0")), "1.2.3.4"),
            (sequence(), ""),
            (sequence(sequence(), tlv(3, b"\0")), ""),
            (sequence(sequence(oid("1.2.840.113549.1.1.1")), tlv(3, b"\0junk")), ""),
        ],
        ids=[
            "ed25519",
            "brainpool",
            "rsa-512",
            "explicit",
            "sm2",
            "unknown",
            "empty",
            "no oid",
            "junk",
        ],
    )
    def test_a_key_is_named_as_well_as_it_can_be(self, key, algorithm):
        certificate = read(key=key)
        assert (certificate.algorithm, certificate.not_after) == (algorithm, END)


WHOLE = make_der(not_after=china("2030-01-01 00:00:00"))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) * 8 - 1)), min_size=1, max_size=12))
def test_flipped_bits_are_read_or_damaged_and_nothing_else(flips):
    data = bytearray(WHOLE)
    for (bit,) in flips:
        data[bit // 8] ^= 1 << bit % 8
    certificate = read_or_damaged(bytes(data))
    assert certificate is None or is_harmless(certificate)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(WHOLE)), st.integers(0, 60), st.binary(max_size=60))
def test_a_piece_replaced_by_anything_is_read_or_damaged_and_nothing_else(start, length, piece):
    certificate = read_or_damaged(WHOLE[:start] + piece + WHOLE[start + length :])
    assert certificate is None or is_harmless(certificate)


ELEMENTS = st.recursive(
    st.builds(tlv, st.integers(0, 255), st.binary(max_size=20)),
    lambda inner: st.builds(
        lambda tag, parts: tlv(tag, *parts),
        st.sampled_from([0x30, 0x31, 0xA0, 0xA3, 0x04]),
        st.lists(inner, max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "version": ELEMENTS,
            "serial": ELEMENTS,
            "algorithm": ELEMENTS,
            "issuer": ELEMENTS,
            "dates": ELEMENTS,
            "subject": ELEMENTS,
            "key": ELEMENTS,
            "extensions": st.lists(ELEMENTS, max_size=4).map(tuple),
            "signature": ELEMENTS,
        },
    )
)
def test_any_part_may_be_anything(parts):
    certificate = read_or_damaged(make(**parts))
    assert certificate is None or is_harmless(certificate)
    if certificate is not None and "dates" not in parts:
        assert certificate.not_after == END


def test_signs_is_what_the_library_writes():
    assert SIGNS in make_der()
