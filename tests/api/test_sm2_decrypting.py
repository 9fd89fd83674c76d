"""A page seals documents for an SM2 certificate, and has a token that speaks SKF open them. Needs gcc."""

from __future__ import annotations

import contextlib
import os

import pytest
from certificate_maker import ENCRYPTION, make_der, rsa_key
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from skf_bench import PIN, rsa_container, sm2_certificate
from sm2_key import Sm2Key
from test_login import code_of
from test_page_decrypting import Reader
from test_sm2_login import sm2_desk

from agent.certificates.model import CertificateUse
from agent.keys.certified import key_of
from agent.keys.der_writing import bit_string, integer, octet_string, sequence, tagged
from agent.keys.enveloped_data import enveloped
from agent.keys.sm2_enveloped_key import Sm2EnvelopedKey
from agent.sites import consent
from agent.sites.allowance import Rate
from agent.tokens.worker.envelope import read_envelope

CONTENT = "招标文件\n".encode() * 300_000
"""Longer than what a worker is given at a time."""


@pytest.fixture(autouse=True)
def many_questions(monkeypatch):
    """As many as these tests put one after the other."""
    for name in ("QUESTIONS_OF_HOST", "QUESTIONS_OF_DOMAIN", "QUESTIONS_OF_ALL"):
        monkeypatch.setattr(consent, name, Rate(burst=100, per_second=1))


@pytest.fixture
async def reader(runtime, monkeypatch):
    async with sm2_desk(runtime, monkeypatch) as (bench, desk, user):
        reader = Reader(desk, await desk.browser(), user)
        reader.bench = bench
        yield reader


def certificate_of(reader, use=CertificateUse.ENCRYPTION):
    [token] = reader.desk.inventory.snapshot.tokens
    return next(c.certificate.der for c in token.certificates if c.certificate.use is use)


async def test_what_a_page_seals_for_an_sm2_certificate_its_token_opens(reader):
    own, other = certificate_of(reader), make_der(key=rsa_key("other"), usage=ENCRYPTION)
    alone, together = await reader.seals(CONTENT, own), await reader.seals(b"", other, own)
    assert await reader.decrypts(alone, together, pin=PIN) == [CONTENT, b""]


async def test_a_message_with_sm4_is_opened_by_a_token_of_rsa_that_speaks_skf(runtime, monkeypatch):
    async with sm2_desk(runtime, monkeypatch, rsa_container()) as (_, desk, user):
        reader = Reader(desk, await desk.browser(), user)
        other = Sm2Key.new()
        message = enveloped(
            b"content", [certificate_of(reader), sm2_certificate(other, "encryption")]
        )
        assert await reader.decrypts(message, pin=PIN) == [b"content"]


def sec1(key: Sm2Key) -> bytes:
    """ECPrivateKey (RFC 5915)."""
    return sequence(integer(1), octet_string(key.private), tagged(1, bit_string(key.point)))


def private_keys():
    """A private key in every form in which an authority might have sent it."""
    key = Sm2Key.new()
    yield key.pkcs8
    yield b"around it" + key.pkcs8 + b"and more"
    yield sec1(key)
    yield bytes(32) + key.private
    yield rsa_key("secret").private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def spoilt(own, signing):
    """Messages that name the certificate and cannot be opened."""
    message = enveloped(b"content" * 10, [own])
    changed = bytearray(message)
    changed[-17] ^= 1  # the last byte of what fills it up: of other bytes one in 256 would pass
    yield bytes(changed)
    sealed = read_envelope(message, takes_sm=True).recipients[0].encrypted_key
    yield message.replace(sealed, sealed[:-1] + bytes((sealed[-1] ^ 1,)))
    for other in (Sm2Key.new().public, key_of(x509.load_der_x509_certificate(signing))):
        yield message.replace(sealed, as_long_as(sealed, other))
    yield message.replace(sealed, bytes(len(sealed)))


def as_long_as(sealed: bytes, public) -> bytes:
    """Return something sealed for a key, of that length: coordinates are shorter at times."""
    return next(
        made
        for made in (public.seal(os.urandom(16)) for _ in range(1000))
        if len(made) == len(sealed)
    )


async def test_whatever_goes_wrong_after_the_pin_is_one_error(reader):
    own, signing = certificate_of(reader), certificate_of(reader, CertificateUse.SIGNING)
    for message in spoilt(own, signing):
        assert await reader.decrypts(message, pin=PIN) == "not_decrypted"
    # A good one beside it is not handed out either.
    good = enveloped(b"content", [own])
    assert await reader.decrypts(good, message, pin=PIN) == "not_decrypted"


async def test_a_private_key_is_handed_to_no_page(reader):
    own = certificate_of(reader)
    for secret in private_keys():
        assert await reader.decrypts(enveloped(secret, [own]), pin=PIN) == "not_decrypted"


async def test_the_envelope_of_a_renewal_is_no_message(reader):
    """And what is sealed in it, for the key that signs, opens with no other, whatever is around it."""
    public = key_of(x509.load_der_x509_certificate(certificate_of(reader, CertificateUse.SIGNING)))
    pair = Sm2Key.new()
    envelope = Sm2EnvelopedKey.made(pair.private, pair.public, public)
    asking = reader.asks_to_decrypt(await reader.sends(envelope.der))
    assert code_of(await asking)[1] == "envelope_unreadable"
    message = enveloped(bytes(31), [certificate_of(reader)])
    read = read_envelope(message, takes_sm=True)
    [recipient] = read.recipients
    while len(envelope.sealed_key.der) != len(recipient.encrypted_key):
        envelope = Sm2EnvelopedKey.made(pair.private, pair.public, public)
    message = message.replace(recipient.encrypted_key, envelope.sealed_key.der)
    message = message.replace(read.content, envelope.encrypted[-32:])
    assert await reader.decrypts(message, pin=PIN) == "not_decrypted"


async def test_a_token_that_is_pulled_while_the_pin_is_typed_opens_nothing(reader):
    message = enveloped(b"content", [certificate_of(reader)])
    asking = reader.asks_to_decrypt(await reader.sends(message))
    prompt = await reader.prompt(await reader.question())
    reader.bench.pull()
    with contextlib.suppress(Exception):
        await reader.types(prompt, PIN)
    await reader.desk.inventory.refresh()
    for question in reader.desk.consent.questions.all:
        await reader.answers({"id": question.id}, "once")
    assert code_of(await asking)[1] in ("no_token", "not_signed", "not_decrypted")
