"""What an SKF token does once its PIN was given: keys, signatures, certificates, encryption keys."""

from __future__ import annotations

import secrets

import pytest
from certificate_maker import ENCRYPTION, make_x509, rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from skf_bench import application, rsa_container, sm2_certificate
from skf_desk import SkfDesk, both_pairs, public_key_of
from sm2_key import Sm2Key

from agent.keys.public_key import PublicKey
from agent.keys.requests import read_request
from agent.keys.rsa_enveloped_key import RsaEnvelopedKey
from agent.keys.signed_data import read_signed_data
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from agent.tokens import protocol
from agent.tokens.errors import (
    KeyEnvelopeInvalidError,
    KeyEnvelopeUnopenedError,
    KeyIdTakenError,
    KeyMismatchError,
    KeyTypeUnsupportedError,
    NotWrittenError,
    ObjectMissingError,
    SignatureInvalidError,
    TokenFullError,
)
from agent.tokens.worker.skf.logged_in import LoggedInToken
from sandbox.skf_token.building import ODD_SHAPES, SHAPES

KEY = bytes(range(16))


def generate(token: LoggedInToken, key: bytes = KEY, *key_types: str, usage: str = "sign"):
    types = key_types or ("rsa:4096", "sm2", "rsa:2048")
    request = protocol.GenerateKeyPair(key=key, label="sign", key_types=types, usage=usage)
    return token.generate_key_pair(request)


def envelope_for(recipient: PublicKey, pair: Sm2Key) -> bytes:
    return Sm2EnvelopedKey.made(pair.private, PublicKey.from_point(pair.point), recipient).der


def import_request(pair: Sm2Key, opener: PublicKey, **changes) -> protocol.ImportKeyPair:
    wanted = {
        "key": secrets.token_bytes(16), "label": "encrypt", "recipient": KEY,
        "envelope": envelope_for(opener, pair), "envelope_kind": protocol.EnvelopeKind.SM2,
        "certificate": sm2_certificate(pair, "encryption"),
    }  # fmt: skip
    return protocol.ImportKeyPair(**(wanted | changes))


@pytest.mark.parametrize("key_types", [("sm2",), ("rsa:2048",), ("sm2", "rsa:2048")])
def test_a_token_that_holds_encryption_pairs_only_says_so_and_keeps_no_empty_container(
    desk, key_types
):
    desk.bench.misbehave("encryption_only")
    with desk.logged_in() as token, pytest.raises(KeyTypeUnsupportedError, match=key_types[0]):
        token.generate_key_pair(
            protocol.GenerateKeyPair(key=KEY, label="sign", key_types=key_types, usage="sign")
        )
    [container] = desk.bench.on_disk().applications[0].containers
    assert container.name == "SM2"


@pytest.mark.parametrize("shape", [*SHAPES, *ODD_SHAPES[:2]], ids=lambda shape: shape.name)
def test_a_whole_renewal_of_both_keys_works_through_every_shape(bench, shape):
    desk = SkfDesk(bench, shape=shape)
    old, _ = desk.pair
    with desk.logged_in() as token:
        token.check_room(protocol.CheckRoom(bytes=4096))
        made = generate(token)
        request = token.sign_request(protocol.SignRequest(key=KEY, certificate=old.value))
        content_type = "1.2.840.113549.1.7.1"
        message = token.sign_message(
            protocol.SignMessage(
                key=old.key, certificate=old.value, content=b"{}", content_type=content_type
            )
        )
    public = PublicKey.read(made.public_key)
    assert read_request(request).is_signed()
    assert read_request(request).key() == public
    assert read_signed_data(message).key == public_key_of(old)
    new, encryption = Sm2Key.new(), Sm2Key.new()
    certificate = sm2_certificate(encryption, "encryption")
    with desk.logged_in() as token:
        wanted = import_request(encryption, public, certificate=certificate)
        imported = token.import_key_pair(wanted)
        assert imported.key == made.encryption_place
        assert token.import_key_pair(wanted) == imported, "a repeat finds it"
        assert token.prove_decryption(
            protocol.ProveDecryption(key=imported.key, public_key=imported.public_key)
        )
        token.write_certificate(
            protocol.WriteCertificate(key=imported.key, label="", certificate=certificate)
        )
        signature = token.sign_data(protocol.SignData(key=KEY, data=b"challenge"))
        assert public.verify(b"challenge", signature)
        with pytest.raises(ObjectMissingError):
            token.write_certificate(
                protocol.WriteCertificate(key=KEY, label="", certificate=sm2_certificate(new))
            )
    containers = bench.on_disk().applications[0].containers
    assert [container.name for container in containers] == ["SM2", KEY.hex()]
    assert containers[1].encryption.certificate == certificate
    assert containers[1].encryption.private == encryption.private


