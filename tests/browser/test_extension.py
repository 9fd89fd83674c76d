"""Page → page library → content script → worker → native host, in a real Chromium."""

from __future__ import annotations

import json

import pytest
from chromium import chromium, portal_server

from agent import __version__

READY = "() => window.odc !== undefined"
STATUS = "() => odc.status()"
RAW = """(message) => new Promise((resolve) => {
  const seen = [];
  addEventListener("message", ({ data }) => {
    if (data !== message && data.kind !== message.kind) seen.push(data);
  });
  postMessage(message, "*");
  setTimeout(() => resolve(seen), 400);
})"""
CAUGHT = """async (call) => {
  try { return await eval(call); } catch (error) {
    const { name, code, message, messageZh, advice, adviceZh, reason } = error;
    return { name, code, message, messageZh, advice, adviceZh, reason };
  }
}"""


async def open_page(context, address):
    page = await context.new_page()
    await page.goto(address)
    await page.wait_for_function(READY)
    return page


async def test_status_without_an_extension_is_unreachable_soon(desk, portal):
    desk.build_extension(developer=False)  # runs on *.gov.cn only, so not on this page
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        before = await page.evaluate("performance.now()")
        status = await page.evaluate(STATUS)
        assert status["state"] == "extension_unreachable"
        assert await page.evaluate("performance.now()") - before < 4000
        error = await page.evaluate(CAUGHT, "odc.certificates()")
        assert error["code"] == "extension_unreachable"
        assert error["name"] == "OdcError"
        assert "扩展" in error["messageZh"]


async def test_status_without_a_registered_host_says_host_missing(desk, portal):
    desk.build_extension()
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        assert await page.evaluate(STATUS) == {
            "state": "host_missing",
            "extension": __version__,
            "reason": "not_found",
        }


async def test_a_host_that_dies_at_its_start_is_told_apart(desk, portal):
    desk.build_extension()
    desk.register_host()
    launcher = desk.odc_home / "native-host" / "odc-native-host"
    launcher.write_text("#!/bin/sh\nexit 3\n")
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        status = await page.evaluate(STATUS)
        assert (status["state"], status["reason"]) == ("host_missing", "failed_to_start")


async def test_status_without_an_agent_says_agent_missing(desk, portal):
    desk.build_extension()
    desk.register_host()
    desk.environment["ODC_NO_START"] = "1"
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        status = await page.evaluate(STATUS)
        assert (status["state"], status["extension"]) == ("agent_missing", __version__)
        error = await page.evaluate(CAUGHT, "odc.renew('ab'.repeat(20))")
        assert error["code"] == "agent_missing"
        assert error["reason"] == ""  # where things lie on this computer is not the page's business
        assert "证照管家" in error["messageZh"]
        assert error["adviceZh"]


async def test_pages_share_one_host_and_many_requests_are_all_answered(desk, portal):
    desk.build_extension()
    desk.register_host()
    desk.environment["ODC_NO_START"] = "1"
    async with chromium(desk) as context:
        pages = [await open_page(context, portal) for _ in range(3)]
        calls = "() => Promise.all(Array.from({ length: 10 }, () => odc.status()))"
        for page in pages:
            states = {status["state"] for status in await page.evaluate(calls)}
            assert states == {"agent_missing"}


@pytest.mark.parametrize(
    "call",
    [
        "odc.certificates({ use: 'decryption' })",
        "odc.renew('not a thumbprint')",
        "odc.renew('')",
        "odc.renewal('../../etc')",
    ],
)
async def test_wrong_parameters_end_in_the_extension(desk, portal, call):
    desk.build_extension()  # no host is registered: nothing reaches it
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        assert (await page.evaluate(CAUGHT, call))["code"] == "invalid_request"


async def test_an_aborted_request_ends_at_once(desk, portal):
    desk.build_extension()
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        call = "odc.certificates({ signal: AbortSignal.abort() })"
        assert (await page.evaluate(CAUGHT, call))["code"] == "aborted"


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
]
IGNORED = [
    {"odc": 2, "kind": "request", "id": "a", "method": "browser.status", "params": {}},
    {"odc": 1, "kind": "request", "id": "a", "method": "browser.status"},
    {"odc": 1, "kind": "request", "id": 7, "method": "browser.status", "params": {}},
    {"odc": 1, "kind": "request", "id": "a", "method": "browser.status", "params": {}, "x": 1},
    {"odc": 1, "kind": "request", "id": "a" * 65, "method": "browser.status", "params": {}},
    {
        "odc": 1,
        "kind": "request",
        "id": "a",
        "method": "browser.status",
        "params": {"x": "y" * 20000},
    },
    {"odc": 1, "kind": "reply", "id": "a", "result": {}},
    {"odc": 1, "kind": "pong", "id": "a"},
    {"odc": 1, "kind": "ping", "id": {}},
    "text",
    None,
]


async def test_hostile_messages_are_refused_or_ignored_and_nothing_loops(desk, portal):
    desk.build_extension()
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        for message in HOSTILE:
            seen = await page.evaluate(RAW, message)
            assert [answer["error"]["code"] for answer in seen] == ["invalid_request"], message
        for message in IGNORED:
            quiet = RAW.replace("data.kind !== message.kind", "data?.kind !== message?.kind")
            assert await page.evaluate(quiet, message) == [], message


async def test_a_frame_cannot_ask_and_cannot_forge_answers(desk, portal):
    frame = """<!doctype html><script>
      addEventListener("message", ({ data }) => parent.postMessage({ frame: data }, "*"));
      for (const target of [window, parent]) {
        target.postMessage({ odc: 1, kind: "ping", id: "a" }, "*");
        target.postMessage(
          { odc: 1, kind: "request", id: "b", method: "browser.status", params: {} }, "*");
      }
    </script>"""
    with portal_server({"/frame": frame}) as other:
        desk.build_extension()
        async with chromium(desk) as context:
            page = await open_page(context, portal)
            script = """(address) => new Promise((resolve) => {
              const kinds = [];
              addEventListener("message", ({ data }) => kinds.push((data.frame ?? data).kind));
              const frame = document.createElement("iframe");
              frame.src = address;
              document.body.append(frame);
              setTimeout(() => resolve(kinds), 1500);
            })"""
            for address in (f"{portal}/frame", f"{other}/frame"):
                kinds = await page.evaluate(script, address)
                assert "pong" not in kinds
                assert "reply" not in kinds


async def test_tampering_with_globals_does_not_reach_the_library(desk, portal):
    desk.build_extension()
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        status = await page.evaluate(
            """async () => {
              const stolen = [];
              Object.prototype.odc = 1;
              Object.prototype.kind = "pong";
              Object.hasOwn = () => true;
              window.postMessage = (message) => stolen.push(message);
              crypto.randomUUID = () => "guessed";
              Object.defineProperty(Object.prototype, "id", { set(v) { stolen.push(v); } });
              postMessage({});
              return { ...(await odc.status()), stolen: stolen.length };
            }"""
        )
        assert status["state"] == "host_missing"
        assert status["stolen"] == 1  # the test's own


async def test_results_are_frozen_and_text_is_complete_in_both_languages(desk, portal):
    desk.build_extension()
    async with chromium(desk) as context:
        page = await open_page(context, portal)
        assert await page.evaluate("async () => Object.isFrozen(await odc.status())")
        error = await page.evaluate(CAUGHT, "odc.certificates()")
        assert json.dumps(error)
        assert error["message"].isascii() or "“" in error["advice"]
        assert all(error[name] for name in ("message", "messageZh", "advice", "adviceZh"))
