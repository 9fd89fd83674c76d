"""A site asks in a real Chromium, and the agent's own window is answered with real keys and a real mouse."""

from __future__ import annotations

import asyncio
import time

import pytest
import pytest_asyncio
from chromium import chromium, one_browser
from display import artefacts
from test_extension import CAUGHT

from agent.windows.deafness import DEAF_MS
from agent.windows.style import LARGE
from sandbox.desk.desk import Desk as AgentDesk

pytestmark = one_browser("chromium and the consent window")
CERTIFICATES = "odc.certificates({ use: 'signing' })"
TITLE = "网站请求您的同意"
DEAF_SECONDS = DEAF_MS / 1000
SECONDS = 60


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(desk, screen):
    """Chromium with the developer build, in a window that leaves room for ours."""
    desk.build_extension()
    desk.register_host()
    for name in ("DISPLAY", "DBUS_SESSION_BUS_ADDRESS"):
        desk.environment[name] = screen.environment[name]
    window = ("--window-position=0,0", "--window-size=640,480")
    async with chromium(desk, *window, headless=False) as context:
        yield context


@pytest.fixture(scope="module")
def agent(desk, browser):
    """An agent with that screen and an expired token; no site is allowed anything."""
    environment = {**desk.environment, "ODC_LANGUAGE": "zh_CN", "QT_QPA_PLATFORM": "xcb"}
    with AgentDesk(desk.odc_home, environment=environment) as agent_desk:
        url = agent_desk.start_authority().url
        agent_desk.issue_token("--expired-days", "961")
        agent_desk.configure_agent(url, extra="[reminders]\nnotifications = false\n")
        file = agent_desk.folder / "config.toml"
        file.write_text(file.read_text("utf-8").replace("http://localhost:*", "https://nobody"))
        agent_desk.start_agent("--no-tray")
        yield agent_desk


class ConsentWindow:
    """The window as somebody sees it who sits at the screen."""

    def __init__(self, screen):
        self._screen = screen

    @property
    def id(self):
        found = self._screen.run("xdotool", "search", "--onlyvisible", "--name", TITLE).split()
        return found[0] if found else ""

    def has_keyboard(self):
        return bool(self.id) and self._screen.active() == self.id

    def press(self, *keys):
        """Give it the keyboard and press keys at once; True where that was within its deaf time."""
        begun = time.monotonic()
        self._screen.run("xdotool", "windowactivate", "--sync", self.id, "key", *keys)
        return time.monotonic() - begun < DEAF_SECONDS

    def click_last_button(self):
        """Click the button at the lower right, which is the last one to be read."""
        told = self._screen.run("xdotool", "getwindowgeometry", "--shell", self.id)
        place = {name: int(value) for name, value in (line.split("=") for line in told.split())}
        x, y = place["WIDTH"] - LARGE - 30, place["HEIGHT"] - LARGE - 16
        self._screen.run("xdotool", "mousemove", "--window", self.id, str(x), str(y), "click", "1")


async def until(condition):
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.1)


def questions(agent):
    with agent.client() as client:
        return client.call("sites.pending")["questions"]


async def asked(page, window, screen):
    """Have the page ask; return its answer to come, once the window can be answered."""
    screen.run("xdotool", "mousemove", "0", "0")  # or the window would turn its buttons round
    answer = asyncio.ensure_future(page.evaluate(CAUGHT, CERTIFICATES))
    await until(lambda: window.id)
    await asyncio.sleep(2 * DEAF_SECONDS)  # it has been on the screen, and listens
    return answer


async def test_consent_is_given_in_the_agents_own_window_and_never_by_accident(
    agent, screen, tabs, portal, tmp_path
):
    page = await tabs(portal)
    await page.bring_to_front()
    window = ConsentWindow(screen)

    # It comes without the keyboard: what somebody types goes on going to the browser.
    answer = await asked(page, window, screen)
    screen.screenshot(artefacts(tmp_path) / "consent.png")
    assert not window.has_keyboard()
    screen.run("xdotool", "key", "space", "Return")
    # Even brought to the front, it takes no key for half a second: Return would decline.
    if window.press("Return", "Tab", "Tab", "space"):
        assert len(questions(agent)) == 1
        assert not answer.done()
        # Once it listens, Return declines.
        await asyncio.sleep(2 * DEAF_SECONDS)
        screen.run("xdotool", "key", "Return")
    assert (await answer)["code"] == "consent_denied"
    await until(lambda: not window.id)

    answer = await asked(page, window, screen)
    window.press("shift")
    await asyncio.sleep(2 * DEAF_SECONDS)
    screen.run("xdotool", "key", "--delay", "100", "Tab", "space")  # from decline to once
    assert (await answer)[0]["days_left"] == -961
    await until(lambda: not window.id)
    assert portal not in agent.run("agent.cli", "sites", "list")

    answer = await asked(page, window, screen)
    window.click_last_button()  # without the keyboard: one click is enough
    assert (await answer)[0]["days_left"] == -961
    assert f"{portal}  查看证书: 始终允许" in agent.run("agent.cli", "sites", "list")
    assert (await page.evaluate(CERTIFICATES))[0]["days_left"] == -961
    assert not window.id
