"""The whole way: a portal's page, the extension, the native host, the agent, the token and back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from applicant import Applicant
from chromium import ROOT, one_browser, portal_server
from native_hosts import hosts, kill_hosts
from person import Person
from test_extension import CAUGHT, STATUS, stop_workers

from agent.system.starting import AgentMissingError
from native_host.identity import extension_id
from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import Desk as AgentDesk

STARTS_AGENT = True
pytestmark = one_browser("chromium with a real agent")
CERTIFICATES = "odc.certificates({ use: 'signing' })"
OWN = f"chrome-extension://{extension_id()}"


@pytest.fixture(scope="module")
def agent_desk(desk):
    """The browser user's own authority, token and agent; no site is allowed anything."""
    environment = {**desk.environment, "ODC_LANGUAGE": "zh_CN"}
    with AgentDesk(desk.odc_home, environment=environment) as agent_desk:
        running = agent_desk.start_authority("--approve-after", "0.2", "--retry-after", "1")
        agent_desk.portal_url = running.portal_url
        agent_desk.issue_token("--expired-days", "961")
        write_sample_dossier(agent_desk.dossier)
        agent_desk.configure_agent(running.url, extra="[reminders]\nnotifications = false\n")
        file = agent_desk.folder / "config.toml"
        file.write_text(file.read_text("utf-8").replace("http://localhost:*", "https://nobody"))
        yield agent_desk
        with contextlib.suppress(AgentMissingError):  # the last test may have ended it
            quit_agent(agent_desk)


@pytest.fixture
def portal():
    """A site of the test's own: each may ask a person so often only."""
    with portal_server() as address:
        yield address


@pytest.fixture
def agent(agent_desk):
    """An agent that has just started: no site has asked it anything, and it remembers none."""
    with contextlib.suppress(AgentMissingError):
        quit_agent(agent_desk)
    agent_desk.start_agent("--no-tray")
    forget_sites(agent_desk)
    return agent_desk


def forget_sites(agent_desk):
    with agent_desk.client() as client:
        decisions = client.call("sites.list")["decisions"]
        for origin in {decision["origin"] for decision in decisions}:
            client.call("sites.withdraw", {"origin": origin})


@contextlib.contextmanager
def token_pulled(agent_desk):
    """No token is there meanwhile, and the agent has seen it go and come."""
    tokens = agent_desk.token_configuration.parent / "tokens"
    hidden = tokens.with_name("pulled out")
    with agent_desk.client() as client:
        shutil.move(tokens, hidden)
        tokens.mkdir()
        try:
            client.call("tokens.list", {"refresh": True})
            yield
        finally:
            shutil.rmtree(tokens)
            shutil.move(hidden, tokens)
            client.call("tokens.list", {"refresh": True})


def quit_agent(agent_desk):
    """Also an agent that the native host started; it is nobody's child here."""
    with agent_desk.client() as client:
        process = Path(f"/proc/{client.welcome['pid']}/stat")
        client.call("agent.quit")
    deadline = time.monotonic() + 20
    with contextlib.suppress(FileNotFoundError):
        # Ended, or ended and not yet fetched by the host that started it.
        while process.read_text().rpartition(")")[2].split()[0] != "Z":
            assert time.monotonic() < deadline
            time.sleep(0.02)


async def test_the_native_host_starts_the_agent_where_none_runs(agent_desk, tabs, portal):
    page = await tabs(portal)
    assert (await page.evaluate(STATUS))["state"] == "ready"
    assert (await page.evaluate(CAUGHT, CERTIFICATES))["code"] == "consent_unavailable"
    quit_agent(agent_desk)


async def test_the_demo_portal_asks_and_shows_the_certificate_and_its_days(agent, tabs):
    page = await tabs(agent.portal_url, ready=None)
    await page.wait_for_selector('#status[data-state="ready"]')
    with Person(agent) as person:
        await page.click("#load")
        question = await asyncio.to_thread(person.answer, "once")
        row = page.locator('#certificates [data-use="signing"]')
        assert "已过期 961 天" in await row.inner_text()
        assert await row.get_attribute("data-status") == "expired"
        assert "深圳市样例有限公司" in await row.inner_text()
    assert agent.portal_url.startswith(question["origin"])
    assert question["action"] == "certificates"


async def test_a_site_that_is_declined_learns_nothing_and_may_ask_again(agent, tabs):
    page = await tabs(agent.portal_url, ready=None)
    await page.wait_for_selector('#status[data-state="ready"]')
    with Person(agent) as person:
        await page.click("#load")
        await asyncio.to_thread(person.answer, "decline")
        await page.wait_for_selector('#error[data-code="consent_denied"]')
        assert not await page.locator("#certificates li").count()
        await page.click("#load")
        await asyncio.to_thread(person.answer, "once")
        await page.wait_for_selector('#certificates [data-use="signing"]')


