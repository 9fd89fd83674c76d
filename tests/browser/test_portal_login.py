"""Logging in, the whole way: a page, the extension, the host, the agent, the PIN, the token and back."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
import web_eid_pages
from chromium import one_browser, portal_server
from person import Person
from test_extension import CAUGHT
from web_eid_pages import AUTHENTICATE, NONCE, READY, SIGN

from native_host.identity import extension_id
from sandbox.desk.desk import Desk as AgentDesk
from sandbox.desk.desk import Holder

sys.path.insert(0, str(Path(__file__).parents[1] / "portal_signing"))

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
    refused = await page.evaluate(CAUGHT, SIGN.format("ours"))
    assert refused["code"] == "ERR_ODC_HASH_NOT_SIGNED"
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
    refused = await page.evaluate(CAUGHT, SIGN.format("theirs"))
    assert refused["code"] == "ERR_WEBEID_NATIVE_FATAL"


async def test_a_question_goes_with_the_tab_and_with_whoever_navigates_away(agent, tabs, portal):
    for leaves in ("close", "navigate"):
        page = await tabs(portal)
        with Person(agent) as person:
            await page.evaluate("void odc.login('A'.repeat(44)).catch(() => {})")
            question = await asyncio.to_thread(person.next_question)
            await (page.close() if leaves == "close" else page.goto("about:blank"))
            assert await asyncio.to_thread(person.question_closed) == question["id"]


async def test_a_frame_may_ask_for_nothing(agent, framed, tabs):
    page = await tabs(framed, ready="() => frames[0]?.odc !== undefined")
    code = await page.evaluate("frames[0].odc.login('A'.repeat(44)).catch(({ code }) => code)")
    assert code == "extension_unreachable"
