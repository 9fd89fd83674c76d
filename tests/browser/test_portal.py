"""The whole way: a portal's page, the extension, the native host, the agent, the token and back."""

from __future__ import annotations

import asyncio

import pytest
from applicant import Applicant
from chromium import chromium

from sandbox.desk import Desk as AgentDesk
from sandbox.dossier import write_sample_dossier

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def agent_desk(desk):
    """The browser user's own authority, token and agent."""
    desk.build_extension()
    desk.register_host()
    environment = {**desk.environment, "ODC_LANGUAGE": "zh_CN"}
    with AgentDesk(desk.odc_home, environment=environment) as agent_desk:
        running = agent_desk.start_authority("--approve-after", "0.2", "--retry-after", "1")
        agent_desk.portal_url = running.portal_url
        agent_desk.issue_token("--expired-days", "961")
        write_sample_dossier(agent_desk.dossier)
        agent_desk.configure_agent(running.url, extra="[reminders]\nnotifications = false\n")
        yield agent_desk
        # Also an agent that the native host started; it is nobody's child here.
        with agent_desk.client() as client:
            client.call("agent.quit")


async def test_the_portal_shows_the_certificate_and_its_days(desk, agent_desk, request):
    agent_desk.start_agent("--no-tray")
    async with chromium(desk) as context:
        page = await context.new_page()
        await page.goto(agent_desk.portal_url)
        await page.wait_for_selector('#status[data-state="ready"]')
        await page.click("#load")
        row = page.locator('#certificates [data-use="signing"]')
        assert "已过期 961 天" in await row.inner_text()
        assert await row.get_attribute("data-status") == "expired"
        assert "深圳市样例有限公司" in await row.inner_text()


async def test_the_native_host_starts_the_agent_where_none_runs(desk, agent_desk):
    async with chromium(desk) as context:
        page = await context.new_page()
        await page.goto(agent_desk.portal_url)
        await page.wait_for_selector('#status[data-state="ready"]', timeout=30_000)
        await page.click("#load")
        await page.wait_for_selector(
            '#certificates [data-use="signing"], #error[data-code="no_token"]'
        )


async def test_a_renewal_started_on_the_page_tells_it_every_state(desk, agent_desk):
    agent_desk.start_agent("--no-tray")
    async with chromium(desk) as context:
        page = await context.new_page()
        await page.goto(agent_desk.portal_url)
        await page.wait_for_selector('#status[data-state="ready"]')
        first = await page.evaluate(_RENEW_ON_THE_PAGE)
        assert first == "drafting"
        finished = asyncio.create_task(page.evaluate("() => window.ended"))
        await asyncio.to_thread(_finish_renewal, agent_desk)
        assert await finished == "installed"
        told = await page.evaluate("window.told")
        assert _in_order(told) == [
            "drafting", "signing", "submitted", "reviewing", "approved", "issuing", "installing", "installed",
        ]  # fmt: skip
        assert set(await page.evaluate("window.keys")) == {"id", "state", "waiting"}


_RENEW_ON_THE_PAGE = """async () => {
  const { certificates, renew } = await import("./odc.js");
  const [signing] = await certificates({ use: "signing" });
  window.told = [];
  window.keys = [];
  return new Promise((resolve) => {
    const onprogress = (progress) => {
      window.told.push(progress.state);
      window.keys.push(...Object.keys(progress));
      resolve(progress.state);
    };
    window.ended = renew(signing.thumbprint, { onprogress }).then((end) => end.state, (error) => error.code);
  });
}"""


def _in_order(states):
    return [state for i, state in enumerate(states) if state not in states[:i]]


def _finish_renewal(agent_desk):
    with agent_desk.client() as client:
        applicant = Applicant(agent_desk, client)
        (renewal,) = client.call("renewals.list")["renewals"]
        assert applicant.go_on(renewal)["state"] == "installed"


async def test_a_site_without_consent_learns_nothing(desk, agent_desk):
    agent_desk.configure_agent("https://127.0.0.1:1")
    configuration = agent_desk.folder / "config.toml"
    configuration.write_text(configuration.read_text("utf-8").replace("localhost:*", "127.0.0.1:9"))
    agent_desk.start_agent("--no-tray")
    async with chromium(desk) as context:
        page = await context.new_page()
        await page.goto(agent_desk.portal_url)
        await page.wait_for_selector('#status[data-state="ready"]')
        await page.click("#load")
        await page.wait_for_selector('#error[data-code="consent_unavailable"]')
        assert not await page.locator("#certificates li").count()
