"""Page → page library → content script → worker → native host, in a real Chromium."""

from __future__ import annotations

import json

import pytest
from chromium import ROOT, one_browser, portal_server
from native_hosts import hosts

from agent import __version__

pytestmark = one_browser("chromium without an agent")

STATUS = "() => odc.status()"
# What a message is answered with: all that comes until a later request has its answer.
RAW = """(message) => new Promise((resolve) => {
  const seen = [];
  addEventListener("message", function receive({ data }) {
    if (data?.id === "fe" && data.kind === "reply") {
      removeEventListener("message", receive);
      resolve(seen);
    } else if (data?.id !== "fe" && data !== message && data?.kind !== message?.kind) {
      seen.push(data);
    }
  });
  postMessage(message, "*");
  postMessage({ odc: 1, kind: "request", id: "fe", method: "browser.status", params: {} });
})"""
CAUGHT = """async (call) => {
  try { return await eval(call); } catch (error) {
    const { name, code, message, messageZh, advice, adviceZh, reason } = error;
    return { name, code, message, messageZh, advice, adviceZh, reason };
  }
}"""


async def test_status_without_a_registered_host_says_host_missing(desk, tabs, portal):
    with desk.without_host():
        page = await tabs(portal)
        assert await page.evaluate(STATUS) == {
            "state": "host_missing",
            "extension": __version__,
            "reason": "not_found",
        }


async def test_a_host_that_dies_at_its_start_is_told_apart(desk, tabs, portal):
    with desk.with_launcher("#!/bin/sh\nexit 3\n"):
        page = await tabs(portal)
        status = await page.evaluate(STATUS)
        assert (status["state"], status["reason"]) == ("host_missing", "failed_to_start")


async def test_status_without_an_agent_says_agent_missing(tabs, portal):
    page = await tabs(portal)
    status = await page.evaluate(STATUS)
    assert (status["state"], status["extension"]) == ("agent_missing", __version__)
    error = await page.evaluate(CAUGHT, "odc.renew('ab'.repeat(32))")
    assert error["code"] == "agent_missing"
    assert error["reason"] == ""  # where things lie on this computer is not the page's business
    assert "证照管家" in error["messageZh"]
    assert error["adviceZh"]


async def test_pages_share_one_host_and_many_requests_are_all_answered(desk, tabs, portal):
    pages = [await tabs(portal) for _ in range(3)]
    calls = "() => Promise.all(Array.from({ length: 10 }, () => odc.status()))"
    for page in pages:
        states = {status["state"] for status in await page.evaluate(calls)}
        assert states == {"agent_missing"}
    assert len(hosts(desk)) == 1


@pytest.mark.parametrize(
    "call",
    [
        "odc.certificates({ use: 'decryption' })",
        "odc.certificates({ minDays: 1.5 })",
        "odc.certificates({ minDays: '30' })",
        "odc.renew('not a thumbprint')",
        "odc.renew('')",
        "odc.renew('AB'.repeat(32))",
        "odc.renewal('../../etc')",
    ],
)
async def test_wrong_parameters_end_in_the_extension(desk, tabs, portal, call):
    with desk.without_host():  # nothing reaches it
        page = await tabs(portal)
        assert (await page.evaluate(CAUGHT, call))["code"] == "invalid_request"


async def test_the_demo_portal_says_what_is_missing(desk, tabs):
    """Without an extension, without a host: each in a sentence that says what to do."""
    folder = ROOT / "sandbox/portal"
    names = {"/portal.css": "portal.css", "/portal.js": "portal.js", "/portal": "index.html"}
    pages = {path: (folder / name).read_text("utf-8") for path, name in names.items()}
    with portal_server(pages) as address, desk.without_host():
        page = await tabs(f"{address}/portal", ready=None)
        await page.wait_for_selector('#status[data-state="host_missing"]')
        assert "安装证照管家" in await page.inner_text("#status")
        assert await page.is_disabled("#load")
        other = await tabs(f"{address.replace('localhost', '127.0.0.1')}/portal", ready=None)
        await other.wait_for_selector('#status[data-state="extension_unreachable"]')
        assert "浏览器扩展" in await other.inner_text("#status")


