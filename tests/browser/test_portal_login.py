"""Logging in, the whole way: a page, the extension, the host, the agent, the PIN, the token and back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import sys
import time
from pathlib import Path

import pytest
import web_eid_pages
from chromium import one_browser, portal_server
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from person import Person
from portal_pages import documented_portal
from test_extension import CAUGHT
from web_eid_pages import AUTHENTICATE, NONCE, READY, SIGN

from agent.keys.cades import origin_in
from agent.keys.enveloped_data import enveloped
from agent.keys.signed_data import read_signed_data
from native_host.identity import extension_id
from sandbox.desk.desk import Desk as AgentDesk
from sandbox.desk.desk import Holder

sys.path.insert(0, str(Path(__file__).parents[1] / "portal_signing"))
sys.path.insert(0, str(Path(__file__).parents[1] / "certificates"))

from certificate_maker import ENCRYPTION, make_der, rsa_key
from esteid_peer import is_valid

pytestmark = one_browser("chromium with an agent that logs in")
PIN = Holder().pin
OWN = f"chrome-extension://{extension_id()}"
SWITCH = "(isOn) => chrome.storage.local.set({ webEidSites: isOn ? ['http://localhost/*'] : [] })"


@pytest.fixture(scope="module")
def agent_desk(desk):
    """An authority and a token that is valid for another year; no site is allowed anything."""
    environment = {**desk.environment, "ODC_LANGUAGE": "zh_CN"}
    with AgentDesk(desk.odc_home, environment=environment) as agent_desk:
        running = agent_desk.start_authority()
        agent_desk.portal_url = running.portal_url
        agent_desk.issue_token("--valid-days", "365")
        agent_desk.configure_agent(running.url, extra="[reminders]\nnotifications = false\n")
        yield agent_desk


@pytest.fixture
def agent(agent_desk):
    """An agent that has just started: each site may ask a person so often only."""
    process = agent_desk.start_agent("--no-tray")
    yield agent_desk
    agent_desk.end(process)


@pytest.fixture(scope="module")
def web_eid():
    """Before the tabs, like all servers: one that still has a tab does not end."""
    with portal_server(web_eid_pages.pages()) as address:
        yield address


@pytest.fixture(scope="module")
def framed():
    inner = "<!doctype html><script type=module>import * as odc from '/odc.js'; window.odc = odc;</script>"
    outer = "<!doctype html><iframe src=/inner></iframe>"
    with portal_server({"/": outer, "/inner": inner}) as address:
        yield address


@pytest.fixture(scope="module")
def documented_pages(agent_desk):
    """The complete pages of the documentation, each with a server that trusts the sandbox's authority."""
    authority = (agent_desk.folder / "sandbox" / "ca.pem").read_bytes()
    issuers = (x509.load_pem_x509_certificate(authority),)
    with documented_portal("登录", issuers) as login, documented_portal("签署", issuers) as signing:
        yield login, signing


async def test_the_complete_pages_of_the_documentation_log_in_and_sign(
    agent, documented_pages, tabs, tmp_path
):
    document = tmp_path / "合同.pdf"
    document.write_bytes(b"%PDF-1.7\n" + bytes(range(256)))
    for address, button, words, times in zip(
        documented_pages, ("#login", "#sign"), ("已登录: ", "已签署: "), (1, 2), strict=True
    ):
        page = await tabs(address, ready=None)
        if button == "#sign":
            await page.set_input_files("#files", document)
        with Person(agent) as person:
            await page.click(button)
            await asyncio.to_thread(person.log_in, PIN)
            said = page.locator("#state", has_text=words)
            await said.wait_for()
            assert (await said.inner_text()).count(f"{words}深圳市样例有限公司") == times
            if button == "#login":  # a site may ask a person three times
                await page.click(button)
                await asyncio.to_thread(person.answer, "decline")
                await page.locator("#state", has_text="未获准").wait_for()


async def logged_in(agent, page, call):
    """Have a page log in while somebody types the PIN; return what the page got."""
    with Person(agent) as person:
        asking = asyncio.create_task(page.evaluate(CAUGHT, call))
        question = await asyncio.to_thread(person.log_in, PIN)
        assert question["action"] == "login"
        return await asking