async def test_what_is_always_allowed_is_asked_once_for_all_tabs_until_it_is_withdrawn(
    agent, tabs, portal
):
    first, second = await tabs(portal), await tabs(portal)
    with Person(agent) as person:
        asking = [asyncio.create_task(page.evaluate(CERTIFICATES)) for page in (first, second)]
        await asyncio.to_thread(person.answer, "always")
        for found in await asyncio.gather(*asking):
            assert [c["days_left"] for c in found] == [-961]
        assert len(await second.evaluate("odc.certificates({ minDays: -961 })")) == 2
        assert await second.evaluate("odc.certificates({ minDays: 1 })") == []
        forget_sites(agent)
        asking = asyncio.create_task(first.evaluate(CAUGHT, CERTIFICATES))
        await asyncio.to_thread(person.answer, "never")
        assert (await asking)["code"] == "consent_denied"
        assert (await second.evaluate(CAUGHT, CERTIFICATES))["code"] == "consent_denied"


@pytest.mark.parametrize("leaves", ["close", "goto", "abort"])
async def test_a_question_goes_with_the_page_that_asked(agent, tabs, portal, leaves):
    page = await tabs(portal)
    with Person(agent) as person:
        await page.evaluate(
            "() => { window.control = new AbortController();"
            " odc.certificates(control).catch((e) => { window.code = e.code; }); }"
        )
        question = await asyncio.to_thread(person.next_question)
        if leaves == "close":
            await page.close()
        elif leaves == "goto":
            await page.goto("about:blank")
        else:
            await page.evaluate("control.abort()")
            await page.wait_for_function("window.code === 'aborted'")
        assert await asyncio.to_thread(person.question_closed) == question["id"]


async def test_a_host_killed_while_the_user_is_asked_is_said_and_another_asks_again(
    desk, agent, tabs, portal
):
    page = await tabs(portal)
    with Person(agent) as person:
        asking = asyncio.create_task(page.evaluate(CAUGHT, CERTIFICATES))
        await asyncio.to_thread(person.next_question)
        assert kill_hosts(desk) == 1
        assert (await asking)["code"] == "host_lost"
        await asyncio.to_thread(person.question_closed)
        asking = asyncio.create_task(page.evaluate(CERTIFICATES))
        await asyncio.to_thread(person.answer, "once")
        assert len(await asking) == 1


async def test_a_token_that_is_pulled_is_said_after_consent_only(agent, tabs, portal):
    page = await tabs(portal)
    with token_pulled(agent), Person(agent) as person:
        asking = asyncio.create_task(page.evaluate(CAUGHT, CERTIFICATES))
        await asyncio.to_thread(person.answer, "decline")
        assert (await asking)["code"] == "consent_denied"
        asking = asyncio.create_task(page.evaluate(CAUGHT, CERTIFICATES))
        await asyncio.to_thread(person.answer, "once")
        assert (await asking)["code"] == "no_token"


async def test_an_open_popup_follows_the_token_out_and_in(agent, tabs):
    popup = await tabs(f"{OWN}/popup.html", ready=None)
    with token_pulled(agent):
        await popup.wait_for_selector('#state[data-state="no_token"]')
        assert not await popup.locator("#certificates li").count()
    await popup.wait_for_selector("#certificates li")


async def test_an_open_popup_starts_no_agent_that_was_ended(agent, tabs):
    popup = await tabs(f"{OWN}/popup.html", ready=None)
    await popup.wait_for_selector("#certificates li")
    with agent.client() as client:
        client.call("agent.quit")
    agent.processes.pop().wait(20)
    await popup.wait_for_selector('#state[data-state="agent_lost"]')
    with pytest.raises(AgentMissingError):
        agent.client()


async def test_the_popup_shows_days_and_renews_on_no_portal_at_all(agent, tabs):
    popup = await tabs(f"{OWN}/popup.html", ready=None)
    row = popup.locator("#certificates li")
    assert "深圳市样例有限公司" in await row.inner_text()
    assert "961" in await row.locator(".days.expired").inner_text()
    await row.locator("button").click()
    error = popup.locator("#error")
    await error.wait_for()  # no display: said, with what to do instead
    assert "odc-agent renew" in await error.inner_text()


async def test_the_popup_asks_again_where_the_host_was_just_ending(desk, agent, tabs, portal):
    """A request that went to a host which never answers is not the popup's last word."""
    page = await tabs(portal)
    assert (await page.evaluate(STATUS))["state"] == "ready"
    (host,) = hosts(desk)
    os.kill(host, signal.SIGSTOP)
    popup = await tabs(f"{OWN}/popup.html", ready=None)
    await popup.evaluate("chrome.runtime.getPlatformInfo()")  # behind the popup's request
    assert kill_hosts(desk) == 1
    await popup.locator("#certificates li").wait_for()


