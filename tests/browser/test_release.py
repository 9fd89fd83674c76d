"""The release build, from the zip a store gets, on a portal's own name over https."""

from __future__ import annotations

import asyncio

import pytest
import pytest_asyncio
import web_eid_pages
from chromium import build_release, chromium, one_browser, portal_server
from portal_names import ALLOWED, LISTED, OTHER
from test_extension import CAUGHT, STATUS
from web_eid_pages import READY

from agent import __version__
from native_host.identity import extension_id

REGISTERED = """async () => {
  while ((await chrome.scripting.getRegisteredContentScripts()).length === 0) {
    await new Promise((go_on) => setTimeout(go_on, 50));
  }
}"""

pytestmark = one_browser("chromium with the release build")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(desk, certificate):
    """Chromium with the release, whose user has allowed one more site."""
    build_release(desk, ALLOWED)
    desk.register_host()
    rules = ", ".join(f"MAP {name} 127.0.0.1" for name in (LISTED, f"{LISTED}.", ALLOWED, OTHER))
    pin = f"--ignore-certificate-errors-spki-list={certificate[1]}"
    async with chromium(desk, f"--host-resolver-rules={rules}", pin) as context:
        await registered(context)
        yield context


async def registered(context):
    """Wait until the extension runs on the site the user allowed: it tells the browser at its start."""
    workers = context.service_workers
    worker = workers[0] if workers else await context.wait_for_event("serviceworker")
    await asyncio.wait_for(worker.evaluate(REGISTERED), 60)


async def test_it_serves_the_listed_portals(tabs, secure_port):
    page = await tabs(f"https://{LISTED}:{secure_port}")
    status = await page.evaluate(STATUS)
    assert (status["state"], status["extension"]) == ("agent_missing", __version__)


async def test_a_portal_by_its_second_name_may_not_ask(tabs, secure_port):
    """A dot at the end makes the same host another origin, which no ban and no refusal names."""
    page = await tabs(f"https://{LISTED}.:{secure_port}")
    error = await page.evaluate("odc.status().catch(({ code }) => code)")
    assert error == "origin_not_allowed"


async def test_it_serves_a_site_the_user_allowed(tabs, secure_port):
    page = await tabs(f"https://{ALLOWED}:{secure_port}")
    assert (await page.evaluate(STATUS))["state"] == "agent_missing"


@pytest.mark.parametrize(
    ("scheme", "host"),
    [("https", OTHER), ("http", LISTED), ("http", ALLOWED), ("http", "localhost")],
)
async def test_nobody_else_reaches_it_and_is_told_so_soon(tabs, secure_port, portal, scheme, host):
    port = (secure_port if scheme == "https" else portal).rpartition(":")[2]
    page = await tabs(f"{scheme}://{host}:{port}")
    before = await page.evaluate("performance.now()")
    assert (await page.evaluate(STATUS))["state"] == "extension_unreachable"
    assert await page.evaluate("performance.now()") - before < 4000


@pytest.fixture(scope="module")
def web_eid_port(certificate):
    with portal_server(web_eid_pages.pages(), tls=certificate[0]) as address:
        yield address.rpartition(":")[2]


async def test_a_click_on_the_popups_switch_has_pages_of_web_eid_answered_there_and_another_ends_it(
    web_eid_port, tabs
):
    page = await tabs(f"https://{ALLOWED}:{web_eid_port}", ready=f"() => {READY}")
    popup = await tabs(f"chrome-extension://{extension_id()}/popup.html", ready=None)
    await page.bring_to_front()  # the popup is about the tab below it
    await popup.reload()
    switch = popup.locator("#web-eid-switch")
    await switch.wait_for()
    for is_on, code in (
        (False, "ERR_WEBEID_EXTENSION_UNAVAILABLE"),
        (True, "ERR_WEBEID_NATIVE_UNAVAILABLE"),  # answered: no agent runs
        (False, "ERR_WEBEID_EXTENSION_UNAVAILABLE"),
    ):
        if await switch.is_checked() is not is_on:
            await switch.click()
        await page.reload()
        await page.wait_for_function(f"() => {READY}")
        said = await page.evaluate(CAUGHT, "libraries.theirs.status()")
        assert said["code"] == code
        await popup.reload()
        await switch.wait_for()
        assert await switch.is_checked() is is_on
