"""A page seals documents, and has them opened with a key on a real SoftHSM. Needs softhsm2."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import shutil
import threading

import pytest
from certificate_maker import ENCRYPTION, make_der, openssl, rsa_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from soft_token import PIN, SoftTokens, logged_in
from test_login import DENIED, SITE, VALID, PublicHalf, code_of
from test_page_signing import OTHER_UPLOAD, UPLOAD, Signer

from agent.keys.enveloped_data import enveloped
from agent.portal_signing import decrypting
from agent.tokens.protocol import GenerateKeyPair

CONTENT = "招标文件\n".encode() * 50_000
KEY = b"\3" * 16


class Reader(Signer):
    """A visitor who is to decrypt, at a page that holds messages."""

    def asks_to_decrypt(self, *items, **params):
        wanted = {"origin": SITE, "items": list(items), **params}
        return asyncio.create_task(self.page.ask("browser.decrypt", wanted))

    async def fetches(self, result):
        """Fetch a result in pieces."""
        content = b""
        while len(content) < result["size"]:
            params = {"origin": SITE, "result": result["result"], "at": len(content)}
            piece = await self.page.result("browser.result", params)
            content += base64.b64decode(piece["piece"])
        return content

    async def seals(self, content, *certificates):
        """Have content encrypted for the holders of certificates, and return the message."""
        coded = [base64.b64encode(certificate).decode() for certificate in certificates]
        wanted = {"origin": SITE, "items": [await self.sends(content)], "certificates": coded}
        sealed = await self.page.result("browser.encrypt", wanted)
        return await self.fetches(sealed["results"][0])

    async def decrypts(self, *messages, pin=PIN):
        """Have messages decrypted, and return what they hold."""
        items = [
            await self.sends(message, upload)
            for message, upload in zip(messages, (UPLOAD, OTHER_UPLOAD), strict=False)
        ]
        asking = self.asks_to_decrypt(*items)
        await self.types(await self.prompt(await self.question()), pin)
        answer = await asking
        if "error" in answer:
            return code_of(answer)[1]
        return [await self.fetches(result) for result in answer["result"]["results"]]


@pytest.fixture(scope="module")
def with_key(tmp_path_factory):
    """A token with an encryption certificate, made once, and the certificate."""
    tokens = SoftTokens(tmp_path_factory.mktemp("written") / "hsm")
    tokens.initialise()
    return tokens, asyncio.run(_write(tokens))


async def _write(tokens) -> bytes:
    async with logged_in(tokens) as session:
        wanted = GenerateKeyPair(key=KEY, label="decrypt", key_types=("rsa:2048",), usage="decrypt")
        pair = await session.call(wanted)
    der = make_der(**{**VALID, "key": PublicHalf(pair.public_key), "usage": ENCRYPTION})
    tokens.write((KEY.hex(), "decrypt", der))
    return der


@pytest.fixture
async def reader(token_desk, tokens, with_key):
    shutil.rmtree(tokens.store)
    shutil.copytree(with_key[0].store, tokens.store)
    user, page = await token_desk.control(), await token_desk.browser()
    await user.result("consent.attend")
    await token_desk.inventory.refresh()
    return Reader(token_desk, page, user)


@pytest.fixture
def certificate(with_key) -> bytes:
    return with_key[1]


def by_openssl(tmp_path, certificate: bytes, *options: str) -> bytes:
    (tmp_path / "own.pem").write_bytes(openssl("x509", "-inform", "DER", stdin=certificate))
    command = ["cms", "-encrypt", "-binary", "-outform", "DER", "-aes256", "-recip", "own.pem"]
    return openssl(*command, *options, stdin=CONTENT, folder=tmp_path)


async def test_what_a_page_encrypts_it_has_decrypted_again(reader, certificate, tmp_path):
    message = await reader.seals(CONTENT, certificate)
    theirs = by_openssl(tmp_path, certificate, "-keyopt", "rsa_padding_mode:oaep")
    assert await reader.decrypts(message, theirs) == [CONTENT, CONTENT]


async def test_the_question_is_about_decrypting_and_never_allowed_for_good(
    reader, certificate, tmp_path
):
    message = by_openssl(tmp_path, certificate)
    asking = reader.asks_to_decrypt(await reader.sends(message))
    question = await reader.question()
    assert question["action"] == "decrypt"
    assert question["token_use"]["may_be_allowed"] is False
    [shown] = question["token_use"]["shown"]
    assert shown["size"] == len(message)
    await reader.answers(question, "decline")
    assert code_of(await asking) == DENIED


async def test_whatever_goes_wrong_after_the_pin_is_one_error(reader, certificate, tmp_path):
    """A key that does not decrypt, content that was changed, an authority's envelope: all the same."""
    message = bytearray(by_openssl(tmp_path, certificate))
    message[-17] ^= 1  # the last byte of what fills it up: of other bytes one in 256 would pass
    spoilt_key = bytearray(by_openssl(tmp_path, certificate))
    at = spoilt_key.index(b"\x04\x82\x01\x00") + 100  # in the encrypted key
    spoilt_key[at] ^= 1
    secret = rsa_key("secret").private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    for each in (message, enveloped(secret, [certificate])):
        assert await reader.decrypts(bytes(each)) == "not_decrypted"
    # A random key: of one in 256 the padding looks right (RFC 3218).
    told = await reader.decrypts(bytes(spoilt_key))
    assert told == "not_decrypted" or CONTENT[:16] not in told[0]


