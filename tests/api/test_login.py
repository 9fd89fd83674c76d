"""A page has its visitor log in: over real sockets, with keys on a real SoftHSM. Needs softhsm2."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
import sys
from pathlib import Path

import pytest
from certificate_maker import china, make_der, thumbprint_of
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from soft_token import PIN, SoftTokens, logged_in

sys.path.insert(0, str(Path(__file__).parents[1] / "portal_signing"))

from esteid_peer import is_valid

from agent.settings.config import BrowserSettings
from agent.sites import questions
from agent.sites.consent import QUESTIONS_OF_HOST
from agent.tokens.pin import send_pin
from agent.tokens.protocol import GenerateKeyPair

SITE = "https://etax.example.gov.cn"
NONCE = "bm9uY2U" * 7
ASKED = {"origin": SITE, "nonce": NONCE}
DENIED = (-32000, "consent_denied")
VALID = {"not_before": china("2024-03-07 00:00:00"), "not_after": china("2026-03-07 23:59:59")}
OVER = {"not_before": china("2022-03-07 00:00:00"), "not_after": china("2024-03-07 23:59:59")}


class PublicHalf:
    """A key on a token, for making a certificate of it."""

    def __init__(self, der):
        self._der = der

    def public_key(self):
        return load_der_public_key(self._der)


async def write_pair(tokens, number=1, kind="ec:secp256r1", **options):
    """Have the token make a key and write its certificate; return the thumbprint."""
    key = bytes([number]) * 16
    async with logged_in(tokens) as session:
        pair = await session.call(GenerateKeyPair(key=key, label="sign", key_types=(kind,)))
    der = make_der(**{**VALID, **options, "key": PublicHalf(pair.public_key)})
    tokens.write((key.hex(), "sign", der))
    return thumbprint_of(der)


class Visitor:
    """Somebody at a page, and at the agent's own window."""

    def __init__(self, desk, page, user):
        self.desk, self.page, self.user = desk, page, user

    def asks(self, **params):
        """Have a page ask; its answer comes when it comes."""

        async def ask():
            page = await self.desk.browser()
            return await page.ask("browser.login", {**ASKED, **params})

        return asyncio.create_task(ask())

    async def question(self):
        async with asyncio.timeout(20):
            while not (found := self.desk.consent.questions.all):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return await self.user.result("consent.get", {"id": found[0].id})

    async def prompt(self, question):
        [candidate] = [c for c in question["token_use"]["candidates"] if not c["problem"]]
        wanted = {"id": question["id"], "thumbprint": candidate["thumbprint"]}
        async with asyncio.timeout(20):
            while True:
                answer = await self.user.ask("consent.pin", wanted)
                if answer.get("error", {}).get("data", {}).get("code") != "pin_entry_busy":
                    return answer["result"]
                await asyncio.sleep(0.05)

    async def types(self, prompt, pin=PIN):
        await asyncio.to_thread(send_pin, prompt["endpoint"], bytearray(pin.encode()))

    async def logs_in(self, **params):
        asking = self.asks(**params)
        await self.types(await self.prompt(await self.question()))
        return (await asking)["result"]

    async def answers(self, question, decision):
        await self.user.result("consent.answer", {"id": question["id"], "decision": decision})


def code_of(answer):
    return answer["error"]["code"], answer["error"]["data"]["code"]