async def test_the_demo_portal_logs_in_who_has_the_token(agent, tabs):
    page = await tabs(agent.portal_url, ready=None)
    await page.wait_for_selector('#status[data-state="ready"]')
    with Person(agent) as person:
        await page.click("#login")
        await asyncio.to_thread(person.log_in, PIN)
        await page.wait_for_selector('#visitor[data-state="in"]')
        assert "深圳市样例有限公司" in await page.locator("#visitor").inner_text()
        await page.click("#login")
        await asyncio.to_thread(person.answer, "decline")
        await page.wait_for_selector('#error[data-code="consent_denied"]')


async def test_web_eid_js_and_ours_log_in_on_the_same_page_where_that_is_switched_on(
    agent, web_eid, tabs
):
    page = await tabs(web_eid, ready=f"() => {READY}")
    ours = await logged_in(agent, page, AUTHENTICATE.format("ours"))
    assert is_valid(ours, web_eid, NONCE)
    # Nobody switched it on: to the page there is no such extension.
    missing = await page.evaluate(CAUGHT, AUTHENTICATE.format("theirs"))
    assert missing["code"] == "ERR_WEBEID_EXTENSION_UNAVAILABLE"
    options = await tabs(f"{OWN}/options.html", ready=None)
    await options.evaluate(SWITCH, True)
    page = await tabs(web_eid, ready=f"() => {READY}")
    assert (await page.evaluate("libraries.theirs.status()"))["nativeApp"]
    theirs = await logged_in(agent, page, AUTHENTICATE.format("theirs"))
    await options.evaluate(SWITCH, False)
    assert is_valid(theirs, web_eid, NONCE)
    assert set(theirs) == set(ours)


async def until_hashes_are_signed_for(agent, sites):
    """Wait until the agent has read its policy."""
    deadline = time.monotonic() + 20
    with agent.client() as client:
        while client.call("sites.list")["hashes"] != sites:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)


async def test_a_hash_is_signed_for_both_libraries_where_the_policy_allows_it_and_refused_elsewhere(
    agent, web_eid, tabs
):
    options = await tabs(f"{OWN}/options.html", ready=None)
    await options.evaluate(SWITCH, True)
    policy = agent.folder / "policy.toml"
    try:
        for library, refusal in (
            ("ours", "ERR_ODC_HASH_NOT_SIGNED"),
            ("theirs", "ERR_WEBEID_NATIVE_FATAL"),
        ):
            page = await tabs(web_eid, ready=f"() => {READY}")
            policy.unlink(missing_ok=True)
            await until_hashes_are_signed_for(agent, [])
            refused = await page.evaluate(CAUGHT, SIGN.format(library))
            assert refused["code"] == refusal
            policy.write_text(f'[browser]\nallow_sign_hash = ["{web_eid}"]\n')
            await until_hashes_are_signed_for(agent, [web_eid])
            with Person(agent) as person:
                signing = asyncio.create_task(page.evaluate(CAUGHT, SIGN.format(library)))
                question = await asyncio.to_thread(person.log_in, PIN)
                signed = await signing
            [shown] = question["token_use"]["shown"]
            assert (shown["kind"], shown["hash"]) == ("hash", f"SHA-256 {'00' * 32}")
            assert "摘要值" in question["asks"]
            certificate = x509.load_der_x509_certificate(base64.b64decode(signed["certificate"]))
            how = signed["signatureAlgorithm"]
            assert how == {
                "cryptoAlgorithm": "RSA",
                "hashFunction": "SHA-256",
                "paddingScheme": "PKCS1.5",
            }
            certificate.public_key().verify(
                base64.b64decode(signed["signature"]), bytes(32), PKCS1v15(), Prehashed(SHA256())
            )
    finally:
        policy.unlink(missing_ok=True)
        await options.evaluate(SWITCH, False)


SEALED = base64.b64encode(
    enveloped(b"content", [make_der(key=rsa_key("somebody"), usage=ENCRYPTION)])
).decode()
USES = {
    "login": "odc.login('A'.repeat(44), { signal })",
    "sign": "odc.sign('text', { signal })",
    "decrypt": "odc.decrypt({ name: 'a', content }, { signal })",
}
ASK = """(sealed) => {
  window.taken = new AbortController();
  const { signal } = window.taken;
  const content = Uint8Array.from(atob(sealed), (character) => character.charCodeAt(0));
  window.ended = %s.then(() => 'done', ({ code }) => code);
}"""