def test_a_key_is_made_in_a_container_of_its_own_and_destroyed_with_it(desk):
    before = desk.bench.on_disk().applications[0].containers
    with desk.logged_in() as token:
        made = generate(token)
        assert token.find_key_pair(protocol.FindKeyPair(key=KEY)) == made
        token.destroy_key_pair(protocol.DestroyKeyPair(key=KEY))
        token.destroy_key_pair(protocol.DestroyKeyPair(key=KEY))
        assert not token.find_key_pair(protocol.FindKeyPair(key=KEY)).private
    assert desk.bench.on_disk().applications[0].containers == before


def test_nothing_is_made_where_a_key_is(desk):
    signing, _ = desk.pair
    with desk.logged_in() as token:
        generate(token)
        for key in (KEY, signing.key):
            with pytest.raises(KeyIdTakenError):
                generate(token, key)


def test_a_container_that_a_kill_left_empty_is_used(desk):
    desk.bench.misbehave("SKF_GenECCKeyPair=0x0A000001, SKF_DeleteContainer=0x0A000001")
    with desk.logged_in() as token:
        with pytest.raises(NotWrittenError):
            generate(token)
        desk.bench.misbehave("")
        assert generate(token).private
    assert len(desk.bench.on_disk().applications[0].containers) == 2


def test_a_container_whose_key_could_not_be_made_is_removed(desk):
    desk.bench.misbehave("SKF_GenECCKeyPair=0x0A000001")
    with desk.logged_in() as token, pytest.raises(NotWrittenError):
        generate(token)
    assert len(desk.bench.on_disk().applications[0].containers) == 1


def test_the_other_number_of_the_algorithm_is_tried_where_one_is_refused(desk):
    desk.bench.misbehave("sm2_1=0x20200")
    with desk.logged_in() as token:
        assert generate(token).private


@pytest.mark.parametrize(
    ("types", "usage"), [(("rsa:3072", "ec:secp256r1"), "sign"), (("sm2",), "decrypt")]
)
def test_what_the_driver_cannot_make_is_refused(desk, types, usage):
    with desk.logged_in() as token, pytest.raises(KeyTypeUnsupportedError):
        generate(token, KEY, *types, usage=usage)


def test_a_token_that_takes_no_container_more_says_so_before_anything_is_made(bench):
    desk = SkfDesk(bench, (application(both_pairs(), most_containers=1),))
    with desk.logged_in() as token:
        with pytest.raises(TokenFullError):
            token.check_room(protocol.CheckRoom(bytes=100))
        with pytest.raises(TokenFullError):
            generate(token)


def test_room_is_what_the_token_says_it_has(desk):
    free = desk.bench.on_disk().free_bytes
    with desk.logged_in() as token:
        token.check_room(protocol.CheckRoom(bytes=free))
        with pytest.raises(TokenFullError):
            token.check_room(protocol.CheckRoom(bytes=free + 1))


def test_a_placeholder_that_a_kill_left_goes_with_the_next_check(desk):
    desk.bench.misbehave("SKF_DeleteContainer=0x0A000001!1")
    with desk.logged_in() as token:
        with pytest.raises(Exception, match="DeleteContainer"):
            token.check_room(protocol.CheckRoom(bytes=100))
        assert len(desk.bench.on_disk().applications[0].containers) == 2
        token.check_room(protocol.CheckRoom(bytes=100))
    assert len(desk.bench.on_disk().applications[0].containers) == 1


def test_what_goes_with_a_pair_is_all_of_its_container(desk):
    signing, encryption = desk.pair
    with desk.logged_in() as token:
        for one, other in ((signing, encryption), (encryption, signing)):
            along = token.find_companions(protocol.FindCompanions(key=one.key))
            assert set(along.certificates) == {signing.value, encryption.value}
            assert along.keys == (other.key,)
        nothing = token.find_companions(protocol.FindCompanions(key=KEY))
        assert (nothing.certificates, nothing.keys) == ((), ())