@pytest.fixture
async def visitor(token_desk):
    user, page = await token_desk.control(), await token_desk.browser()
    await user.result("consent.attend")
    return Visitor(token_desk, page, user)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A token with a certificate, made once: whoever wants one gets a copy."""
    tokens = SoftTokens(tmp_path_factory.mktemp("written") / "hsm")
    tokens.initialise()
    asyncio.run(write_pair(tokens))
    return tokens


@pytest.fixture
async def holder(visitor, tokens, written):
    """The visitor, with such a token."""
    shutil.rmtree(tokens.store)
    shutil.copytree(written.store, tokens.store)
    await visitor.desk.inventory.refresh()
    return visitor


@pytest.mark.parametrize(
    ("kind", "algorithm"),
    [("rsa:2048", "RS256"), ("ec:secp256r1", "ES256"), ("ec:secp384r1", "ES384")],
)
async def test_a_validator_nobody_here_wrote_takes_what_the_token_signed(
    visitor, tokens, kind, algorithm
):
    await write_pair(tokens, kind=kind)
    await visitor.desk.inventory.refresh()
    token = await visitor.logs_in()
    assert (token["format"], token["algorithm"]) == ("web-eid:1.0", algorithm)
    assert is_valid(token, SITE, NONCE)
    lengths = {"RS256": 256, "ES256": 64, "ES384": 96}  # of curves r and s as they are, no DER
    assert len(base64.b64decode(token["signature"])) == lengths[algorithm]
    assert not is_valid(token, f"{SITE}:8443", NONCE)
    assert not is_valid(token, SITE, "A" * 44)


async def test_the_question_says_all_there_is_to_know_before_the_pin(holder):
    asking = holder.asks()
    question = await holder.question()
    assert (question["domain"], question["origin"]) == ("example.gov.cn", SITE)
    [candidate] = question["token_use"]["candidates"]
    assert candidate["organisation"] == "深圳市样例有限公司"
    assert candidate["not_after"].startswith("2026-03-07")
    assert question["token_use"] | {"candidates": []} == {
        "candidates": [], "problem": None, "shown": [], "is_allowed": False, "may_be_allowed": True,
    }  # fmt: skip
    prompt = await holder.prompt(question)
    assert (prompt["purpose"], prompt["pin_state"]) == ("login", "ok")
    await holder.answers(question, "decline")
    assert code_of(await asking) == DENIED


async def test_a_wrong_pin_is_typed_again_in_the_same_question(holder):
    asking = holder.asks()
    question = await holder.question()
    with pytest.raises(Exception, match="PIN is wrong"):
        await holder.types(await holder.prompt(question), "000000")
    assert (await holder.question())["id"] == question["id"]
    await holder.types(await holder.prompt(question))
    assert is_valid((await asking)["result"], SITE, NONCE)


async def test_nobody_agrees_without_the_pin(holder):
    asking = holder.asks()
    question = await holder.question()
    for decision in ("once", "always"):
        given = {"id": question["id"], "decision": decision}
        assert (await holder.user.refusal("consent.answer", given))[1] == "pin_needed"
    await holder.answers(question, "never")
    assert code_of(await asking) == DENIED
    assert code_of(await holder.asks()) == DENIED


@pytest.mark.parametrize(
    ("dates", "code"), [(OVER, "certificate_expired"), (None, "certificate_not_found")]
)
async def test_what_cannot_be_done_is_said_before_any_pin_and_to_the_page_once_it_may_know(
    visitor, tokens, dates, code
):
    if dates:
        await write_pair(tokens, **dates)
    await visitor.desk.inventory.refresh()
    asking = visitor.asks()
    question = await visitor.question()
    assert question["token_use"]["problem"]["code"] == code
    for candidate in question["token_use"]["candidates"]:
        wanted = {"id": question["id"], "thumbprint": candidate["thumbprint"]}
        assert (await visitor.user.refusal("consent.pin", wanted))[1] == code
    await visitor.answers(question, "decline")
    assert code_of(await asking) == DENIED
    asking = visitor.asks()
    await visitor.answers(await visitor.question(), "once")
    assert code_of(await asking) == (-32000, code)


async def test_a_site_that_was_allowed_for_good_is_told_at_once_and_asks_for_the_pin_all_the_same(
    visitor, tokens
):
    allowed = {"origin": SITE, "decision": "always", "actions": ["login"]}
    await visitor.user.result("sites.decide", allowed)
    await visitor.desk.inventory.refresh()
    assert code_of(await visitor.asks()) == (-32000, "certificate_not_found")
    await write_pair(tokens)
    await visitor.desk.inventory.refresh()
    asking = visitor.asks()
    question = await visitor.question()
    assert question["token_use"]["is_allowed"]
    await visitor.types(await visitor.prompt(question))
    assert is_valid((await asking)["result"], SITE, NONCE)


async def test_what_was_allowed_before_is_no_log_in(visitor):
    await visitor.user.result("sites.decide", {"origin": SITE})
    asking = visitor.asks()
    await visitor.answers(await visitor.question(), "decline")
    assert code_of(await asking) == DENIED
    await visitor.user.result("sites.decide", {"origin": SITE, "decision": "never"})
    assert code_of(await visitor.asks()) == DENIED


async def test_a_page_may_want_one_certificate_alone(visitor, tokens):
    wanted = await write_pair(tokens, 1)
    await write_pair(tokens, 2, issuer=None, not_after=china("2026-01-01 00:00:00"))
    await visitor.desk.inventory.refresh()
    asking = visitor.asks(thumbprint=wanted)
    question = await visitor.question()
    assert [c["thumbprint"] for c in question["token_use"]["candidates"]] == [wanted]
    await visitor.types(await visitor.prompt(question))
    assert is_valid((await asking)["result"], SITE, NONCE)


async def test_two_tabs_have_a_question_each_one_after_the_other(holder):
    first, second = holder.asks(), holder.asks(nonce="B" * 44)
    question = await holder.question()
    assert len(holder.desk.consent.questions.all) == 1
    await holder.types(await holder.prompt(question))
    done, _ = await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
    assert len(done) == 1
    other = await holder.question()
    assert other["id"] != question["id"]
    await holder.answers(other, "decline")
    answers = [await first, await second]
    assert sum("result" in answer for answer in answers) == 1


async def test_a_tab_that_is_closed_takes_its_question_back_also_where_the_pin_is_being_typed(
    holder,
):
    number = holder.page.send("browser.login", ASKED)
    question = await holder.question()
    prompt = await holder.prompt(question)
    await holder.page.result("browser.cancel", {"origin": SITE, "request": number})
    assert not holder.desk.consent.questions.all
    with contextlib.suppress(Exception):
        await holder.types(prompt)
    wanted = {
        "id": question["id"],
        "thumbprint": question["token_use"]["candidates"][0]["thumbprint"],
    }
    assert (await holder.user.refusal("consent.pin", wanted))[1] == "question_closed"
    # The token is free for the next one.
    assert is_valid(await holder.logs_in(), SITE, NONCE)


async def test_what_is_forbidden_while_the_pin_is_typed_is_not_done(holder):
    asking = holder.asks()
    prompt = await holder.prompt(await holder.question())
    holder.desk.rules = BrowserSettings(deny_login=(SITE,))
    await holder.types(prompt)
    question = await holder.question()
    await holder.answers(question, "decline")
    assert code_of(await asking) == DENIED


async def test_a_token_that_is_pulled_while_the_pin_is_typed_signs_nothing(holder, tokens):
    asking = holder.asks()
    question = await holder.question()
    prompt = await holder.prompt(question)
    tokens.pull_out()
    with contextlib.suppress(Exception):
        await holder.types(prompt)
    await holder.desk.inventory.refresh()
    if holder.desk.consent.questions.all:
        assert (await holder.question())["token_use"]["problem"]["code"] == "no_token"
        await holder.answers(question, "once")
    assert code_of(await asking)[1] in ("no_token", "not_signed")


async def test_silence_declines_but_not_once_the_token_is_at_work(holder, monkeypatch):
    monkeypatch.setattr(questions, "ANSWER_SECONDS", 0.2)
    assert code_of(await holder.asks()) == DENIED
    assert not holder.desk.consent.questions.all


async def test_a_hundred_questions_are_not_put_to_anybody(holder):
    pages = [holder.asks(nonce=f"{n:044d}") for n in range(100)]
    declined = 0
    async with asyncio.timeout(60):
        while not all(page.done() for page in pages):
            for question in holder.desk.consent.questions.all:
                declined += 1
                await holder.answers({"id": question.id}, "decline")
            await asyncio.sleep(0)
    assert declined <= QUESTIONS_OF_HOST.burst
    assert {code_of(page.result())[1] for page in pages} <= {"consent_denied", "rate_limited"}


@pytest.mark.parametrize(
    "params",
    [
        {"nonce": "A" * 43}, {"nonce": "A" * 129}, {"nonce": "A" * 43 + "\n"}, {"nonce": "A" * 43 + "-"},
        {"nonce": "登" * 44}, {"nonce": None}, {"thumbprint": "A" * 64}, {"hash": "A" * 44},
    ],
)  # fmt: skip
async def test_what_is_no_log_in_is_refused(visitor, params):
    assert code_of(await visitor.asks(**params)) == (-32602, "invalid_request")


async def test_there_is_a_line_for_each_use_of_a_token_without_what_was_signed(holder, caplog):
    caplog.set_level("INFO")
    await holder.logs_in()
    lines = [r.getMessage() for r in caplog.records]
    assert any(
        line.startswith(
            f"token used for a page action=login shown=nothing origin={SITE} certificate="
        )
        and line.endswith("outcome=done")
        for line in lines
    )
    assert any(f"origin={SITE} method=login outcome=answered" in line for line in lines)
    assert not any(NONCE in line or PIN in line for line in lines)


async def test_a_text_is_signed_bare_as_older_portals_check_it(holder):
    page = await holder.desk.browser()
    text = {"origin": SITE, "text": "本单位确认所填信息属实。", "encoding": "utf-16le"}
    asking = asyncio.create_task(page.ask("browser.sign_text", text))
    question = await holder.question()
    [shown] = question["token_use"]["shown"]
    assert (question["action"], shown["text"]) == ("sign", text["text"])
    prompt = await holder.prompt(question)
    assert prompt["purpose"] == "sign"
    await holder.types(prompt)
    signed = (await asking)["result"]
    certificate = x509.load_der_x509_certificate(base64.b64decode(signed["certificate"]))
    signature, content = base64.b64decode(signed["signature"]), text["text"].encode("utf-16le")
    certificate.public_key().verify(signature, content, ec.ECDSA(hashes.SHA256()))
    for bare in ("登" * 32, "a\u202eb"):
        refused = await page.refusal("browser.sign_text", {**text, "text": bare})
        assert refused == (-32000, "text_refused")
