"""A page has texts and documents signed: over real sockets, with keys on a real SoftHSM. Needs softhsm2."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import shutil
import threading

import pytest
from certificate_maker import openssl
from fpdf import FPDF
from soft_token import SoftTokens
from test_login import DENIED, OVER, SITE, Visitor, code_of, write_pair

from agent.api.methods import browser_documents
from agent.keys import signing as keys_signing
from agent.keys.cades import names_its_signer, origin_in
from agent.keys.signed_data import read_signed_data
from agent.signing import pages, uploads
from agent.signing.uploads import MAX_DOCUMENT_BYTES

UPLOAD = "0123456789abcdef" * 2
OTHER_UPLOAD = "f" * 32
TEXT = "同意付款 100 元\n\u202e第二行"
PIECE_BYTES = 480 << 10
OWN = '{"audience": "https://ra.example", "certificate_sha256": "00"}'


class Signer(Visitor):
    """A visitor who is to sign."""

    def asks_to_sign(self, *items, **params):
        """Have the page ask; its answer comes when it comes."""
        wanted = {"origin": SITE, "items": list(items), **params}
        return asyncio.create_task(self.page.ask("browser.sign", wanted))

    async def sends(self, content, upload=UPLOAD, origin=SITE):
        """Send a document in pieces, and return it as an item."""
        for at in range(0, len(content) or 1, PIECE_BYTES):
            piece = base64.b64encode(content[at : at + PIECE_BYTES]).decode()
            params = {"origin": origin, "upload": upload, "piece": piece}
            sent = await self.page.result("browser.piece", params)
        assert sent == {"size": len(content)}
        return {"name": "合同.pdf", "upload": upload, "size": len(content)}

    async def signs(self, *items, **params):
        asking = self.asks_to_sign(*items, **params)
        await self.types(await self.prompt(await self.question()))
        return (await asking)["result"]


@pytest.fixture(scope="module")
def with_key(tmp_path_factory):
    """A token with a certificate, made once: each test gets a copy."""
    tokens = SoftTokens(tmp_path_factory.mktemp("written") / "hsm")
    tokens.initialise()
    asyncio.run(write_pair(tokens))
    return tokens


@pytest.fixture
async def signer(token_desk, tokens, with_key):
    shutil.rmtree(tokens.store)
    shutil.copytree(with_key.store, tokens.store)
    user, page = await token_desk.control(), await token_desk.browser()
    await user.result("consent.attend")
    await token_desk.inventory.refresh()
    return Signer(token_desk, page, user)


def whole(signature, content):
    """Put a signature together as the page library does."""
    return base64.b64decode(signature["head"]) + content + base64.b64decode(signature["tail"])


async def test_a_text_is_shown_whole_and_signed_as_it_was_shown(signer):
    asking = signer.asks_to_sign({"text": TEXT}, detached=False)
    question = await signer.question()
    digest = hashlib.sha256(TEXT.encode()).hexdigest()
    [shown] = question["token_use"]["shown"]
    assert (shown["kind"], shown["text"], shown["sha256"]) == ("text", TEXT, digest)
    assert question["action"] == "sign"
    await signer.types(await signer.prompt(question))
    answer = (await asking)["result"]
    message = read_signed_data(whole(answer["signatures"][0], TEXT.encode()))
    assert message.content == TEXT.encode()
    assert message.certificate == base64.b64decode(answer["certificate"])
    assert origin_in(message.attributes) == SITE
    assert names_its_signer(message.attributes, message.certificate)


async def test_twenty_megabytes_and_more_are_one_question_and_one_pin(signer, tmp_path):
    """A page sends them in pieces; openssl verifies what it gets for them."""
    large = bytes(range(256)) * (20 << 12)
    items = [await signer.sends(large), await signer.sends(b"", OTHER_UPLOAD), {"text": TEXT}]
    answer = await signer.signs(*items)
    (tmp_path / "signer.pem").write_bytes(
        openssl("x509", "-inform", "DER", stdin=base64.b64decode(answer["certificate"]))
    )
    for signature, content in zip(answer["signatures"], (large, b"", TEXT.encode()), strict=True):
        assert signature["tail"] == "", "detached, where nothing else is said"
        (tmp_path / "content").write_bytes(content)
        (tmp_path / "signature").write_bytes(whole(signature, b""))
        command = (
            "cms -verify -cades -binary -inform DER -in signature -content content -CAfile signer.pem"
            " -partial_chain -no_check_time -purpose any"
        )
        assert openssl(*command.split(), folder=tmp_path) == content
        assert signature["sha256"] == hashlib.sha256(content).hexdigest()


async def test_a_document_is_looked_at_before_it_is_signed(signer, tmp_path):
    made = FPDF()
    for _ in range(2):
        made.add_page()
    document = bytes(made.output())
    asking = signer.asks_to_sign({"text": TEXT}, await signer.sends(document))
    question = await signer.question()
    shown = question["token_use"]["shown"][1]
    assert (shown["name"], shown["size"]) == ("合同.pdf", len(document))
    wanted = {"id": question["id"], "number": 1}
    looked = await signer.user.result("consent.look", {**wanted, "page": 2})
    assert looked["pages"] == 2
    assert base64.b64decode(looked["picture"]).startswith(b"\xff\xd8\xff")
    text = await signer.user.result("consent.look", {**wanted, "number": 0})
    assert (text["text"], text["is_cut"]) == (TEXT, False)
    copy = tmp_path / "copy.pdf"
    await signer.user.result("consent.keep", {**wanted, "file": str(copy)})
    assert copy.read_bytes() == document
    assert await signer.user.refusal("consent.keep", {**wanted, "file": str(copy)})
    assert (await signer.user.refusal("consent.look", {**wanted, "number": 2}))[1] == "not_showable"
    await signer.answers(question, "decline")
    assert code_of(await asking) == DENIED
    assert (await signer.user.refusal("consent.look", wanted))[1] == "question_closed"


async def test_a_page_never_looks(signer):
    asking = signer.asks_to_sign({"text": TEXT})
    question = await signer.question()
    page = await signer.desk.browser()
    for method in ("consent.look", "consent.keep"):
        refusal = await page.refusal(method, {"id": question["id"], "number": 0, "file": "/x"})
        assert refusal[1] == "invalid_request"
    await signer.answers(question, "decline")
    await asking


@pytest.mark.parametrize(
    ("items", "code"),
    [
        ([{"text": OWN}], "own_message"),
        ([{"text": TEXT}, {"text": OWN.upper()}], "own_message"),
        ([{"name": "a", "upload": UPLOAD, "size": 3}], "upload_missing"),
        ([], "invalid_request"),
        ([{"text": TEXT}] * 33, "invalid_request"),
        ([{"text": "x" * 8001}], "invalid_request"),
        ([{}], "invalid_request"),
        ([{"text": TEXT, "name": "a", "upload": UPLOAD, "size": 0}], "invalid_request"),
        ([{"name": "a"}], "invalid_request"),
        ([{"name": "", "upload": UPLOAD, "size": 0}], "invalid_request"),
        ([{"hash": "00" * 32}], "invalid_request"),
    ],
)
async def test_what_is_not_signed_is_refused_before_anybody_is_asked(signer, items, code):
    assert code_of(await signer.asks_to_sign(*items))[1] == code
    assert signer.desk.consent.questions.all == ()


async def test_a_document_is_signed_by_who_sent_it_whole_and_once(signer):
    item = await signer.sends(b"abc")
    for wrong in ({"size": 2}, {"upload": OTHER_UPLOAD}):
        assert code_of(await signer.asks_to_sign({**item, **wrong}))[1] == "upload_missing"
    item = await signer.sends(b"abc")
    other = Signer(signer.desk, await signer.desk.browser(), signer.user)
    assert code_of(await other.asks_to_sign(item))[1] == "upload_missing"
    assert (
        code_of(await signer.asks_to_sign(item, origin="https://b.example"))[1] == "upload_missing"
    )
    assert (await signer.signs(item))["signatures"]
    assert code_of(await signer.asks_to_sign(item))[1] == "upload_missing"


async def test_a_document_beyond_the_limit_is_refused_by_its_size(signer):
    piece = base64.b64encode(bytes(PIECE_BYTES)).decode()
    params = {"origin": SITE, "upload": UPLOAD, "piece": piece}
    for _ in range(MAX_DOCUMENT_BYTES // PIECE_BYTES):
        await signer.page.result("browser.piece", params)
    refused = await signer.page.ask("browser.piece", params)
    assert refused["error"]["data"]["code"] == "document_too_large"
    assert "32 MB" in refused["error"]["data"]["message"]


async def test_who_may_have_nothing_signed_nor_decrypted_sends_nothing_either(signer):
    asking = signer.asks_to_sign({"text": TEXT})
    await signer.answers(await signer.question(), "never")
    assert code_of(await asking) == DENIED
    assert code_of(await signer.asks_to_sign({"text": TEXT})) == DENIED
    await signer.user.result("sites.decide", {"origin": SITE, "decision": "never"})
    piece = {"origin": SITE, "upload": UPLOAD, "piece": ""}
    assert await signer.page.refusal("browser.piece", piece) == DENIED


async def test_signing_is_never_allowed_for_good(signer):
    asking = signer.asks_to_sign({"text": TEXT})
    question = await signer.question()
    assert question["token_use"]["may_be_allowed"] is False
    decide = {"origin": SITE, "decision": "always", "actions": ["sign"]}
    assert (await signer.user.refusal("sites.decide", decide))[1] == "not_for_good"
    await signer.answers(question, "decline")
    await asking


async def test_an_expired_certificate_is_said_to_be_so_before_any_pin(signer, tokens):
    shutil.rmtree(tokens.store)
    tokens.store.mkdir()
    tokens.initialise()
    await write_pair(tokens, number=2, **OVER)
    await signer.desk.inventory.refresh()
    asking = signer.asks_to_sign({"text": TEXT})
    question = await signer.question()
    assert question["token_use"]["problem"]["code"] == "certificate_expired"
    await signer.answers(question, "once")
    assert code_of(await asking)[1] == "certificate_expired"


async def test_what_is_left_lying_is_forgotten_though_nobody_comes_again(signer, monkeypatch):
    for module in (uploads, browser_documents):
        monkeypatch.setattr(module, "SILENT_SECONDS", -0.9)  # swept a tenth of a second later
    item = await signer.sends(b"abc")
    await asyncio.sleep(0.3)
    monkeypatch.undo()
    answer = await signer.page.ask("browser.sign", {"origin": SITE, "items": [item]})
    assert answer["error"]["data"]["code"] == "upload_missing"


@pytest.mark.parametrize("is_detached", [True, False])
async def test_long_documents_are_read_through_beside_the_loop(signer, monkeypatch, is_detached):
    seen = []

    def watched(function):
        def call(*given, **named):
            seen.append((function.__name__, threading.current_thread() is threading.main_thread()))
            return function(*given, **named)

        return call

    monkeypatch.setattr(pages.hashlib, "sha256", watched(hashlib.sha256))
    for module in (pages, keys_signing):
        monkeypatch.setattr(module, "digest_of", watched(module.digest_of))
    monkeypatch.setattr(pages, "is_own_message", watched(pages.is_own_message))
    item = await signer.sends(bytes(range(256)) * 4096)
    seen.clear()
    await signer.signs(item, detached=is_detached)
    assert {name for name, _ in seen} >= {"openssl_sha256", "digest_of", "is_own_message"}
    assert not [name for name, is_in_the_loop in seen if is_in_the_loop]