@pytest.mark.parametrize("fault", ["garbage", "lies"])
def test_what_is_no_signature_goes_nowhere(desk, fault):
    signing, _ = desk.pair
    desk.bench.misbehave(f"SKF_ECCSignData={fault}")
    with desk.logged_in() as token:
        for order in (
            lambda: token.sign_data(protocol.SignData(key=signing.key, data=b"x")),
            lambda: token.sign_request(
                protocol.SignRequest(key=signing.key, certificate=signing.value)
            ),
            lambda: token.sign_message(
                protocol.SignMessage(key=signing.key, certificate=signing.value, content=b"x")
            ),
        ):
            with pytest.raises(SignatureInvalidError):
                order()


def test_a_key_that_is_not_there_signs_nothing(desk):
    with desk.logged_in() as token:
        for key in (KEY, b"signature pair of NONE", b"nonsense"):
            with pytest.raises(ObjectMissingError):
                token.sign_data(protocol.SignData(key=key, data=b"x"))


def test_a_certificate_is_written_to_its_keys_place_and_read_back(desk):
    signing, encryption = desk.pair
    with desk.logged_in() as token:
        calls = desk.bench.report().calls.get("SKF_ImportCertificate", 0)
        for found in (signing, encryption):
            for key in (signing.key, encryption.key):
                token.write_certificate(
                    protocol.WriteCertificate(key=key, label="", certificate=found.value)
                )
        assert desk.bench.report().calls.get("SKF_ImportCertificate", 0) == calls, "they are there"
        generate(token)


def test_a_certificate_that_was_not_stored_is_told_of(desk):
    with desk.logged_in() as token:
        made = generate(token)
        desk.bench.misbehave("SKF_ImportCertificate=lies")
        # Any certificate for the new key: the place counts, not the signature.
        other = desk.pair[0]
        certificate = other.value.replace(
            public_key_of(other).bits, PublicKey.read(made.public_key).bits
        )
        request = protocol.WriteCertificate(key=KEY, label="", certificate=certificate)
        with pytest.raises(NotWrittenError):
            token.write_certificate(request)
        desk.bench.misbehave("")
        token.write_certificate(request)
    [_, new] = desk.bench.on_disk().applications[0].containers
    assert new.signing.certificate == certificate


def test_a_pair_proves_what_is_sealed_for_it_and_nothing_else(desk):
    _, encryption = desk.pair
    stranger = PublicKey.from_point(Sm2Key.new().point)
    with desk.logged_in() as token:
        for public, is_its_own in ((public_key_of(encryption), True), (stranger, False)):
            request = protocol.ProveDecryption(key=encryption.key, public_key=public.der)
            assert token.prove_decryption(request) is is_its_own
        desk.bench.misbehave("SKF_Encrypt=garbage")
        request = protocol.ProveDecryption(
            key=encryption.key, public_key=public_key_of(encryption).der
        )
        assert not token.prove_decryption(request)


def test_an_envelope_for_another_key_is_refused_after_two_tries(desk):
    with desk.logged_in() as token:
        generate(token)
        stranger = PublicKey.from_point(Sm2Key.new().point)
        with pytest.raises(KeyEnvelopeUnopenedError):
            token.import_key_pair(import_request(Sm2Key.new(), stranger))
    assert desk.bench.report().calls["SKF_ImportECCKeyPair"] == 2


@pytest.mark.parametrize("fault", ["lies", "imports_anything"])
def test_an_import_that_is_said_to_be_done_is_believed_when_it_is_proved(desk, fault):
    with desk.logged_in() as token:
        made = PublicKey.read(generate(token).public_key)
        stranger = PublicKey.from_point(Sm2Key.new().point)
        is_lie = fault == "lies"
        desk.bench.misbehave("SKF_ImportECCKeyPair=lies" if is_lie else fault)
        with pytest.raises(KeyEnvelopeUnopenedError):
            token.import_key_pair(import_request(Sm2Key.new(), made if is_lie else stranger))


def test_an_import_that_fails_once_is_made_again(desk):
    with desk.logged_in() as token:
        made = PublicKey.read(generate(token).public_key)
        desk.bench.misbehave("SKF_ImportECCKeyPair=0x0A000001!1")
        assert token.import_key_pair(import_request(Sm2Key.new(), made)).private