@pytest.mark.parametrize("use", USES)
async def test_a_question_goes_with_the_tab_with_whoever_navigates_away_and_when_it_is_taken_back(
    agent, tabs, portal, use
):
    for leaves in ("close", "navigate", "abort"):
        page = await tabs(portal)
        with Person(agent) as person:
            await page.evaluate(ASK % USES[use], SEALED)
            question = await asyncio.to_thread(person.next_question)
            assert question["action"] == use
            if leaves == "close":
                await page.close()
            elif leaves == "navigate":
                await page.goto("about:blank")
            else:
                await page.evaluate("taken.abort()")
                assert await page.evaluate("ended") == "aborted"
            assert await asyncio.to_thread(person.question_closed) == question["id"]


@pytest.mark.parametrize("use", USES)
async def test_a_frame_may_ask_for_nothing(agent, framed, tabs, use):
    page = await tabs(framed, ready="() => frames[0]?.odc !== undefined")
    frame = page.frames[1]
    await frame.evaluate(ASK % USES[use], SEALED)
    assert await frame.evaluate("ended") == "extension_unreachable"


OPENED = """
async () => {
  const [{ thumbprint }] = await odc.certificates({ use: 'encryption' });
  const content = new TextEncoder().encode('招标文件'.repeat(200000));
  const sealing = odc.encrypt({ name: 'bid.p7m', content }, [await odc.certificate(thumbprint)]);
  content.fill(0);
  const sealed = await sealing;
  const opening = odc.decrypt({ name: 'bid.p7m', content: sealed });
  sealed.fill(0);
  return new TextDecoder().decode(await opening);
}
"""


async def test_what_a_page_encrypts_it_has_decrypted_whatever_it_makes_of_it_afterwards(
    agent, tabs, portal
):
    page = await tabs(portal)
    with Person(agent) as person:
        opening = asyncio.create_task(page.evaluate(OPENED))
        question = await asyncio.to_thread(person.log_in, PIN)
        assert question["action"] == "decrypt"
        assert await opening == "招标文件" * 200_000


async def test_the_demo_portal_has_a_text_and_documents_signed_with_one_pin(agent, tabs, tmp_path):
    large = tmp_path / "投标文件.pdf"
    large.write_bytes(bytes(range(256)) * (20 << 12))
    page = await tabs(agent.portal_url, ready=None)
    await page.wait_for_selector('#status[data-state="ready"]')
    await page.set_input_files("#files", large)
    with Person(agent) as person:
        await page.click("#sign")
        question = await asyncio.to_thread(person.log_in, PIN)
        assert question["action"] == "sign"
        text, document = question["token_use"]["shown"]
        assert text["text"] == "本单位确认所填信息属实。"
        assert (document["name"], document["size"]) == (large.name, 20 << 20)
        assert document["sha256"] == hashlib.sha256(large.read_bytes()).hexdigest()
        await page.wait_for_selector("#signed li:nth-child(2)")
    states = "[...document.querySelectorAll('#signed li')].map((line) => line.dataset.state)"
    assert await page.evaluate(states) == ["signed", "signed"]


CHANGED = """
async () => {
  const content = new TextEncoder().encode('第一版'.repeat(100000));
  const asked = odc.sign({ name: 'a.txt', content }, { detached: false });
  content.fill(0);
  const { signature, sha256 } = await asked;
  return { signature, sha256 };
}
"""


async def test_what_was_shown_is_signed_whatever_the_page_makes_of_it_afterwards(
    agent, tabs, portal
):
    page = await tabs(portal)
    with Person(agent) as person:
        asking = asyncio.create_task(page.evaluate(CHANGED))
        question = await asyncio.to_thread(person.log_in, PIN)
        made = await asking
    [shown] = question["token_use"]["shown"]
    assert made["sha256"] == shown["sha256"]
    message = read_signed_data(base64.b64decode(made["signature"]))
    assert message.content.decode() == "第一版" * 100_000
    assert origin_in(message.attributes) == portal


@pytest.mark.parametrize("use", ["sign", "decrypt", "encrypt"])
async def test_two_hundred_megabytes_are_refused_by_their_size_alone(agent, tabs, portal, use):
    page = await tabs(portal)
    huge = "new File([new Blob(Array(200).fill(new Uint8Array(1 << 20)))], 'huge.bin')"
    refused = await page.evaluate(CAUGHT, f"odc.{use}({huge}, ['AA=='])")
    assert refused["code"] == "document_too_large"
    assert await page.evaluate("odc.SIGN_LIMITS.documentBytes") == 32 << 20
