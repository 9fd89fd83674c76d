"""What the extension makes of an agent's answers, of its death and of a closing tab.

The agent here is a FAKE, so that it can misbehave on demand; the real one is met in test_portal.py.
Page, extension and native host are real.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time

import pytest
from chromium import chromium
from host_process import fake_agent, reply
from test_extension import CAUGHT, STATUS, open_page

from agent import __version__

THUMBPRINT = "ab" * 20
RENEWAL = {"id": "r-1", "state": "drafting", "waiting": "APPLICANT"}
RENEW = f"""() => {{
  window.states = [];
  window.ended = "under way";
  odc.renew("{THUMBPRINT}", {{ onprogress: ({{ state }}) => states.push(state) }})
    .then(({{ state }}) => {{ ended = state; }}, ({{ code }}) => {{ ended = code; }});
}}"""
ENDED = "(end) => window.ended === end"
ASKED = "(count) => window.states.length === count"


def changed(state, *, renewal="r-1", origin):
    params = {"origin": origin, "id": renewal, "state": state, "waiting": None}
    return json.dumps({"jsonrpc": "2.0", "method": "browser.renewal_changed", "params": params})


@pytest.fixture
def agent(desk, portal):
    """Answers as the real one would; ``agent.answer`` may be replaced."""
    desk.build_extension()
    desk.register_host()
    desk.environment["ODC_NO_START"] = "1"

    def answer(message):
        if message["method"] == "browser.renew":
            return [reply(message, RENEWAL)]
        return [reply(message, {"agent": "9.9.9"})]

    with fake_agent(desk.environment, answer) as running:
        yield running


def seen(agent, method):
    requests = [json.loads(payload) for payload in agent.requests]
    return [request for request in requests if request["method"] == method]


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the fake agent lives in threads
            await asyncio.sleep(0.02)


async def test_status_is_ready_and_the_origin_is_the_browsers_word(desk, portal, agent):
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        assert await page.evaluate(STATUS) == {
            "state": "ready",
            "agent": "9.9.9",
            "extension": __version__,
        }
        forged = {"origin": "https://other.gov.cn", "use": "signing", "x": 1}
        message = {"odc": 1, "kind": "request", "id": "a", "method": "browser.certificates"}
        await page.evaluate("(m) => postMessage(m)", {**message, "params": forged})
        await until(lambda: seen(agent, "browser.certificates"))
        (request,) = seen(agent, "browser.certificates")
        assert request["params"] == {"use": "signing", "origin": portal}


async def test_a_renewal_is_followed_to_its_end(desk, portal, agent):
    async with chromium(desk) as context:
        page, other = await open_page(context, portal), await open_page(context, portal)
        await page.evaluate(RENEW)
        await page.wait_for_function(ASKED, arg=1)
        agent.notify(
            changed("signing", origin="https://other.gov.cn"),
            changed("signing", origin=portal, renewal="r-2"),
            changed("signing", origin=portal),
            changed("installed", origin=portal),
        )
        await page.wait_for_function(ENDED, arg="installed")
        assert await page.evaluate("states") == ["drafting", "signing", "installed"]
        assert await other.evaluate("window.states") is None


@pytest.mark.parametrize(
    ("state", "code"), [("cancelled", "renewal_cancelled"), ("failed", "renewal_failed")]
)
async def test_a_renewal_that_ends_badly_rejects(desk, portal, agent, state, code):
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        await page.evaluate(RENEW)
        await page.wait_for_function(ASKED, arg=1)
        agent.notify(changed(state, origin=portal))
        await page.wait_for_function(ENDED, arg=code)


async def test_a_closed_tab_ends_what_it_asked_for(desk, portal, agent):
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        await page.evaluate(RENEW)
        await page.wait_for_function(ASKED, arg=1)
        await page.close()
        await until(lambda: seen(agent, "browser.cancel"))
        (renew,), (cancel,) = seen(agent, "browser.renew"), seen(agent, "browser.cancel")
        assert cancel["params"] == {"origin": portal, "request": renew["id"]}


async def test_a_page_that_stops_waiting_tells_the_agent(desk, portal, agent):
    answered = agent.answer
    agent.answer = lambda m: [] if m["method"] == "browser.certificates" else answered(m)
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        error = await page.evaluate(CAUGHT, "odc.certificates({ timeout: 300 })")
        assert error["code"] == "timeout"
        await until(lambda: len(seen(agent, "browser.cancel")) == 1)
        abort = "odc.certificates({ signal: AbortSignal.timeout(300) })"
        assert (await page.evaluate(CAUGHT, abort))["code"] == "aborted"
        await until(lambda: len(seen(agent, "browser.cancel")) == 2)


async def test_an_agent_lost_meanwhile_is_said_and_found_again(desk, portal, agent):
    answered = agent.answer
    agent.answer = lambda m: None if m["method"] == "browser.certificates" else answered(m)
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        await page.evaluate(RENEW)
        await page.wait_for_function(ASKED, arg=1)
        error = await page.evaluate(CAUGHT, "odc.certificates()")
        assert error["code"] == "agent_lost"
        await page.wait_for_function(ENDED, arg="agent_lost")
        assert (await page.evaluate(STATUS))["state"] == "ready"


async def test_an_agents_error_reaches_the_page_without_its_details(desk, portal, agent):
    data = {
        "code": "consent_denied",
        "message": "No.",
        "message_zh": "用户拒绝。",
        "advice": "Ask.",
        "advice_zh": "请询问。",
        "details": {"path": "/secret"},
    }
    error = {"code": -32000, "message": "No.", "data": data}
    agent.answer = lambda m: [json.dumps({"id": m["id"], "error": error}).encode()]
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        assert await page.evaluate(CAUGHT, "odc.certificates()") == {
            "name": "OdcError",
            "code": "consent_denied",
            "message": "No.",
            "messageZh": "用户拒绝。",
            "advice": "Ask.",
            "adviceZh": "请询问。",
            "reason": "",
        }


@pytest.mark.parametrize(("protocol", "state"), [(0, "agent_too_old"), (2, "agent_too_new")])
async def test_an_agent_of_another_version_is_told_apart(desk, portal, agent, protocol, state):
    agent.hello = {"result": {"protocol": protocol, "version": "0", "pid": 1, "capabilities": []}}
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        assert (await page.evaluate(STATUS))["state"] == state


async def test_too_many_requests_at_once_are_refused(desk, portal, agent):
    agent.answer = lambda _: []
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        codes = await page.evaluate(
            """async () => {
              const options = { timeout: 1500 };
              const calls = Array.from({ length: 20 }, () => odc.certificates(options));
              return (await Promise.allSettled(calls)).map(({ reason }) => reason.code).sort();
            }"""
        )
        assert codes == ["rate_limited"] * 4 + ["timeout"] * 16


async def test_the_way_through_is_short(desk, portal, agent):
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        first = time.perf_counter()
        await page.evaluate(STATUS)
        first = time.perf_counter() - first
        times = await page.evaluate(
            """async () => {
              const times = [];
              for (let n = 0; n < 100; n += 1) {
                const before = performance.now();
                await odc.status();
                times.push(performance.now() - before);
              }
              return times;
            }"""
        )
        print(f"first {first * 1000:.1f} ms, then {statistics.median(times):.2f} ms")
        assert first < 3
        assert statistics.median(times) < 100
