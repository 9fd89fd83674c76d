"""Keys on the token: what is made with them is checked by others, cryptography and openssl."""

from __future__ import annotations

import struct
from pathlib import Path

import msgspec
import pytest
from certificate_maker import china, ec_key, make_x509, name, openssl
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from pkcs11 import Attribute
from soft_token import SoftTokens, logged_in

from agent.ground.reports import ReportedError
from agent.keys.signed_data import DATA, MalformedMessageError, read_signed_data
from agent.renewals.authorities.signed_messages import ContentType
from agent.renewals.steps.checks import proves_key
from agent.tokens import protocol
from agent.tokens.model import KeyCompanions
from agent.tokens.worker.cryptoki.keys import sign_data, token_key

KEY_TYPES = ["rsa:2048", "rsa:3072", "ec:secp256r1", "ec:secp384r1"]
KEY_ID = bytes(range(20))
OWN_TYPE = ContentType.MANIFEST.value
CONTENT = '{"版本": 1}\r\nsecond line\n'.encode()


@pytest.fixture(params=KEY_TYPES)
def key_type(request):
    return request.param


@pytest.fixture
def old() -> x509.Certificate:
    """The certificate whose subject a request carries over."""
    return make_x509(subject=name(common_name="深圳市样例有限公司"))


async def generate(session, key_type="ec:secp256r1", key_id=KEY_ID):
    return await session.call(
        protocol.GenerateKeyPair(key=key_id, label="sign", key_types=(key_type,))
    )


def certify(public_key: bytes, not_after: str = "2099-01-01 00:00:00") -> x509.Certificate:
    """Return a certificate for a key on the token."""

    class Holder:
        @staticmethod
        def public_key():
            return load_der_public_key(public_key)

    return make_x509(key=Holder(), not_after=china(not_after))


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


async def test_a_generated_pair_is_of_the_kind_asked_for(tokens, key_type):
    async with logged_in(tokens) as session:
        pair = await generate(session, key_type)
    assert (pair.key, pair.public, pair.private) == (KEY_ID, True, True)
    key = load_der_public_key(pair.public_key)
    family, _, size = key_type.partition(":")
    if family == "rsa":
        assert (key.key_size, key.public_numbers().e) == (int(size), 65537)
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key.curve.name == size


async def test_a_request_carries_the_subject_over_and_proves_its_key(
    tokens, old, key_type, tmp_path
):
    async with logged_in(tokens) as session:
        pair = await generate(session, key_type)
        request = await session.call(protocol.SignRequest(key=KEY_ID, certificate=der(old)))
    read = x509.load_der_x509_csr(request)
    assert read.is_signature_valid
    assert read.subject.public_bytes() == old.subject.public_bytes()
    spki = read.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert spki == pair.public_key
    (tmp_path / "request.der").write_bytes(request)
    openssl("req", "-verify", "-noout", "-inform", "DER", "-in", "request.der", folder=tmp_path)


async def test_a_signed_message_is_verified_by_openssl(tokens, key_type, tmp_path):
    async with logged_in(tokens) as session:
        pair = await generate(session, key_type)
        certificate = certify(pair.public_key)
        message = await session.call(
            protocol.SignMessage(key=KEY_ID, certificate=der(certificate), content=CONTENT)
        )
    assert verified(message, certificate, tmp_path) == CONTENT


async def test_a_signed_message_says_what_it_is_and_plain_data_where_nothing_is_said(
    tokens, key_type, tmp_path
):
    async with logged_in(tokens) as session:
        pair = await generate(session, key_type)
        certificate = certify(pair.public_key)
        asked = protocol.SignMessage(key=KEY_ID, certificate=der(certificate), content=CONTENT)
        typed = msgspec.structs.replace(asked, content_type=OWN_TYPE)
        messages = {
            kind: await session.call(request)
            for kind, request in ((DATA, asked), (OWN_TYPE, typed))
        }
    for kind, message in messages.items():
        assert verified(message, certificate, tmp_path) == CONTENT
        # Signed attributes in DER, the type among them; no other type is taken for it.
        assert read_signed_data(message, content_types={kind}).content_type == kind
        for other in messages.keys() - {kind}:
            with pytest.raises(MalformedMessageError):
                read_signed_data(message, content_types={other})


