"""The reviewer's page in a real Chromium: a person sees a dossier, sends it back, approves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright
from sandbox_desk import SCANS, HttpRenewal, certify, digest_of

from agent.renewals.authorities.ra_protocol import DocumentName
from sandbox.authority.dossier import write_sample_dossier

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking")


@pytest.fixture
async def chromium_page() -> AsyncIterator[Page]:
    """An empty page; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS], chromium_sandbox=False
        )
        context = await browser.new_context(
            locale="zh-CN", viewport={"width": 1280, "height": 900}, device_scale_factor=1
        )
        page = await context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        await browser.close()
    # A decision that is refused is a page with status 409, which the console mentions.
    assert [text for text in complaints if "409" not in text] == []


class SampleRenewal(HttpRenewal):
    """A renewal with the scans the sample dossier has."""

    scans: dict[DocumentName, bytes]

    def submit_sample(self, folder: Path) -> None:
        files = write_sample_dossier(folder)
        self.scans = {name: files[name].read_bytes() for name in DocumentName}
        types = {
            name: "image/png" if content.startswith(b"\x89") else "image/jpeg"
            for name, content in self.scans.items()
        }
        documents = {name: digest_of(self.scans[name], types[name]) for name in DocumentName}
        self.apply(self.signed(documents=documents)).raise_for_status()
        for name in SCANS:
            self.send_scan(name, self.scans[name]).raise_for_status()
        self.call("POST", "/complete").raise_for_status()


@pytest.fixture
def renewal(reviewing_desk, rsa_keys, tmp_path):
    holder = certify(reviewing_desk.home, rsa_keys[0])
    started = SampleRenewal(reviewing_desk, holder, rsa_keys[1])
    with started.http:
        started.submit_sample(tmp_path / "dossier")
        yield started


async def sign_in(page: Page, desk) -> None:
    await page.goto(desk.running.review_url)
    await page.get_by_label("登录口令").fill(desk.running.review_token)
    await page.get_by_role("button", name="登录").click()
    await page.get_by_role("heading", name="申请列表").wait_for()


async def open_application(page: Page, renewal: HttpRenewal) -> None:
    row = page.get_by_role("row").filter(has_text=renewal.application)
    await row.get_by_role("link").click()
    await page.get_by_role("heading", level=1, name=renewal.holder.organisation.name).wait_for()


async def test_a_dossier_is_sent_back_with_remarks(chromium_page, reviewing_desk, renewal):
    page = chromium_page
    await sign_in(page, reviewing_desk)
    await open_application(page, renewal)
    assert await page.get_by_text("签名有效").is_visible()
    remarks = page.get_by_label("审核意见")
    assert await remarks.count() == 5 + 4 + 1
    await page.locator('[name="remark-authorisation_letter"]').fill("公章不清晰")
    await page.get_by_role("button", name="审核通过").click()
    assert "已填写意见" in await page.get_by_role("alert").inner_text()
    await page.get_by_role("button", name="退回修改").click()
    await page.get_by_text("已退回").wait_for()
    assert renewal.state() == "rejected"
    [remark] = renewal.call("GET").json()["remarks"]
    assert remark == {"item": "authorisation_letter", "text": "公章不清晰"}


async def test_a_dossier_is_approved(chromium_page, reviewing_desk, renewal):
    page = chromium_page
    await sign_in(page, reviewing_desk)
    await open_application(page, renewal)
    await page.get_by_role("button", name="审核通过").click()
    await page.get_by_text("已通过,待短信验证").wait_for()
    assert renewal.state() == "approved"


async def test_all_scans_are_drawn(chromium_page, reviewing_desk, renewal):
    page = chromium_page
    await sign_in(page, reviewing_desk)
    await open_application(page, renewal)
    await page.wait_for_load_state("networkidle")
    widths = await page.locator(".scan img").evaluate_all("all => all.map(i => i.naturalWidth)")
    assert sorted(widths) == [840, 840, 856, 856]


@pytest.mark.parametrize("width", [1280, 700, 380])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_nothing_is_wider_than_the_window(
    chromium_page, reviewing_desk, renewal, width, language
):
    page = chromium_page
    await page.set_viewport_size({"width": width, "height": 900})
    await sign_in(page, reviewing_desk)
    await open_application(page, renewal)
    if language == "en":
        await page.get_by_role("link", name="English").click()
        await page.get_by_role("link", name="中文").wait_for()
    await page.wait_for_load_state("networkidle")
    overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(overflow) == 0
    clipped = """() => [...document.querySelectorAll('.mark, button, th, dt, .label, h2')]
        .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline')
        .map(e => e.textContent)"""
    assert await page.evaluate(clipped) == []