async def test_a_message_for_somebody_else_costs_no_pin(reader):
    other = make_der(key=rsa_key("other"), usage=ENCRYPTION)
    message = await reader.seals(CONTENT, other)
    asking = reader.asks_to_decrypt(await reader.sends(message))
    question = await reader.question()
    assert question["token_use"]["problem"]["code"] == "certificate_unsuitable"
    await reader.answers(question, "decline")
    await asking


async def test_what_is_no_message_asks_nobody(reader):
    answer = await reader.asks_to_decrypt(await reader.sends(b"text"))
    assert code_of(answer)[1] == "envelope_unreadable"
    assert reader.desk.consent.questions.all == ()


async def test_a_result_is_its_pages_and_given_once(reader, certificate):
    sealed = await reader.page.result("browser.encrypt", {
        "origin": SITE, "items": [await reader.sends(b"x")],
        "certificates": [base64.b64encode(certificate).decode()],
    })  # fmt: skip
    params = {"origin": SITE, "result": sealed["results"][0]["result"], "at": 0}
    other = await reader.desk.browser()
    assert (await other.refusal("browser.result", params))[1] == "upload_missing"
    elsewhere = {**params, "origin": "https://b.example"}
    assert (await reader.page.refusal("browser.result", elsewhere))[1] == "upload_missing"
    assert (await reader.page.result("browser.result", params))["piece"]
    assert (await reader.page.refusal("browser.result", params))[1] == "upload_missing"


async def test_long_messages_are_read_and_opened_beside_the_loop(reader, certificate, monkeypatch):
    seen = []

    def watched(function):
        def call(*given, **named):
            is_in_the_loop = threading.current_thread() is threading.main_thread()
            seen.append((function.__name__, is_in_the_loop))
            return function(*given, **named)

        return call

    for name in ("read_sealed", "content_of"):
        monkeypatch.setattr(decrypting, name, watched(getattr(decrypting, name)))
    monkeypatch.setattr(decrypting.hashlib, "sha256", watched(hashlib.sha256))
    message = await reader.seals(CONTENT, certificate)
    assert await reader.decrypts(message) == [CONTENT]
    assert {name for name, _ in seen} >= {"read_sealed", "content_of", "openssl_sha256"}
    assert not [name for name, is_in_the_loop in seen if is_in_the_loop]
