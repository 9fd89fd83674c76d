"""CMS SignedData: what is made is read by all, what is read is verified, construct by construct."""

from __future__ import annotations

import contextlib
import datetime as dt
import subprocess

import pytest
from asn1crypto import cms, core
from certificate_maker import ec_key, make_der, openssl, rsa_key
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from sm2_key import Signer

from agent.keys.attributes import attribute
from agent.keys.der import elements, read_element
from agent.keys.der_writing import (
    encoded,
    object_identifier,
    octet_string,
    sequence,
    set_of,
    tagged,
)
from agent.keys.signed_data import (
    CONTENT_TYPE,
    DATA,
    SIGNED_DATA,
    BadSignatureError,
    MalformedMessageError,
    MessageError,
    read_certificates,
    read_signed_data,
)
from agent.keys.signing import SignedDataDraft

CONTENT = b'{"hello": "world"}\r\n'
OWN_TYPE = "1.3.6.1.4.1.99999.1"
OWN_ATTRIBUTE = "1.3.6.1.4.1.99999.2"
GM_DATA, GM_SIGNED_DATA = "1.2.156.10197.6.1.4.2.1", "1.2.156.10197.6.1.4.2.2"
SM2_WITH_SM3, SM2_SIGNATURE = "1.2.156.10197.1.501", "1.2.156.10197.1.301.1"


def sign_rsa(data: bytes) -> bytes:
    return rsa_key("signer").sign(data, padding.PKCS1v15(), hashes.SHA256())


def sign_ec(data: bytes) -> bytes:
    return ec_key("signer").sign(data, ec.ECDSA(hashes.SHA256()))


@pytest.fixture(scope="module", params=["rsa", "ec", "sm2"])
def signer(request, sm2) -> Signer:
    if request.param == "sm2":
        return sm2
    key, sign = (rsa_key, sign_rsa) if request.param == "rsa" else (ec_key, sign_ec)
    return Signer(make_der(key=key("signer")), sign)


def draft(signer: Signer, **options) -> SignedDataDraft:
    return SignedDataDraft(**{"content": CONTENT, "certificate": signer.certificate, **options})


def signed(signer: Signer, **options) -> bytes:
    made = draft(signer, **options)
    return made.message(signer.sign(made.to_be_signed))


@pytest.fixture(scope="module")
def message(signer) -> bytes:
    return signed(signer)


def changed(message: bytes, change) -> bytes:
    """Return ``message`` after ``change`` was made to its one signer."""
    info = cms.ContentInfo.load(message)
    change(info["content"]["signer_infos"][0])
    return info.dump(force=True)


def bare(signer: Signer, content: bytes) -> bytes:
    """Sign ``content`` itself, without attributes."""
    signature = signer.sign(content)

    def change(info: cms.SignerInfo) -> None:
        info["signed_attrs"] = None
        info["signature"] = signature

    return changed(signed(signer, content=content), change)


def test_what_was_signed_is_read(signer):
    message = read_signed_data(signed(signer))
    assert (message.content_type, message.content) == (DATA, CONTENT)
    assert message.certificate == signer.certificate
    assert message.key.verify(b"data", signer.sign(b"data"))


def test_a_content_type_of_its_own_and_more_attributes_are_signed(signer):
    value = core.UTF8String("https://portal.example").dump()
    made = signed(
        signer,
        content_type=OWN_TYPE,
        attributes={OWN_ATTRIBUTE: value},
        signing_time=dt.datetime(2026, 11, 30, 20, 0, tzinfo=dt.timezone(dt.timedelta(hours=8))),
    )
    message = read_signed_data(made, content_types=(OWN_TYPE,))
    assert message.content_type == OWN_TYPE
    assert message.attributes[OWN_ATTRIBUTE] == value
    assert message.attributes["1.2.840.113549.1.9.5"] == b"\x17\r261130120000Z"


def test_content_of_another_type_is_refused_though_it_is_signed(signer):
    made = signed(signer, content_type=OWN_TYPE)
    with pytest.raises(MalformedMessageError):
        read_signed_data(made)
    with pytest.raises(MalformedMessageError):
        read_signed_data(signed(signer), content_types=(OWN_TYPE,))


def test_the_type_outside_must_be_the_signed_one(signer):
    made = signed(signer, content_type=OWN_TYPE)
    [other, mine] = object_identifier("1.3.6.1.4.1.99999.3"), object_identifier(OWN_TYPE)
    outside = made.replace(mine, other, 1)
    with pytest.raises(BadSignatureError):
        read_signed_data(outside, content_types=("1.3.6.1.4.1.99999.3",))