async def test_the_options_page_lists_sites_and_takes_consent_back(agent, tabs):
    with agent.client() as client:
        client.call("sites.decide", {"origin": "https://www.example.gov.cn"})
        options = await tabs(f"{OWN}/options.html", ready=None)
        await options.locator("#runs", has_text="https://*.gov.cn/*").wait_for()
        row = options.locator('#decisions [data-site="https://www.example.gov.cn"]')
        await row.locator("button").click()
        await row.wait_for(state="detached")
        assert client.call("sites.list")["decisions"] == []


async def test_the_trace_follows_a_request_through_every_hop(agent, tabs, portal):
    popup = await tabs(f"{OWN}/popup.html", ready=None)
    await popup.check("#developer-switch")
    page = await tabs(portal)
    await page.evaluate(STATUS)
    line = popup.locator("#trace li", has_text="browser.status → answered")
    await line.first.wait_for()
    text = await line.first.inner_text()
    assert portal in text
    assert text.count(" ms") == 5
    await popup.uncheck("#developer-switch")
    await popup.locator("#developer").wait_for(state="hidden")


async def test_the_complete_page_of_the_documentation_is_short_and_works(agent, tabs):
    document = (ROOT / "docs/portals.md").read_text("utf-8")
    page = document.partition("```html\n")[2].partition("```")[0]
    assert len(page.splitlines()) < 30
    with portal_server({"/example": page}) as address, Person(agent) as person:
        tab = await tabs(f"{address}/example", ready=None)
        await asyncio.to_thread(person.answer, "once")
        await tab.wait_for_selector("#renew:not([hidden])")
        assert "深圳市样例有限公司" in await tab.inner_text("#state")
        await tab.click("#renew")
        await asyncio.to_thread(person.answer, "decline")
        await tab.wait_for_function(
            "document.querySelector('#state').textContent.includes('未获准')"
        )


START = """async () => {
  window.told = [];
  window.keys = [];
  window.ended = "under way";
  const onprogress = (progress) => {
    told.push(progress.state);
    keys.push(...Object.keys(progress));
    window.renewalId = progress.id;
  };
  const [signing] = await odc.certificates({ use: "signing" });
  odc.renew(signing.thumbprint, { onprogress })
    .then(({ state }) => { ended = state; }, ({ code }) => { ended = code; });
}"""


async def test_a_renewal_outlives_the_tab_the_host_the_worker_and_the_agent(
    desk, browser, agent, tabs, portal
):
    """And at its end the page has seen every state, and nothing but states."""
    with agent.client() as client:
        client.call("sites.decide", {"origin": portal})
    first = await tabs(portal)
    await first.evaluate(START)
    await first.wait_for_function("window.renewalId !== undefined")
    number = await first.evaluate("renewalId")
    await first.close()

    page = await tabs(portal)
    await page.evaluate(START)
    await page.wait_for_function("window.told.length > 0")
    assert await page.evaluate("renewalId") == number, "joined, not started twice"
    assert kill_hosts(desk) == 1
    await page.wait_for_function("window.ended === 'host_lost'")

    await page.evaluate(START)
    await page.wait_for_function("window.told.length > 0")
    await stop_workers(browser)
    await page.wait_for_function("window.ended === 'extension_lost'")

    await page.evaluate(START)
    await page.wait_for_function("window.told.length > 0")
    running = agent.processes[-1]
    running.send_signal(signal.SIGKILL)
    running.wait()
    await page.wait_for_function("window.ended === 'agent_lost'")
    agent.processes.pop()
    agent.start_agent("--no-tray")
    state = await page.evaluate("odc.renewal(renewalId)")
    assert (state["id"], state["state"]) == (number, "drafting")

    await page.evaluate(START)
    await page.wait_for_function("window.told.length > 0")
    renewal = await asyncio.to_thread(finish_renewal, agent)
    await page.wait_for_function("window.ended === 'installed'")
    assert renewal["origin"] == portal
    told = await page.evaluate("told")
    assert [state for i, state in enumerate(told) if state not in told[:i]] == [
        "drafting", "signing", "submitted", "reviewing", "approved", "issuing", "installing", "installed",
    ]  # fmt: skip
    assert set(await page.evaluate("keys")) == {"id", "state", "waiting"}


def finish_renewal(agent):
    with agent.client() as client:
        applicant = Applicant(agent, client)
        (renewal,) = client.call("renewals.list")["renewals"]
        return applicant.go_on(renewal)
