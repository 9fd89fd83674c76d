"""Messages that a token of SKF decrypts by itself, since it gives out no keys."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
from certificate_maker import ENCRYPTION, make_der, rsa_key
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from skf_bench import application, rsa_container
from skf_desk import SkfDesk, public_key_of
from sm2_key import Sm2Key

from agent.keys.enveloped_data import enveloped
from agent.tokens import protocol
from agent.tokens.errors import (
    KeyEnvelopeUnopenedError,
    ObjectMissingError,
    TokenError,
    TokenMissingError,
)
from agent.tokens.worker.envelope import read_envelope
from agent.tokens.worker.skf.decryption import AT_ONCE_BYTES
from sandbox.skf_token.building import SHAPES


@dataclass
class Message:
    """Blocks under a key of SM4, and that key sealed for a token."""

    clear: bytes
    sealed: bytes
    key: bytes
    initial: bytes

    @classmethod
    def to(cls, public, size=4 * AT_ONCE_BYTES) -> Message:
        key = os.urandom(16)
        return cls(os.urandom(size), public.seal(key), key, os.urandom(16))

    def request(self, key, **changes) -> protocol.DecryptContent:
        encryptor = Cipher(SM4(self.key), modes.CBC(self.initial)).encryptor()
        content = encryptor.update(self.clear) + encryptor.finalize()
        wanted = {"encrypted_key": self.sealed, "initial": self.initial, "content": content}
        return protocol.DecryptContent(key=key, **(wanted | changes))


@pytest.mark.parametrize("size", [16, AT_ONCE_BYTES, AT_ONCE_BYTES + 16, 5 * AT_ONCE_BYTES])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_it_decrypts_what_is_sealed_for_its_encryption_pair_through_every_shape(bench, shape, size):
    desk = SkfDesk(bench, shape=shape)
    _, encryption = desk.pair
    message = Message.to(public_key_of(encryption), size)
    with desk.logged_in() as token:
        assert token.decrypt_content(message.request(encryption.key)) == message.clear


def test_it_goes_on_piece_by_piece(desk):
    _, encryption = desk.pair
    message = Message.to(public_key_of(encryption), 64)
    whole = message.request(encryption.key)
    with desk.logged_in() as token:
        begin = token.decrypt_content(message.request(encryption.key, content=whole.content[:32]))
        rest = {"initial": whole.content[16:32], "content": whole.content[32:]}
        assert (
            begin + token.decrypt_content(message.request(encryption.key, **rest)) == message.clear
        )


def test_it_decrypts_with_sm4_for_a_pair_of_rsa_too(bench):
    desk = SkfDesk(bench, (application(rsa_container()),))
    _, encryption = desk.pair
    message = Message.to(public_key_of(encryption))
    with desk.logged_in() as token:
        assert token.decrypt_content(message.request(encryption.key)) == message.clear


def wrongs(own, signing):
    """Whatever a sender may try: for another key, for the one that signs, changed, no cipher at all."""
    good = own.seal(os.urandom(16))
    yield Sm2Key.new().public.seal(os.urandom(16))
    yield signing.seal(os.urandom(16))
    yield own.seal(os.urandom(15))
    yield own.seal(os.urandom(32))
    yield good[:-1] + bytes((good[-1] ^ 1,))
    yield good + b"\0"
    yield from (b"", b"\x30\x00", os.urandom(len(good)), os.urandom(256))


def test_what_does_not_open_is_refused_after_as_much_work(desk):
    """Nobody who sends messages learns from an error, or from how long it took, why one was not decrypted."""
    signing, encryption = desk.pair
    message = Message.to(public_key_of(encryption))
    with desk.logged_in() as token:
        token.decrypt_content(message.request(encryption.key))
        work = desk.bench.report().calls["SKF_Decrypt"]
        for count, wrong in enumerate(wrongs(public_key_of(encryption), public_key_of(signing)), 2):
            with pytest.raises(KeyEnvelopeUnopenedError):
                token.decrypt_content(message.request(encryption.key, encrypted_key=wrong))
            assert desk.bench.report().calls["SKF_Decrypt"] == count * work


@pytest.mark.parametrize("wrong", [bytes(256), os.urandom(256), b"", bytes(255)])
def test_of_rsa_it_becomes_as_random_as_another_key_makes_it(bench, wrong):
    desk = SkfDesk(bench, (application(rsa_container()),))
    _, encryption = desk.pair
    message = Message.to(public_key_of(encryption))
    with desk.logged_in() as token:
        request = message.request(encryption.key, encrypted_key=wrong)
        first, second = token.decrypt_content(request), token.decrypt_content(request)
    assert len(first) == len(message.clear)
    assert len({first, second, message.clear}) == 3


@pytest.mark.parametrize(
    "fault",
    [
        "SKF_Decrypt=0x0A00000E", "SKF_DecryptInit=0x0A000003", "SKF_Decrypt=garbage",
        "SKF_ImportSessionKey=0x0A00000E",
    ],
)  # fmt: skip
def test_a_library_that_fails_is_an_error_of_the_token(desk, fault):
    _, encryption = desk.pair
    message = Message.to(public_key_of(encryption))
    with desk.logged_in() as token:
        desk.bench.misbehave(fault)
        if fault.endswith("garbage"):
            assert token.decrypt_content(message.request(encryption.key)) != message.clear
            return
        with pytest.raises(TokenError):
            token.decrypt_content(message.request(encryption.key))


def test_a_token_that_is_pulled_out_is_missing(desk):
    _, encryption = desk.pair
    message = Message.to(public_key_of(encryption))
    with desk.logged_in() as token:
        desk.bench.pull()
        with pytest.raises(TokenMissingError):
            token.decrypt_content(message.request(encryption.key))


def test_a_pair_that_is_not_there_decrypts_nothing(desk):
    message = Message.to(Sm2Key.new().public)
    with desk.logged_in() as token, pytest.raises(ObjectMissingError):
        token.decrypt_content(message.request(b"\1" * 16))


def test_every_session_key_is_closed(desk):
    _, encryption = desk.pair
    message = Message.to(public_key_of(encryption))
    with desk.logged_in() as token:
        token.decrypt_content(message.request(encryption.key))
    calls = desk.bench.report().calls
    assert calls["SKF_CloseHandle"] == calls["SKF_ImportSessionKey"] == 1


def test_a_message_for_both_kinds_of_keys_is_opened_by_either(desk):
    _, encryption = desk.pair
    key = rsa_key("own")
    envelope = read_envelope(
        enveloped(b"content", [encryption.value, make_der(key=key, usage=ENCRYPTION)]),
        takes_sm=True,
    )
    assert sorted(recipient.is_sm2 for recipient in envelope.recipients) == [False, True]
    [sealed] = [r.encrypted_key for r in envelope.recipients if r.is_sm2]
    request = protocol.DecryptContent(
        key=encryption.key, encrypted_key=sealed, initial=envelope.initial, content=envelope.content
    )
    with desk.logged_in() as token:
        assert token.decrypt_content(request) == b"content" + b"\x09" * 9
