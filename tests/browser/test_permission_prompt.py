"""Chromium's own question whether the extension may run on a site, pressed on a screen of the test's own."""

from __future__ import annotations

import asyncio

import pytest_asyncio
from chromium import chromium, one_browser
from portal_names import ALLOWED
from test_extension import STATUS

from native_host.identity import extension_id

pytestmark = one_browser("chromium on a screen")
OPTIONS = f"chrome-extension://{extension_id()}/options.html"
EMPTY_SPOT = "1x1+700+780"
"""Of the page, beside all text: the browser darkens it while it asks."""
SECONDS = 60
HEAR = """() => {
  window.request ??= chrome.permissions.request;
  window.answer = new Promise((told) => {
    chrome.permissions.request = async (asked) => {
      const isAllowed = await request(asked);
      told(isAllowed);
      return isAllowed;
    };
  });
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(desk, screen, certificate):
    """Chromium with the release, in a window."""
    desk.build_extension(developer=False)
    desk.register_host()
    desk.environment["DISPLAY"] = screen.environment["DISPLAY"]
    names = f"--host-resolver-rules=MAP {ALLOWED} 127.0.0.1"
    pin = f"--ignore-certificate-errors-spki-list={certificate[1]}"
    window = ("--window-position=0,0", "--window-size=1280,800")
    async with chromium(desk, names, pin, *window, headless=False) as context:
        yield context


def colour(screen):
    return screen.run("import", "-window", "root", "-crop", EMPTY_SPOT, "txt:").splitlines()[-1]


def picture(screen):
    """A checksum of all that is shown."""
    return screen.run("import", "-window", "root", "-format", "%#", "info:-")


async def until(condition):
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def settled(screen):
    """Wait until the picture stands still, and return it."""
    last = None
    async with asyncio.timeout(SECONDS):
        while (now := picture(screen)) != last:
            last = now
            await asyncio.sleep(0.3)
    return now


async def answer(screen, page, *, allow):
    """Ask for the site and answer what the browser asks; return what the page is told."""
    before = colour(screen)
    await page.fill("#address", ALLOWED)
    await page.evaluate(HEAR)
    await page.click("#add button")
    await until(lambda: colour(screen) != before)
    shown = await settled(screen)
    if allow:  # the keyboard is at the button that denies
        screen.run("xdotool", "key", "Tab")
        await until(lambda: picture(screen) != shown)
    # A press that comes too soon after the question is none for the browser: it is pressed again.
    answered = asyncio.ensure_future(page.evaluate("answer"))
    while not answered.done():
        screen.run("xdotool", "key", "Return")
        await asyncio.wait([answered], timeout=1)
    await until(lambda: colour(screen) == before)
    return answered.result()


async def test_a_site_is_served_once_the_user_has_allowed_it_in_the_browsers_own_question(
    screen, tabs, secure_port
):
    options = await tabs(OPTIONS, ready=None)
    site = options.locator(f'#runs [data-site="https://{ALLOWED}/*"]')
    assert await answer(screen, options, allow=False) is False
    assert await site.count() == 0
    assert await answer(screen, options, allow=True) is True
    await site.wait_for()
    page = await tabs(f"https://{ALLOWED}:{secure_port}")
    assert (await page.evaluate(STATUS))["state"] == "agent_missing"