async def test_an_aborted_request_ends_at_once(tabs, portal):
    page = await tabs(portal)
    for call in ("status", "certificates"):
        aborted = f"odc.{call}({{ signal: AbortSignal.abort() }})"
        assert (await page.evaluate(CAUGHT, aborted))["code"] == "aborted"


HOSTILE = [
    {"odc": 1, "kind": "request", "id": "a", "method": "browser.cancel", "params": {}},
    {"odc": 1, "kind": "request", "id": "a", "method": "tokens.list", "params": {}},
    {"odc": 1, "kind": "request", "id": "a", "method": "__proto__", "params": {}},
    {
        "odc": 1,
        "kind": "request",
        "id": "a",
        "method": "browser.renew",
        "params": {"thumbprint": 1},
    },
    {"odc": 1, "kind": "request", "id": "a", "method": "browser.status", "params": "x"},
    {
        "odc": 1,
        "kind": "request",
        "id": "a",
        "method": "browser.status",
        "params": {"x": "y" * 20000},
    },
    {"odc": 1, "kind": "request", "id": "a", "method": "browser." + "s" * 60, "params": {}},
]
IGNORED = [
    {"odc": 2, "kind": "request", "id": "a", "method": "browser.status", "params": {}},
    {"odc": 1, "kind": "request", "id": "a", "method": "browser.status"},
    {"odc": 1, "kind": "request", "id": 7, "method": "browser.status", "params": {}},
    {"odc": 1, "kind": "request", "id": "a", "method": "browser.status", "params": {}, "x": 1},
    {"odc": 1, "kind": "request", "id": "a" * 65, "method": "browser.status", "params": {}},
    {"odc": 1, "kind": "request", "id": "<a>", "method": "browser.status", "params": {}},
    {"odc": 1, "kind": "request", "id": "", "method": "browser.status", "params": {}},
    {"odc": 1, "kind": "reply", "id": "a", "result": {}},
    {"odc": 1, "kind": "pong", "id": "a"},
    {"odc": 1, "kind": "ping", "id": {}},
    "text",
    None,
]


async def test_hostile_messages_are_refused_or_ignored_and_nothing_loops(desk, tabs, portal):
    with desk.without_host():
        page = await tabs(portal)
        for message in HOSTILE:
            seen = await page.evaluate(RAW, message)
            assert [answer["error"]["code"] for answer in seen] == ["invalid_request"], message
        for message in IGNORED:
            assert await page.evaluate(RAW, message) == [], message


FRAME = """<!doctype html><script>
  addEventListener("message", ({ data }) => parent.postMessage({ frame: data }, "*"));
  for (const target of [window, parent]) {
    target.postMessage({ odc: 1, kind: "ping", id: "a" }, "*");
    target.postMessage(
      { odc: 1, kind: "request", id: "b", method: "browser.status", params: {} }, "*");
  }
  parent.postMessage({ loaded: true }, "*");
</script>"""


PARROT = """<!doctype html><script>
  addEventListener("message", ({ data }) => {
    if (data.relay) parent.postMessage(data.relay, "*");
  });
</script>"""


@pytest.fixture(scope="module")
def other_portal():
    """Another origin, whose frames and pages are hostile."""
    with portal_server({"/frame": FRAME, "/parrot": PARROT}) as address:
        yield address


@pytest.mark.parametrize("sandbox", [None, "allow-scripts"])
@pytest.mark.parametrize("is_own", [True, False])
async def test_a_frame_cannot_ask_and_cannot_forge_answers(
    tabs, portal, other_portal, sandbox, is_own
):
    page = await tabs(portal)
    script = """([address, sandbox]) => new Promise((resolve) => {
      const kinds = [];
      addEventListener("message", async ({ data }) => {
        kinds.push((data.frame ?? data).kind);
        if (data.loaded) {
          // What the page asks itself comes later: by then the frame had its chance.
          await odc.status();
          await new Promise((seen) => setTimeout(seen));
          resolve(kinds.filter((kind) => kind === "pong" || kind === "reply").length);
        }
      });
      const frame = document.createElement("iframe");
      if (sandbox) frame.sandbox = sandbox;
      frame.src = address;
      document.body.append(frame);
    })"""
    address = f"{other_portal}/frame"  # of another origin
    if is_own:
        await page.route(
            "**/frame", lambda route: route.fulfill(body=FRAME, content_type="text/html")
        )
        address = f"{portal}/frame"
    answers = await page.evaluate(script, [address, sandbox])
    assert answers == 2, "the page's own ping and request, nothing else"


