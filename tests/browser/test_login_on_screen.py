"""A page asks for a log-in in a real Chromium, and the PIN is typed in the agent's window with real keys."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
import test_consent_on_screen as on_screen
from chromium import one_browser
from display import artefacts
from test_consent_on_screen import DEAF_SECONDS, browser, until
from test_extension import CAUGHT

from sandbox.desk.desk import Desk as AgentDesk
from sandbox.desk.desk import Holder

sys.path.insert(0, str(Path(__file__).parents[1] / "portal_signing"))

from esteid_peer import is_valid

pytestmark = one_browser("chromium and the window that takes a PIN")
__all__ = ["browser"]
TITLE = "网站请求使用您的电子钥匙"
NONCE = "A" * 44
LOGIN = f"odc.login('{NONCE}')"


@pytest.fixture(scope="module")
def agent(desk, browser):
    """An agent with that screen and a valid token."""
    environment = {**desk.environment, "ODC_LANGUAGE": "zh_CN", "QT_QPA_PLATFORM": "xcb"}
    with AgentDesk(desk.odc_home, environment=environment) as agent_desk:
        url = agent_desk.start_authority().url
        agent_desk.issue_token("--valid-days", "365")
        agent_desk.configure_agent(url, extra="[reminders]\nnotifications = false\n")
        agent_desk.start_agent("--no-tray")
        yield agent_desk


class PinWindow(on_screen.ConsentWindow):
    """The window as somebody sees it who sits at the screen."""

    @property
    def id(self):
        found = self._screen.run("xdotool", "search", "--onlyvisible", "--name", TITLE).split()
        return found[0] if found else ""

    async def type(self, *keys):
        """Give it the keyboard, wait until it listens, and type."""
        self._screen.run("xdotool", "windowactivate", "--sync", self.id)
        await asyncio.sleep(3 * DEAF_SECONDS)
        self._screen.run("xdotool", "key", "--delay", "60", *keys)


async def test_the_pin_is_typed_in_the_window_that_asks_and_a_wrong_one_again(
    agent, screen, tabs, portal, tmp_path
):
    page = await tabs(portal)
    await page.bring_to_front()
    window = PinWindow(screen)
    answer = asyncio.ensure_future(page.evaluate(CAUGHT, LOGIN))
    await until(lambda: window.id)
    await asyncio.sleep(2 * DEAF_SECONDS)
    assert not window.has_keyboard()  # what somebody types goes on going to the browser
    screen.screenshot(artefacts(tmp_path) / "login.png")
    await window.type(*"999999", "Return")
    await asyncio.sleep(4 * DEAF_SECONDS)
    screen.screenshot(artefacts(tmp_path) / "wrong.png")
    assert window.id
    await window.type(*Holder().pin, "Return")
    assert is_valid(await answer, portal, NONCE)
    await until(lambda: not window.id)


async def test_closing_the_window_declines(agent, screen, tabs, portal):
    page = await tabs(portal)
    window = PinWindow(screen)
    answer = asyncio.ensure_future(page.evaluate(CAUGHT, LOGIN))
    await until(lambda: window.id)
    await window.type("Escape")
    assert (await answer)["code"] == "consent_denied"
    await until(lambda: not window.id)