@pytest.mark.parametrize("content_type", [DATA, OWN_TYPE])
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_openssl_verifies_what_is_made(kind, content_type, tmp_path):
    key, sign = (rsa_key, sign_rsa) if kind == "rsa" else (ec_key, sign_ec)
    signer = Signer(make_der(key=key("signer")), sign)
    (tmp_path / "message").write_bytes(signed(signer, content_type=content_type))
    command = "cms -verify -noverify -binary -inform DER -in message"
    assert openssl(*command.split(), folder=tmp_path) == CONTENT


@pytest.mark.parametrize("options", [[], ["-keyid"], ["-md", "sha384"], ["-stream"]])
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_what_openssl_signs_is_read(kind, options, tmp_path):
    key = (rsa_key if kind == "rsa" else ec_key)("signer")
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = make_der(key=key, extensions={"2.5.29.14": octet_string(b"named by this")})
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "signer.der").write_bytes(certificate)
    (tmp_path / "content").write_bytes(CONTENT)
    openssl("x509", "-in", "signer.der", "-out", "signer.pem", folder=tmp_path)
    command = (
        "cms -sign -binary -nodetach -outform DER -in content -signer signer.pem -inkey key.pem"
    )
    message = openssl(*command.split(), *options, folder=tmp_path)
    assert read_signed_data(message).content == CONTENT


def test_signed_data_may_stand_alone_in_an_envelope(signer):
    made = draft(signer)
    inner = made.signed_data(signer.sign(made.to_be_signed))
    around = sequence(object_identifier(SIGNED_DATA), tagged(0, inner))
    assert read_signed_data(around).content == CONTENT


class TestOddButRight:
    """What other programs write, and is read all the same."""

    def test_the_content_types_of_gm_t_0010(self, signer):
        message = signed(signer, content_type=GM_DATA)
        gm = sequence(object_identifier(GM_SIGNED_DATA), *_rest_of(message))
        read = read_signed_data(gm)
        assert (read.content_type, read.content) == (DATA, CONTENT)

    @pytest.mark.parametrize("oid", [SM2_WITH_SM3, SM2_SIGNATURE])
    @pytest.mark.parametrize("has_null", [True, False])
    def test_algorithms_of_sm2_by_another_name_and_with_null(self, sm2, oid, has_null):
        null = core.Null() if has_null else None

        def change(info: cms.SignerInfo) -> None:
            info["signature_algorithm"] = {"algorithm": oid, "parameters": null}
            info["digest_algorithm"] = {"algorithm": "1.2.156.10197.1.401", "parameters": null}

        assert read_signed_data(changed(signed(sm2), change)).content == CONTENT

    def test_a_signature_of_the_content_itself_where_that_is_taken(self, signer):
        message = bare(signer, CONTENT)
        with pytest.raises(BadSignatureError):
            read_signed_data(message)
        read = read_signed_data(message, needs_attributes=False)
        assert (read.content, read.attributes) == (CONTENT, {})


