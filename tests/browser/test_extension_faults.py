"""What the extension makes of an agent's answers, of its death and of a closing tab.

The agent here is a FAKE, so that it can misbehave on demand; the real one is met in test_portal.py.
Page, extension and native host are real.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import time

import pytest
import wire
from chromium import ROOT, one_browser
from host_process import WELCOME, fake_agent, reply, socket_path
from native_hosts import kill_hosts
from page_codes import CALLS, ELSEWHERE, HOST_KILLED, MEET, ROWS, WORKER_ENDED, before, named_codes
from test_extension import CAUGHT, STATUS, stop_workers

from agent import __version__
from native_host.messages import SENTENCES

THUMBPRINT = "ab" * 32
pytestmark = one_browser("chromium with a fake agent")

PAGE_METHODS = wire.SCHEMA["$defs"]["pageMessage"]["oneOf"][1]["properties"]["method"]["enum"]
R1 = "00000000-0000-4000-8000-000000000001"
RENEWAL = {"id": R1, "state": "drafting", "waiting": "APPLICANT"}
RENEW = f"""() => {{
  window.states = [];
  window.ended = "under way";
  odc.renew("{THUMBPRINT}", {{ onprogress: ({{ state }}) => states.push(state) }})
    .then(({{ state }}) => {{ ended = state; }}, ({{ code }}) => {{ ended = code; }});
}}"""
ENDED = "(end) => window.ended === end"
ASKED = "(count) => window.states.length === count"


def changed(state, *, renewal=R1, origin):
    params = {"origin": origin, "id": renewal, "state": state, "waiting": None}
    return json.dumps({"jsonrpc": "2.0", "method": "browser.renewal_changed", "params": params})


@pytest.fixture(scope="module")
def one_agent(desk):
    with fake_agent(desk.environment, None) as running:
        yield running


@pytest.fixture
def agent(one_agent):
    """Answers as the real one would; ``agent.answer`` and ``agent.hello`` may be replaced."""

    def answer(message):
        if message["method"] == "browser.renew":
            return [reply(message, RENEWAL)]
        return [reply(message, {"agent": "9.9.9"})]

    one_agent.answer = answer
    one_agent.requests.clear()
    one_agent.hello = {"result": WELCOME}
    yield one_agent
    for request in one_agent.requests:
        wire.check("request", json.loads(request))


def seen(agent, method):
    requests = [json.loads(payload) for payload in agent.requests]
    return [request for request in requests if request["method"] == method]


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the fake agent lives in threads
            await asyncio.sleep(0.02)


async def test_status_is_ready_and_the_origin_is_the_browsers_word(tabs, portal, agent):
    page = await tabs(portal)
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


async def test_a_renewal_is_followed_to_its_end(tabs, portal, agent):
    page, other = await tabs(portal), await tabs(portal)
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
async def test_a_renewal_that_ends_badly_rejects(tabs, portal, agent, state, code):
    page = await tabs(portal)
    await page.evaluate(RENEW)
    await page.wait_for_function(ASKED, arg=1)
    agent.notify(changed(state, origin=portal))
    await page.wait_for_function(ENDED, arg=code)


async def test_a_closed_tab_ends_what_it_asked_for(tabs, portal, agent):
    page = await tabs(portal)
    await page.evaluate(RENEW)
    await page.wait_for_function(ASKED, arg=1)
    await page.close()
    await until(lambda: seen(agent, "browser.cancel"))
    (renew,), (cancel,) = seen(agent, "browser.renew"), seen(agent, "browser.cancel")
    assert cancel["params"] == {"origin": portal, "request": renew["id"]}


async def test_a_page_that_stops_waiting_tells_the_agent(tabs, portal, agent):
    answered = agent.answer
    agent.answer = lambda m: [] if m["method"] == "browser.certificates" else answered(m)
    page = await tabs(portal)
    await page.evaluate(STATUS)  # a request is withdrawn from an agent that has got it
    error = await page.evaluate(CAUGHT, "odc.certificates({ timeout: 300 })")
    assert error["code"] == "timeout"
    await until(lambda: len(seen(agent, "browser.cancel")) == 1)
    abort = "odc.certificates({ signal: AbortSignal.timeout(300) })"
    assert (await page.evaluate(CAUGHT, abort))["code"] == "aborted"
    await until(lambda: len(seen(agent, "browser.cancel")) == 2)


async def test_an_agent_lost_meanwhile_is_said_and_found_again(tabs, portal, agent):
    answered = agent.answer
    agent.answer = lambda m: None if m["method"] == "browser.certificates" else answered(m)
    page = await tabs(portal)
    await page.evaluate(RENEW)
    await page.wait_for_function(ASKED, arg=1)
    error = await page.evaluate(CAUGHT, "odc.certificates()")
    assert error["code"] == "agent_lost"
    await page.wait_for_function(ENDED, arg="agent_lost")
    assert (await page.evaluate(STATUS))["state"] == "ready"


async def test_a_host_that_is_killed_is_said_and_started_again(desk, tabs, portal, agent):
    answered = agent.answer
    agent.answer = lambda m: [] if m["method"] == "browser.certificates" else answered(m)
    page, other = await tabs(portal), await tabs(portal)
    await page.evaluate(RENEW)
    await page.wait_for_function(ASKED, arg=1)
    asked = asyncio.create_task(other.evaluate(CAUGHT, "odc.certificates()"))
    await until(lambda: seen(agent, "browser.certificates"))
    assert kill_hosts(desk) == 1
    assert (await asked)["code"] == "host_lost"
    await page.wait_for_function(ENDED, arg="host_lost")
    assert (await page.evaluate(STATUS))["state"] == "ready"


async def test_a_worker_the_browser_ends_is_said_and_woken_again(browser, tabs, portal, agent):
    agent.answer = lambda _: []
    page = await tabs(portal)
    asked = asyncio.create_task(page.evaluate(CAUGHT, "odc.certificates()"))
    await until(lambda: seen(agent, "browser.certificates"))
    await stop_workers(browser)
    assert (await asked)["code"] == "extension_lost"
    agent.answer = lambda m: [reply(m, {"agent": "9.9.9"})]
    assert (await page.evaluate(STATUS))["state"] == "ready"


async def test_consent_withdrawn_meanwhile_ends_the_watch(tabs, portal, agent):
    page = await tabs(portal)
    await page.evaluate(RENEW)
    await page.wait_for_function(ASKED, arg=1)
    error = {"code": "consent_denied", "message": "No.", "message_zh": "否"}
    lost = {"origin": portal, "id": R1, "error": error}
    other = {**lost, "origin": "https://other.gov.cn"}
    for params in (other, lost):
        agent.notify(json.dumps({"method": "browser.renewal_lost", "params": params}))
    await page.wait_for_function(ENDED, arg="consent_denied")


async def test_two_tabs_are_answered_each_its_own(tabs, portal, agent):
    agent.answer = lambda m: [reply(m, {"certificates": [m["params"]["min_days"]]})]
    pages = [await tabs(portal) for _ in range(2)]
    call = """(base) => Promise.all(Array.from({ length: 12 }, (_, n) =>
      odc.certificates({ minDays: base + n }).then(([days]) => days)))"""
    answers = await asyncio.gather(*(p.evaluate(call, 100 * n) for n, p in enumerate(pages)))
    assert answers == [[100 * n + k for k in range(12)] for n in range(2)]


async def test_an_answer_of_a_megabyte_is_an_error_and_the_channel_lives(tabs, portal, agent):
    big = {"certificates": ["x" * 1_100_000]}
    answered = agent.answer
    agent.answer = lambda m: [reply(m, big)] if m["method"] != "browser.status" else answered(m)
    page = await tabs(portal)
    assert (await page.evaluate(CAUGHT, "odc.certificates()"))["code"] == "answer_too_large"
    assert (await page.evaluate(STATUS))["state"] == "ready"


async def test_a_page_meets_every_code_it_is_promised(browser, desk, tabs, portal, agent):
    here, elsewhere = await tabs(portal), await tabs(portal.replace("localhost", "127.0.0.1"))
    path = socket_path(desk.environment)
    meanwhile = {
        HOST_KILLED: lambda: asyncio.sleep(0, kill_hosts(desk)),
        WORKER_ENDED: lambda: stop_workers(browser),
    }
    for row in ROWS:
        page = elsewhere if row.trouble == ELSEWHERE else here
        with before(row, agent, desk.host_manifest, path):
            await page.evaluate(MEET.format(call=row.call))
            if row.trouble in meanwhile:
                await until(lambda: agent.requests)
                await meanwhile[row.trouble]()
            assert await page.evaluate("window.met") == row.met, row


async def test_the_table_has_every_code_a_page_may_be_told():
    words = (ROOT / "browser_ext/extension/errors.js").read_text("utf-8")
    extensions = set(re.findall(r"^  (\w+): \{$", words, re.MULTILINE))
    hosts = set(SENTENCES) - {"request_too_large"}  # no page's request is: the worker checks it
    assert named_codes() >= extensions | hosts
    assert named_codes() <= {row.met for row in ROWS}
    assert set(CALLS.values()) <= {row.call for row in ROWS}
    travel = {"browser.piece", "browser.result"}  # what documents travel by, inside other calls
    assert {f"browser.{name}" for name in CALLS} == set(PAGE_METHODS) - travel


async def test_an_agents_error_reaches_the_page_without_its_details(tabs, portal, agent):
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
    page = await tabs(portal)
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
async def test_an_agent_of_another_version_is_told_apart(tabs, portal, agent, protocol, state):
    agent.hello = {"result": {"protocol": protocol, "version": "0", "pid": 1, "capabilities": []}}
    page = await tabs(portal)
    assert (await page.evaluate(STATUS))["state"] == state


async def test_too_many_requests_at_once_are_refused(tabs, portal, agent):
    page = await tabs(portal)
    await page.evaluate(STATUS)  # the extension is awake: none times out before it is looked at
    agent.answer = lambda _: []
    codes = await page.evaluate(
        """async () => {
          const options = { timeout: 4000 };
          const calls = Array.from({ length: 20 }, () => odc.certificates(options));
          return (await Promise.allSettled(calls)).map(({ reason }) => reason.code).sort();
        }"""
    )
    assert codes == ["rate_limited"] * 4 + ["timeout"] * 16


async def test_the_way_through_is_short(tabs, portal, agent):
    page = await tabs(portal)
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