def test_an_envelope_that_does_not_fit_its_certificate_is_not_imported(desk):
    with desk.logged_in() as token:
        made = PublicKey.read(generate(token).public_key)
        other = sm2_certificate(Sm2Key.new(), "encryption")
        for error, changes in (
            (KeyMismatchError, {"certificate": other}),
            (KeyEnvelopeInvalidError, {"envelope": b"nonsense"}),
            (KeyEnvelopeInvalidError, {"envelope_kind": protocol.EnvelopeKind.CMS}),
        ):
            with pytest.raises(error):
                token.import_key_pair(import_request(Sm2Key.new(), made, **changes))
    assert "SKF_ImportECCKeyPair" not in desk.bench.report().calls


def test_another_encryption_key_is_never_replaced(desk):
    signing, _ = desk.pair
    wanted = import_request(Sm2Key.new(), public_key_of(signing), recipient=signing.key)
    with desk.logged_in() as token, pytest.raises(KeyIdTakenError):
        token.import_key_pair(wanted)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_keys_of_rsa_that_are_there_sign_and_prove_themselves(bench, shape):
    desk = SkfDesk(bench, (application(rsa_container()),), shape=shape)
    signing, encryption = desk.pair
    with desk.logged_in() as token:
        facts = token.find_key_pair(protocol.FindKeyPair(key=signing.key))
        assert PublicKey.read(facts.public_key) == public_key_of(signing)
        assert facts.encryption_place == encryption.key
        signature = token.sign_data(protocol.SignData(key=signing.key, data=b"challenge"))
        assert public_key_of(signing).verify(b"challenge", signature)
        request = protocol.SignMessage(
            key=signing.key, certificate=signing.value, content=b"content"
        )
        assert read_signed_data(token.sign_message(request)).key == public_key_of(signing)
        for public, is_its_own in (
            (public_key_of(encryption), True),
            (public_key_of(signing), False),
            (PublicKey.from_point(Sm2Key.new().point), False),
        ):
            proof = protocol.ProveDecryption(key=encryption.key, public_key=public.der)
            assert token.prove_decryption(proof) is is_its_own


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_a_pair_of_rsa_is_made_in_a_container_of_its_own(bench, shape):
    desk = SkfDesk(bench, (application(rsa_container()),), shape=shape)
    signing, _ = desk.pair
    with desk.logged_in() as token:
        made = generate(token, KEY, "rsa:4096", "rsa:2048")
        request = token.sign_request(protocol.SignRequest(key=KEY, certificate=signing.value))
    assert PublicKey.read(made.public_key).kind == "rsa:2048"
    assert made.encryption_place
    assert read_request(request).key() == PublicKey.read(made.public_key)
    assert len(bench.on_disk().applications[0].containers) == 2


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_an_encryption_pair_of_rsa_is_imported_beside_its_recipient_and_proved(bench, shape):
    desk = SkfDesk(bench, (application(rsa_container()),), shape=shape)
    pair = rsa_key("RSA encryption")
    pkcs1 = pair.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = PublicKey.from_cryptography(pair.public_key())
    certificate = make_x509(key=pair, usage=ENCRYPTION).public_bytes(Encoding.DER)
    with desk.logged_in() as token:
        made = generate(token, KEY, "rsa:2048")
        recipient = PublicKey.read(made.public_key)

        def order(opener: PublicKey) -> protocol.ImportKeyPair:
            return protocol.ImportKeyPair(
                key=made.encryption_place, label="encrypt", recipient=KEY, certificate=certificate,
                envelope=RsaEnvelopedKey.made(pkcs1, public, opener).der,
                envelope_kind=protocol.EnvelopeKind.RSA,
            )  # fmt: skip

        with pytest.raises(KeyEnvelopeUnopenedError):
            token.import_key_pair(order(public))
        imported = token.import_key_pair(order(recipient))
        assert token.import_key_pair(order(recipient)) == imported, "a repeat finds it"
        assert (imported.key, imported.public_key) == (made.encryption_place, public.der)
        write = protocol.WriteCertificate(key=imported.key, label="", certificate=certificate)
        token.write_certificate(write)
    new = bench.on_disk().applications[0].containers[1]
    assert new.encryption.public == public.der
    assert new.encryption.certificate == certificate