class TestRefused:
    def test_attributes_of_another_message_are_no_content(self, signer):
        """Else what was signed of a message would be a message of its own."""
        stolen = draft(signer).to_be_signed
        with pytest.raises(BadSignatureError):
            read_signed_data(bare(signer, stolen), needs_attributes=False)

    def test_another_type_without_attributes(self, signer):
        made = signed(signer, content_type=OWN_TYPE)

        def change(info: cms.SignerInfo) -> None:
            info["signed_attrs"] = None
            info["signature"] = signer.sign(CONTENT)

        with pytest.raises(BadSignatureError):
            read_signed_data(
                changed(made, change), content_types=(OWN_TYPE,), needs_attributes=False
            )

    def test_a_changed_byte_changes_nothing_that_is_believed(self, signer):
        der = signed(signer)
        for position in range(0, len(der), 7):
            spoilt = bytearray(der)
            spoilt[position] ^= 0x20
            # Bytes no signature covers (the certificate's own) may change; the content never may.
            with contextlib.suppress(MessageError):
                assert read_signed_data(bytes(spoilt)).content == CONTENT

    def test_a_message_that_is_cut_short_or_goes_on(self, signer):
        der = signed(signer)
        for damaged in (der + b"\0", der[:-1], der[: len(der) // 2], b"", b"\x30\x80"):
            with pytest.raises(MalformedMessageError):
                read_signed_data(damaged)

    def test_the_digest_of_another_content(self, signer):
        info = cms.ContentInfo.load(signed(signer))
        info["content"]["encap_content_info"]["content"] = b"other"
        with pytest.raises(BadSignatureError):
            read_signed_data(info.dump(force=True))

    def test_an_attribute_twice(self, signer):
        values = draft(signer).to_be_signed
        attributes = cms.CMSAttributes.load(values)
        twice = encoded(0x31, *sorted([a.dump() for a in attributes] * 2))

        def change(info: cms.SignerInfo) -> None:
            info["signed_attrs"] = cms.CMSAttributes.load(twice)
            info["signature"] = signer.sign(twice)

        with pytest.raises(BadSignatureError):
            read_signed_data(changed(signed(signer), change))

    def test_an_attribute_that_is_more_than_type_and_values(self, signer):
        said = object_identifier(DATA)
        whole = attribute(CONTENT_TYPE, said)
        more = sequence(object_identifier(CONTENT_TYPE), set_of(), octet_string(said[2:]))
        assert len(more) == len(whole), "so that nothing around it has to be changed"
        with pytest.raises(BadSignatureError):
            read_signed_data(signed(signer).replace(whole, more))

    def test_a_digest_that_is_not_the_signatures(self, signer, sm2):
        other = "sha256" if signer is sm2 else "1.2.156.10197.1.401"

        def change(info: cms.SignerInfo) -> None:
            info["digest_algorithm"] = {"algorithm": other}

        with pytest.raises(BadSignatureError):
            read_signed_data(changed(signed(signer), change))

    def test_two_signers(self, signer):
        info = cms.ContentInfo.load(signed(signer))
        one = info["content"]["signer_infos"][0]
        info["content"]["signer_infos"] = cms.SignerInfos([one, one.copy()])
        with pytest.raises(MalformedMessageError):
            read_signed_data(info.dump(force=True))

    def test_a_certificate_that_is_not_there(self, signer):
        info = cms.ContentInfo.load(signed(signer))
        info["content"]["certificates"] = None
        with pytest.raises(BadSignatureError):
            read_signed_data(info.dump(force=True))

    def test_content_that_is_elsewhere(self, signer):
        info = cms.ContentInfo.load(signed(signer))
        info["content"]["encap_content_info"] = {"content_type": "data"}
        with pytest.raises(MalformedMessageError):
            read_signed_data(info.dump(force=True))

    def test_a_certificate_of_somebody_else(self, signer, sm2, sm2_key):
        made = draft(signer)
        forged = made.message(sign_ec(made.to_be_signed) if signer is sm2 else sm2_key.sign(b""))
        with pytest.raises(BadSignatureError):
            read_signed_data(forged)

    @settings(max_examples=100)
    @given(st.data())
    def test_whatever_comes_is_one_of_two_errors(self, message, data):
        der = bytearray(message)
        for _ in range(data.draw(st.integers(1, 4))):
            der[data.draw(st.integers(0, len(der) - 1))] = data.draw(st.integers(0, 255))
        with contextlib.suppress(MessageError):
            assert read_signed_data(bytes(der)).content == CONTENT

    @given(st.binary(max_size=200))
    def test_noise_is_malformed(self, noise):
        with pytest.raises(MalformedMessageError):
            read_signed_data(noise)
        with pytest.raises(MalformedMessageError):
            read_certificates(noise)


class TestCertificatesOnly:
    def test_what_openssl_packs_is_read(self, sm2, tmp_path):
        ders = [sm2.certificate, make_der(key=ec_key("one"))]
        options = []
        for number, der in enumerate(ders):
            (tmp_path / f"{number}.pem").write_bytes(openssl("x509", "-inform", "DER", stdin=der))
            options += ["-certfile", f"{number}.pem"]
        packed = openssl("crl2pkcs7", "-nocrl", "-outform", "DER", *options, folder=tmp_path)
        assert sorted(read_certificates(packed)) == sorted(ders)
        gm = sequence(object_identifier(GM_SIGNED_DATA), *_rest_of(packed))
        assert sorted(read_certificates(gm)) == sorted(ders)

    def test_none_is_none(self):
        empty = subprocess.run(
            ["openssl", "crl2pkcs7", "-nocrl", "-outform", "DER"],
            capture_output=True, check=True, stdin=subprocess.DEVNULL,
        ).stdout  # fmt: skip
        assert read_certificates(empty) == []


def _rest_of(message: bytes) -> list[bytes]:
    """Return what follows the type in a ContentInfo."""
    _, *rest = elements(read_element(message).content)
    return [element.encoded for element in rest]


def test_octets_in_pieces_are_one_content(sm2):
    """BER (RFC 5652, 2): the content may come in pieces, of a length that shows at the end."""
    whole = signed(sm2)
    pieces = b"\x24\x80" + octet_string(CONTENT[:5]) + octet_string(CONTENT[5:]) + b"\0\0"
    info = cms.ContentInfo.load(whole)
    parts = [info["content"][name].dump() for name in ("version", "digest_algorithms")]
    content = sequence(object_identifier(DATA), b"\xa0\x80" + pieces + b"\0\0")
    rest = [info["content"][name].dump() for name in ("certificates", "signer_infos")]
    ber = sequence(object_identifier(SIGNED_DATA), tagged(0, sequence(*parts, content, *rest)))
    assert read_signed_data(ber).content == CONTENT