def verified(message: bytes, signer: x509.Certificate, folder: Path, *options: str) -> bytes:
    """Return the content of CMS SignedData after openssl has verified its signature."""
    issuer = make_x509(
        key=ec_key("issuer"),
        subject=signer.issuer,
        issuer=signer.issuer,
        is_ca=True,
        usage=frozenset({"key_cert_sign"}),
        not_after=china("2099-01-01 00:00:00"),
    )
    (folder / "issuer.pem").write_bytes(issuer.public_bytes(Encoding.PEM))
    (folder / "message.der").write_bytes(message)
    return openssl(
        "cms", "-verify", "-binary", "-inform", "DER", "-in", "message.der",
        "-CAfile", "issuer.pem", "-purpose", "any", *options,
        folder=folder,
    )  # fmt: skip


async def test_an_expired_certificates_key_still_signs(tokens, tmp_path):
    # That is the point of renewing with it: only the authority may waive the date.
    async with logged_in(tokens) as session:
        pair = await generate(session)
        expired = certify(pair.public_key, "2022-07-20 23:59:59")
        message = await session.call(
            protocol.SignMessage(key=KEY_ID, certificate=der(expired), content=b"manifest")
        )
    assert verified(message, expired, tmp_path, "-no_check_time") == b"manifest"


async def test_a_signature_proves_the_key(tokens, key_type):
    async with logged_in(tokens) as session:
        pair = await generate(session, key_type)
        signature = await session.call(protocol.SignData(key=KEY_ID, data=b"challenge"))
    certificate = certify(pair.public_key)
    assert proves_key(certificate, b"challenge", signature)
    assert not proves_key(certificate, b"another", signature)


