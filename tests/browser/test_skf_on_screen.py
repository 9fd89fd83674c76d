"""A page meets an SKF token in a real Chromium: its certificates, and a log-in with SM2, on a real screen."""

from __future__ import annotations

import asyncio
import base64

import pytest
from chromium import one_browser
from display import artefacts
from test_consent_on_screen import ConsentWindow, asked, browser, until
from test_extension import CAUGHT
from test_login_on_screen import PinWindow

from sandbox.desk.desk import Desk as AgentDesk
from sandbox.desk.desk import Holder

pytestmark = one_browser("chromium and the window that takes an SKF token's PIN")
__all__ = ["browser"]
NONCE = "A" * 44


@pytest.fixture(scope="module")
def agent(desk, browser):
    """An agent with that screen and a valid token that speaks SKF."""
    environment = {**desk.environment, "ODC_LANGUAGE": "zh_CN", "QT_QPA_PLATFORM": "xcb"}
    with AgentDesk(desk.odc_home, environment=environment) as agent_desk:
        url = agent_desk.start_authority("--key-type", "sm2").url
        skf = agent_desk.issue_skf_token("--sm2", "--valid-days", "365")
        agent_desk.configure_agent(url, extra="[reminders]\nnotifications = false\n", skf=skf)
        file = agent_desk.folder / "config.toml"
        file.write_text(file.read_text("utf-8").replace("http://localhost:*", "https://nobody"))
        agent_desk.start_agent("--no-tray")
        yield agent_desk


async def test_its_certificates_are_given_to_the_page_that_may_have_them(
    agent, screen, tabs, portal, tmp_path
):
    page = await tabs(portal)
    window = ConsentWindow(screen)
    answer = await asked(page, window, screen)
    screen.screenshot(artefacts(tmp_path) / "skf-consent.png")
    window.click_last_button()
    [signing] = await answer
    assert (signing["use"], signing["organisation"]) == ("signing", Holder().organisation)
    both = await page.evaluate("odc.certificates()")
    assert {each["use"] for each in both} == {"signing", "encryption"}
    await until(lambda: not window.id)


async def test_it_logs_in_with_sm2(agent, screen, tabs, portal, tmp_path):
    page = await tabs(portal)
    window = PinWindow(screen)
    answer = asyncio.ensure_future(page.evaluate(CAUGHT, f"odc.login('{NONCE}')"))
    await until(lambda: window.id)
    await asyncio.sleep(2)
    screen.screenshot(artefacts(tmp_path) / "skf-login.png")
    await window.type(*Holder().pin, "Return")
    token = await answer
    assert token["format"] == "odc-sm2:1.0"
    assert len(base64.b64decode(token["signature"])) == 64
    await until(lambda: not window.id)
