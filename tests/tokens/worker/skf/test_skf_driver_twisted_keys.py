"""An encryption key that is twisted inside its envelope, where nobody sees it but the token."""

from __future__ import annotations

import pytest
from skf_bench import sm2_certificate
from sm2_key import ORDER, Sm2Key

from agent.keys import sm4
from agent.keys.public_key import PublicKey
from agent.keys.sm2_cipher import Sm2Cipher
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from agent.tokens import protocol
from agent.tokens.errors import KeyEnvelopeUnopenedError
from sandbox.skf_token.state import Half

KEY = bytes(range(16))
PAIR = Sm2Key.new()
NUMBER = int.from_bytes(PAIR.private, "big")
SM4_KEY = bytes(range(16))


def number(value: int) -> bytes:
    return (value % (1 << 256)).to_bytes(32, "big")


RIGHT = {
    "the number": PAIR.private,
    "zeros before it": bytes(32) + PAIR.private,
    "anything before it": bytes(range(32)) + PAIR.private,
}
TWISTED = {
    "zeros after it": PAIR.private + bytes(32),
    "another after it": PAIR.private + Sm2Key.new().private,
    "zero": number(0),
    "one": number(1),
    "the order": number(ORDER),
    "its negative": number(ORDER - NUMBER),
    "one more": number(NUMBER + 1),
    "out of range": number(-1),
    "its bytes backwards": PAIR.private[::-1],
    "its halves exchanged": PAIR.private[16:] + PAIR.private[:16],
    "SM4 the other way": sm4.encrypted(SM4_KEY, PAIR.private),
}


@pytest.fixture
def recipient(desk):
    """A new signing key on the token, beside which the encryption key is to lie."""
    with desk.logged_in() as token:
        request = protocol.GenerateKeyPair(key=KEY, label="sign", key_types=("sm2",), usage="sign")
        yield PublicKey.read(token.generate_key_pair(request).public_key)


@pytest.fixture(scope="module")
def certificate() -> bytes:
    return sm2_certificate(PAIR, "encryption")


@pytest.fixture
def take(desk, recipient, certificate):
    """Have the token take what is said to be ``PAIR`` and has these bytes under SM4."""

    def taken(private: bytes, sealed: bytes = SM4_KEY) -> protocol.KeyPairFacts:
        envelope = Sm2EnvelopedKey(
            PAIR.public, Sm2Cipher.read(recipient.seal(sealed)), sm4.encrypted(SM4_KEY, private)
        )
        request = protocol.ImportKeyPair(
            key=b"new", label="encrypt", recipient=KEY, envelope=envelope.der,
            envelope_kind=protocol.EnvelopeKind.SM2, certificate=certificate,
        )  # fmt: skip
        with desk.logged_in() as token:
            return token.import_key_pair(request)

    return taken


def halves(desk):
    old, new = desk.bench.on_disk().applications[0].containers
    return old, new.encryption


@pytest.mark.parametrize("form", RIGHT)
def test_what_some_authorities_put_before_the_number_does_not_matter(desk, take, form):
    assert PublicKey.read(take(RIGHT[form]).public_key) == PAIR.public
    assert halves(desk)[1].private == PAIR.private


@pytest.mark.parametrize("form", TWISTED)
def test_another_number_is_refused_and_nothing_is_written(desk, take, form):
    old, _ = halves(desk)
    with pytest.raises(KeyEnvelopeUnopenedError):
        take(TWISTED[form])
    kept, new = halves(desk)
    assert kept == old
    assert new == Half()


@pytest.mark.parametrize("form", [*TWISTED, "the number"])
def test_a_token_that_takes_anything_is_not_believed(desk, take, form):
    """Some say SAR_OK of what is useless then; the old pair stays in any case."""
    desk.bench.misbehave("imports_anything")
    old, _ = halves(desk)
    if form in RIGHT:
        take(RIGHT[form])
        return
    with pytest.raises(KeyEnvelopeUnopenedError):
        take(TWISTED[form])
    kept, new = halves(desk)
    assert (kept, new.certificate) == (old, b"")


@pytest.mark.parametrize("sealed", [bytes(16), SM4_KEY[::-1]], ids=["zeros", "backwards"])
def test_another_key_of_sm4_opens_nothing(take, sealed):
    with pytest.raises(KeyEnvelopeUnopenedError):
        take(PAIR.private, sealed)
