"""CAdES-B: read by programs of others, theirs by ours, and the signer's certificate cannot be exchanged."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from certificate_maker import ec_key, make_der, openssl, rsa_key
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sm2_key import Signer, sm2_signer

from agent.keys.cades import (
    SIGNING_CERTIFICATE_V2,
    SignerNotNamedError,
    cades_draft,
    names_its_signer,
    origin_in,
)
from agent.keys.der_writing import octet_string, sequence
from agent.keys.own_oids import ORIGIN
from agent.keys.schemes import USUAL
from agent.keys.signed_data import (
    BadSignatureError,
    MalformedMessageError,
    is_detached,
    read_detached,
    read_signed_data,
)
from agent.keys.signing import Elsewhere, SignedDataDraft

CONTENT = "投标文件\r\n".encode() * 1000
ORIGIN_OF_PAGE = "https://portal.example"


def pair(kind: str):
    """Return a private key of ours, a certificate for it, and what signs."""
    if kind == "rsa":
        key = rsa_key("cades")
        return key, Signer(
            make_der(key=key), lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        )
    key = ec_key("cades")
    return key, Signer(make_der(key=key), lambda data: key.sign(data, ec.ECDSA(hashes.SHA256())))


@pytest.fixture(scope="module", params=["rsa", "ec", "sm2"])
def signer(request, sm2) -> Signer:
    return sm2 if request.param == "sm2" else pair(request.param)[1]


def digest(algorithm: hashes.HashAlgorithm, content: bytes = CONTENT) -> bytes:
    found = hashes.Hash(algorithm)
    found.update(content)
    return found.finalize()


def signed(signer: Signer, *, detached: bool, origin: str = "", content: bytes = CONTENT) -> bytes:
    plain = SignedDataDraft(content=content, certificate=signer.certificate)
    elsewhere = Elsewhere(digest(USUAL[plain.key.family].digest, content))
    draft = cades_draft(
        elsewhere if detached else content,
        certificate=signer.certificate,
        signing_time=dt.datetime.now(
            dt.UTC
        ),  # BouncyCastle looks whether the certificate was valid
        origin=origin,
    )
    return draft.message(signer.sign(draft.to_be_signed))


@pytest.mark.parametrize("kind", ["rsa", "ec"])
@pytest.mark.parametrize("detached", [True, False])
def test_openssl_verifies_it_as_cades(kind, detached, tmp_path):
    _, signer = pair(kind)
    (tmp_path / "message").write_bytes(signed(signer, detached=detached, origin=ORIGIN_OF_PAGE))
    (tmp_path / "content").write_bytes(CONTENT)
    # The certificate is trusted as it is, whoever issued it: what is tried is what names it.
    (tmp_path / "signer.pem").write_bytes(
        openssl("x509", "-inform", "DER", stdin=signer.certificate)
    )
    command = (
        "cms -verify -cades -binary -inform DER -in message -CAfile signer.pem -partial_chain"
        " -no_check_time -purpose any"
    )
    beside = ["-content", "content"] if detached else []
    assert openssl(*command.split(), *beside, folder=tmp_path) == CONTENT


@pytest.mark.parametrize("detached", [True, False])
def test_bouncy_castle_verifies_it_with_sm2(bouncy_castle, sm2, detached):
    made = signed(sm2, detached=detached, origin=ORIGIN_OF_PAGE)
    assert bouncy_castle.ask("cades", made, CONTENT) == "good"
    assert bouncy_castle.ask("cades", made, CONTENT + b"!") == ("bad" if detached else "good")


def test_bouncy_castle_sees_when_another_certificate_is_named(
    bouncy_castle, sm2, sm2_key, tmp_path
):
    """Else the test above could not fail."""
    other = sm2_signer(sm2_key, tmp_path)
    made = signed(sm2, detached=True).replace(
        hashlib.new("sm3", sm2.certificate).digest(), hashlib.new("sm3", other.certificate).digest()
    )
    assert bouncy_castle.ask("cades", made, CONTENT) != "good"


@pytest.mark.parametrize("detached", [True, False])
def test_what_is_made_is_read(signer, detached):
    made = signed(signer, detached=detached, origin=ORIGIN_OF_PAGE)
    assert is_detached(made) is detached
    who = read_detached(made, digest) if detached else read_signed_data(made)
    assert who.certificate == signer.certificate
    assert names_its_signer(who.attributes, who.certificate)
    assert origin_in(who.attributes) == ORIGIN_OF_PAGE


def test_what_a_person_signs_names_no_origin(signer):
    attributes = read_detached(signed(signer, detached=True), digest).attributes
    assert ORIGIN not in attributes
    assert origin_in(attributes) == ""


@pytest.mark.parametrize("options", [["-cades"], ["-cades", "-md", "sha384"], ["-md", "sha512"]])
@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_what_openssl_signs_is_read(kind, options, tmp_path):
    key, signer = pair(kind)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "signer.pem").write_bytes(
        openssl("x509", "-inform", "DER", stdin=signer.certificate)
    )
    (tmp_path / "content").write_bytes(CONTENT)
    command = "cms -sign -binary -outform DER -in content -signer signer.pem -inkey key.pem"
    made = openssl(*command.split(), *options, folder=tmp_path)
    who = read_detached(made, digest)
    assert names_its_signer(who.attributes, who.certificate) is ("-cades" in options)


class TestRefused:
    def test_another_content(self, signer):
        made = signed(signer, detached=True)
        with pytest.raises(BadSignatureError):
            read_detached(made, lambda algorithm: digest(algorithm, CONTENT + b"\n"))

    def test_content_inside_where_it_must_be_elsewhere_and_the_other_way_round(self, signer):
        with pytest.raises(MalformedMessageError):
            read_detached(signed(signer, detached=False), digest)
        with pytest.raises(MalformedMessageError):
            read_signed_data(signed(signer, detached=True))

    def test_content_of_another_type(self, signer):
        elsewhere = Elsewhere(digest(USUAL[SignedDataDraft(
            content=b"", certificate=signer.certificate).key.family].digest))  # fmt: skip
        draft = SignedDataDraft(
            content=elsewhere, certificate=signer.certificate, content_type="1.3.6.1.4.1.99999.1"
        )
        with pytest.raises(MalformedMessageError):
            read_detached(draft.message(signer.sign(draft.to_be_signed)), digest)

    def test_another_certificate_for_the_same_key(self):
        key, signer = pair("ec")
        made = signed(signer, detached=True)
        # Same issuer, serial number and key, another name in it.
        other = make_der(key=key, usage=None)
        who = read_detached(made, digest)
        with pytest.raises(SignerNotNamedError):
            names_its_signer(who.attributes, other)

    @pytest.mark.parametrize(
        "value",
        [
            b"",
            b"\x05\x00",
            sequence(),
            sequence(sequence()),
            sequence(sequence(sequence())),
            sequence(sequence(sequence(sequence(b"\x06\x01\x2a"), octet_string(bytes(32))))),
        ],
    )
    def test_a_certificate_that_is_named_in_no_known_way(self, value):
        with pytest.raises(SignerNotNamedError):
            names_its_signer({SIGNING_CERTIFICATE_V2: value or b"\x30"}, b"certificate")

    @pytest.mark.parametrize("value", [b"", b"\x0c\x01\xff", b"\x04\x01x"])
    def test_an_origin_that_is_no_text_is_none(self, value):
        assert origin_in({ORIGIN: value}) == ""