async def test_a_frame_cannot_answer_in_the_extensions_place(desk, tabs, portal, other_portal):
    """A frame that knows every id cannot settle a request: it is not the page's own window."""
    page = await tabs(portal)
    await page.evaluate(
        """(address) => new Promise((resolve) => {
          const frame = document.createElement("iframe");
          frame.src = address;
          frame.onload = resolve;
          document.body.append(frame);
          addEventListener("message", ({ data, source }) => {
            if (source === window && (data.kind === "ping" || data.kind === "request")) {
              const forged = data.kind === "ping" ? { kind: "pong", extension: "666" }
                : { kind: "reply", result: { agent: "666" }, more: false };
              frame.contentWindow.postMessage({ relay: { odc: 1, id: data.id, ...forged } }, "*");
            }
          });
        })""",
        f"{other_portal}/parrot",
    )
    status = await page.evaluate(STATUS)
    assert (status["state"], status["extension"]) == ("agent_missing", __version__)


async def test_tampering_with_globals_does_not_reach_the_library(tabs, portal):
    page = await tabs(portal)
    status = await page.evaluate(
        """async () => {
          const stolen = [];
          Object.prototype.odc = 1;
          Object.prototype.kind = "pong";
          Object.prototype.agent = "666";
          Object.prototype.error = undefined;
          Object.hasOwn = () => true;
          Array.prototype.includes = () => true;
          String.prototype.startsWith = () => true;
          window.postMessage = (message) => stolen.push(message);
          crypto.getRandomValues = (bytes) => bytes;
          Object.defineProperty(Object.prototype, "id", { set(v) { stolen.push(v); } });
          postMessage({});
          const { state, ...rest } = await odc.status();
          return { state, own: Object.keys(rest).sort(), stolen: stolen.length };
        }"""
    )
    assert status["state"] == "agent_missing"
    assert status["own"] == ["extension", "reason"]
    assert status["stolen"] == 1  # the test's own


async def test_floods_and_megabytes_hang_nothing_and_other_pages_are_served(tabs, portal):
    hostile, honest = await tabs(portal), await tabs(portal)
    await hostile.evaluate(
        """() => {
          const big = "x".repeat(1_000_000);
          for (let n = 0; n < 3000; n += 1) {
            postMessage({ odc: 1, kind: "request", id: `${n}`, method: "browser.status", params: {} });
          }
          for (let n = 0; n < 50; n += 1) {
            const params = { use: big };
            postMessage({ odc: 1, kind: "request", id: `a${n}`, method: "browser.certificates", params });
            postMessage({ odc: 1, kind: "ping", id: big });
            postMessage(big);
          }
        }"""
    )
    assert (await honest.evaluate(STATUS))["state"] == "agent_missing"
    # What it asks is dropped until the flood is worked off, however long a busy machine takes for that.
    later = """async () => {
      for (;;) {
        const state = await odc.status().then((found) => found.state, (error) => error.code);
        if (state === "agent_missing") return state;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }"""
    assert await hostile.evaluate(later) == "agent_missing"


async def test_a_page_that_loads_while_the_worker_sleeps_wakes_it(browser, tabs, portal):
    page = await tabs(portal)
    assert (await page.evaluate(STATUS))["state"] == "agent_missing"
    await stop_workers(browser)
    assert (await page.evaluate(STATUS))["state"] == "agent_missing"


async def stop_workers(browser):
    """Have the browser end the extension's worker, as it does when nothing happens for a while."""
    session = await browser.browser.new_browser_cdp_session()
    targets = (await session.send("Target.getTargets"))["targetInfos"]
    workers = [target for target in targets if target["type"] == "service_worker"]
    assert workers
    for worker in workers:
        await session.send("Target.closeTarget", {"targetId": worker["targetId"]})
    await session.detach()


async def test_results_are_frozen_and_text_is_complete_in_both_languages(tabs, portal):
    page = await tabs(portal)
    assert await page.evaluate("async () => Object.isFrozen(await odc.status())")
    error = await page.evaluate(CAUGHT, "odc.certificates()")
    assert json.dumps(error)
    assert error["message"].isascii() or "“" in error["advice"]
    assert all(error[name] for name in ("message", "messageZh", "advice", "adviceZh"))
