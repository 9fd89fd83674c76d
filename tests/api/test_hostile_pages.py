"""What hostile pages try, with each use of a token: to log in, to sign, to decrypt. Needs softhsm2.

What only one of them can be tried with stands with it (test_login, test_page_signing, test_page_decrypting).
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil

import pytest
from certificate_maker import ENCRYPTION, make_der
from soft_token import SoftTokens, logged_in
from test_login import DENIED, NONCE, SITE, VALID, PublicHalf, code_of, write_pair
from test_page_decrypting import KEY, Reader

from agent.keys.enveloped_data import enveloped
from agent.settings.config import BrowserSettings
from agent.signing import uploads
from agent.sites.consent import QUESTIONS_OF_HOST, REQUESTS_OF_HOST
from agent.tokens.protocol import GenerateKeyPair

OTHER = "https://b.example"
KINDS = ("login", "sign", "decrypt")


class Page(Reader):
    """One page, with one wish."""

    kind = ""
    certificate = b""
    _sent = 0

    async def params(self, origin=SITE):
        """Return what it asks with; what is decrypted is sent before."""
        if self.kind == "login":
            return {"origin": origin, "nonce": NONCE}
        if self.kind == "sign":
            return {"origin": origin, "items": [{"text": "同意"}]}
        self._sent += 1
        message = enveloped(b"content", [self.certificate])
        item = await self.sends(message, f"{self._sent:032x}", origin)
        return {"origin": origin, "items": [item]}

    async def asks_for_it(self, origin=SITE):
        """Have a tab ask; its answer comes when it comes."""
        tab = await self.another()
        return tab.ask(await tab.params(origin))

    def ask(self, params):
        return asyncio.create_task(self.page.ask(f"browser.{self.kind}", params))

    async def another(self):
        """Open another browser with the same wish."""
        other = Page(self.desk, await self.desk.browser(), self.user)
        other.kind, other.certificate = self.kind, self.certificate
        return other


@pytest.fixture(scope="module")
def with_keys(tmp_path_factory):
    """A token with a pair of each use, made once, and the encryption certificate."""
    tokens = SoftTokens(tmp_path_factory.mktemp("written") / "hsm")
    tokens.initialise()
    return tokens, asyncio.run(_write(tokens))


async def _write(tokens) -> bytes:
    await write_pair(tokens)
    async with logged_in(tokens) as session:
        wanted = GenerateKeyPair(key=KEY, label="decrypt", key_types=("rsa:2048",), usage="decrypt")
        pair = await session.call(wanted)
    der = make_der(**{**VALID, "key": PublicHalf(pair.public_key), "usage": ENCRYPTION})
    tokens.write((KEY.hex(), "decrypt", der))
    return der


@pytest.fixture(params=KINDS)
async def page(request, token_desk, tokens, with_keys):
    shutil.rmtree(tokens.store)
    shutil.copytree(with_keys[0].store, tokens.store)
    user = await token_desk.control()
    await user.result("consent.attend")
    await token_desk.inventory.refresh()
    page = Page(token_desk, await token_desk.browser(), user)
    page.kind, page.certificate = request.param, with_keys[1]
    return page


async def done_with_the_pin(page):
    """Whether the token is free and serves the next one."""
    asking = await page.asks_for_it()
    await page.types(await page.prompt(await page.question()))
    return "result" in await asking


@pytest.mark.parametrize(
    "origin",
    [
        "null", "", "http://etax.example.gov.cn", "https://etax.example.gov.cn.", f"{SITE}/", f"{SITE}#x",
        "https://ETAX.example.gov.cn", "https://a@etax.example.gov.cn", "file://", "chrome-extension://abc",
        "https://etax.example.gov.cn\n", "https://税务.example.gov.cn",
    ],
)  # fmt: skip
async def test_an_origin_that_may_not_ask_asks_nobody(page, origin):
    params = {**(await page.params()), "origin": origin}
    refused = await page.page.ask(f"browser.{page.kind}", params)
    assert code_of(refused)[1] in ("origin_not_allowed", "invalid_request")
    assert page.desk.consent.questions.all == ()


async def test_a_flood_is_refused_and_takes_nothing_from_others(page):
    params = await page.params()
    page.desk.rules = BrowserSettings(deny=(SITE,))
    for _ in range(REQUESTS_OF_HOST.burst * 2):
        page.page.send(f"browser.{page.kind}", params)
    answers = [await page.page.receive() for _ in range(REQUESTS_OF_HOST.burst * 2)]
    codes = {code_of(answer)[1] for answer in answers}
    assert "rate_limited" in codes
    assert codes <= {"consent_denied", "rate_limited", "invalid_request"}  # too many at once, too
    asking = await page.asks_for_it(OTHER)
    question = await page.question()
    assert question["origin"] == OTHER
    await page.answers(question, "decline")
    await asking


async def test_a_hundred_questions_are_not_put_to_anybody(page):
    tabs = [await page.another() for _ in range(100)]
    # What is decrypted is sent before: a site with sixteen requests under way sends nothing more.
    wishes = [await tab.params() for tab in tabs]
    asked = [tab.ask(params) for tab, params in zip(tabs, wishes, strict=True)]
    declined = 0
    async with asyncio.timeout(120):
        while not all(one.done() for one in asked):
            for question in page.desk.consent.questions.all:
                declined += 1
                await page.answers({"id": question.id}, "decline")
            await asyncio.sleep(0)
    assert declined <= QUESTIONS_OF_HOST.burst
    codes = {code_of(one.result())[1] for one in asked}
    assert codes <= {"consent_denied", "rate_limited", "upload_missing"}


async def test_two_tabs_have_a_question_each_one_after_the_other(page):
    first, second = await page.asks_for_it(), await page.asks_for_it()
    question = await page.question()
    await asyncio.sleep(0.1)
    assert len(page.desk.consent.questions.all) == 1
    await page.types(await page.prompt(question))
    done, _ = await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED)
    assert len(done) == 1, "one PIN is for one of them"
    await page.answers(await page.question(), "decline")
    assert sorted("result" in answer for answer in (await first, await second)) == [False, True]


@pytest.mark.parametrize("goes", ["takes it back", "is gone"])
async def test_a_tab_that_goes_while_the_pin_is_typed_gets_nothing_and_frees_the_token(page, goes):
    """By its own doing, by its being closed or navigating away: the extension takes it back."""
    leaving = await page.another()
    number = leaving.page.send(f"browser.{page.kind}", await leaving.params())
    question = await page.question()
    prompt = await page.prompt(question)
    if goes == "takes it back":
        cancelled = {"origin": SITE, "request": number}
        await leaving.page.result("browser.cancel", cancelled)
    else:
        await leaving.page.close()
    async with asyncio.timeout(20):
        while page.desk.consent.questions.all:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    with contextlib.suppress(Exception):
        await page.types(prompt)
    assert await done_with_the_pin(page)


async def test_nobody_takes_back_what_another_site_or_browser_asked(page):
    number = page.page.send(f"browser.{page.kind}", await page.params())
    question = await page.question()
    other = await page.desk.browser()
    await other.result("browser.cancel", {"origin": SITE, "request": number})
    await page.page.result("browser.cancel", {"origin": OTHER, "request": number})
    assert (await page.question())["id"] == question["id"]
    await page.answers(question, "decline")


async def test_what_is_forbidden_while_the_pin_is_typed_is_not_done(page):
    asking = await page.asks_for_it()
    prompt = await page.prompt(await page.question())
    page.desk.rules = BrowserSettings(**{f"deny_{page.kind}": (SITE,)})
    with contextlib.suppress(Exception):
        await page.types(prompt)
    for question in page.desk.consent.questions.all:
        await page.answers({"id": question.id}, "decline")
    assert code_of(await asking) == DENIED


async def test_a_token_that_is_pulled_while_the_pin_is_typed_does_nothing(page, tokens):
    asking = await page.asks_for_it()
    prompt = await page.prompt(await page.question())
    tokens.pull_out()
    with contextlib.suppress(Exception):
        await page.types(prompt)
    await page.desk.inventory.refresh()
    for question in page.desk.consent.questions.all:
        await page.answers({"id": question.id}, "once")
    assert code_of(await asking)[1] in ("no_token", "not_signed", "not_decrypted")


async def test_the_same_request_again_is_a_question_again(page):
    """A challenge, a text or a message that is replayed is nothing anybody agreed to."""
    params = await page.params()
    asking = page.ask(params)
    await page.types(await page.prompt(await page.question()))
    assert "result" in await asking
    again = page.ask(params)
    if page.kind == "decrypt":  # what was sent was taken
        assert code_of(await again)[1] == "upload_missing"
        return
    await page.answers(await page.question(), "decline")
    assert code_of(await again) == DENIED


NAME = "合同\u202efdp.exe"


async def test_a_name_with_direction_marks_comes_as_it_is_for_the_window_to_make_visible(page):
    if page.kind == "login":
        return  # has no names
    message = enveloped(b"content", [page.certificate])
    item = {**(await page.sends(message)), "name": NAME}
    asking = page.ask({"origin": SITE, "items": [item]})
    question = await page.question()
    assert [shown["name"] for shown in question["token_use"]["shown"]] == [NAME]
    await page.answers(question, "decline")
    await asking


async def test_more_than_the_limit_is_refused_before_it_is_held(page, monkeypatch):
    """Of a document of 200 MB no more than the limit is ever kept; here both are smaller."""
    if page.kind == "login":
        return
    monkeypatch.setattr(uploads, "MAX_DOCUMENT_BYTES", 1 << 20)
    params = {"origin": SITE, "upload": "0" * 32, "piece": "A" * (600 << 10)}
    await page.page.result("browser.piece", params)
    await page.page.result("browser.piece", params)
    refused = await page.page.ask("browser.piece", params)
    assert code_of(refused)[1] == "document_too_large"
    item = {"name": "a.pdf", "upload": "0" * 32, "size": 3 * (450 << 10)}
    asked = await page.page.ask(f"browser.{page.kind}", {"origin": SITE, "items": [item]})
    assert code_of(asked)[1] == "upload_missing"