class Wrong:
    """A module's private key that signs with bytes of its own."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def sign(self, *_arguments, **_options):
        return self._raw


@pytest.mark.parametrize("raw", [b"", b"\1" * 63, b"\1" * 64, b"\1" * 65, b"\0" * 64])
def test_a_curve_signature_of_a_wrong_length_or_content_goes_nowhere(raw):
    key = token_key(Wrong(raw), ec.generate_private_key(ec.SECP256R1()).public_key())
    with pytest.raises(InvalidSignature):
        sign_data(key, b"data")


@pytest.mark.parametrize("raw", [b"", b"\1" * 255, b"\1" * 256])
def test_an_rsa_signature_of_a_wrong_length_or_content_goes_nowhere(raw):
    key = token_key(Wrong(raw), rsa.generate_private_key(65537, 2048).public_key())
    with pytest.raises(InvalidSignature):
        sign_data(key, b"data")


async def test_a_key_of_no_kind_the_token_can_do_is_refused_and_not_made(tokens):
    async with logged_in(tokens) as session:
        with pytest.raises(ReportedError) as caught:
            await generate(session, "rsa:65536")
        found = await session.call(protocol.FindKeyPair(key=KEY_ID))
    assert caught.value.code == "key_type_unsupported"
    assert "libsofthsm2.so" in caught.value.reported.message_zh
    assert (found.public, found.private) == (False, False)


async def test_a_message_is_signed_where_the_public_half_is_missing(tokens, tmp_path):
    # Old tokens may hold the private key and the certificate only.
    async with logged_in(tokens) as session:
        pair = await generate(session)
    tokens.destroy("PUBLIC_KEY", KEY_ID)
    certificate = certify(pair.public_key)
    async with logged_in(tokens) as session:
        message = await session.call(
            protocol.SignMessage(key=KEY_ID, certificate=der(certificate), content=CONTENT)
        )
    assert verified(message, certificate, tmp_path) == CONTENT


async def test_a_written_certificate_is_listed_under_its_keys_id(tokens):
    async with logged_in(tokens) as session:
        certificate = der(certify((await generate(session)).public_key))
        await session.call(
            protocol.WriteCertificate(key=KEY_ID, label="sign", certificate=certificate)
        )
    assert await certificates_on(tokens) == [(KEY_ID, "sign", certificate)]


async def test_writing_the_same_certificate_again_changes_nothing(tokens, old):
    write = protocol.WriteCertificate(key=KEY_ID, label="sign", certificate=der(old))
    for _ in range(2):
        async with logged_in(tokens) as session:
            await session.call(write)
            await session.call(write)
    assert await certificates_on(tokens) == [(KEY_ID, "sign", der(old))]


async def test_another_certificate_under_the_same_id_is_written_beside_the_first(tokens, old):
    other = make_x509(subject=old.subject)
    async with logged_in(tokens) as session:
        for certificate in (old, other):
            await session.call(
                protocol.WriteCertificate(key=KEY_ID, label="sign", certificate=der(certificate))
            )
    assert {value for _, _, value in await certificates_on(tokens)} == {der(old), der(other)}


async def certificates_on(tokens: SoftTokens) -> list[tuple[bytes, str, bytes]]:
    [token] = (await tokens.content()).tokens
    return [(found.key, found.label, found.value) for found in token.certificates]


@pytest.mark.parametrize(
    ("destroyed", "left"),
    [(None, (True, True)), ("PUBLIC_KEY", (False, True)), ("PRIVATE_KEY", (True, False))],
)
async def test_half_a_key_pair_is_detected(tokens, destroyed, left):
    async with logged_in(tokens) as session:
        await generate(session)
    if destroyed:
        tokens.destroy(destroyed, KEY_ID)
    async with logged_in(tokens) as session:
        pair = await session.call(protocol.FindKeyPair(key=KEY_ID))
    assert (pair.public, pair.private) == left
    assert bool(pair.public_key) is pair.public


@pytest.mark.parametrize("destroyed", [None, "PUBLIC_KEY", "PRIVATE_KEY"])
async def test_whatever_exists_of_a_pair_is_destroyed_and_nothing_else(tokens, destroyed):
    async with logged_in(tokens) as session:
        await generate(session)
        await generate(session, key_id=b"other")
    if destroyed:
        tokens.destroy(destroyed, KEY_ID)
    async with logged_in(tokens) as session:
        for _ in range(2):
            await session.call(protocol.DestroyKeyPair(key=KEY_ID))
        gone = await session.call(protocol.FindKeyPair(key=KEY_ID))
        other = await session.call(protocol.FindKeyPair(key=b"other"))
    assert (gone.public, gone.private) == (False, False)
    assert (other.public, other.private) == (True, True)


async def test_with_a_pair_goes_what_lies_under_the_same_name(tokens, old):
    other = make_x509(subject=old.subject)
    async with logged_in(tokens) as session:
        await generate(session)
        await generate(session, key_id=b"other")
        assert await session.call(protocol.FindCompanions(key=KEY_ID)) == KeyCompanions()
        for certificate in (old, other):
            await session.call(
                protocol.WriteCertificate(key=KEY_ID, label="sign", certificate=der(certificate))
            )
        await generate(session)
        along = await session.call(protocol.FindCompanions(key=KEY_ID))
    assert set(along.certificates) == {der(old), der(other)}
    assert along.keys == (KEY_ID,), "a second private key of that name"


async def test_a_certificate_that_another_program_undid_is_missed_in_the_same_session(tokens, old):
    write = protocol.WriteCertificate(key=KEY_ID, label="sign", certificate=der(old))
    read = protocol.FindCompanions(key=KEY_ID)
    async with logged_in(tokens) as session:
        await generate(session)
        before = set(tokens.token_folder().glob("*.object"))
        await session.call(write)
        [file] = set(tokens.token_folder().glob("*.object")) - before
        (generation,) = struct.unpack_from(">Q", file.read_bytes())
        # What SoftHSM leaves of one that is read while it is made: a certificate (1) without a value.
        file.write_bytes(struct.pack(">4Q", generation + 1, Attribute.CLASS, 2, 1))
        assert await session.call(read) == KeyCompanions()
        await session.call(write)
        assert await session.call(read) == KeyCompanions(certificates=(der(old),))


async def test_with_a_pair_that_is_not_there_nothing_goes(tokens):
    async with logged_in(tokens) as session:
        assert await session.call(protocol.FindCompanions(key=b"none")) == KeyCompanions()


async def test_signing_with_a_key_that_is_not_there_says_so(tokens, old):
    async with logged_in(tokens) as session:
        for request in (
            protocol.SignData(key=b"none", data=b""),
            protocol.SignRequest(key=b"none", certificate=der(old)),
            protocol.SignMessage(key=b"none", certificate=der(old), content=b""),
        ):
            with pytest.raises(ReportedError) as caught:
                await session.call(request)
            assert caught.value.code == "object_missing"
            assert "private key" in str(caught.value)


async def test_a_private_key_never_leaves_the_token(tokens):
    async with logged_in(tokens) as session:
        await generate(session)
    attributes = tokens.attributes("PRIVATE_KEY", KEY_ID)
    assert attributes == {
        "SENSITIVE": True, "EXTRACTABLE": False, "PRIVATE": True, "LOCAL": True,
        "NEVER_EXTRACTABLE": True, "SIGN": True, "DECRYPT": False,
    }  # fmt: skip
