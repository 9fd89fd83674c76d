"""The demo portal, over http and in a real browser with a stand-in page library."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect, sync_playwright

from sandbox.server.app import PAGE_LIBRARY_FOLDER

CHROMIUM = shutil.which("chromium")

LIBRARY = """
const certificate = (thumbprint, use, days_left) => ({
  thumbprint, use, days_left, organisation: "<b>样例</b>", uscc: "91440300MA5DA0000F",
  not_after: "2022-07-19T16:00:00Z", status: days_left < 0 ? "expired" : "valid", text: "" });
export async function status() { return { state: "ready" }; }
export async function certificates() {
  return [certificate("aa", "signing", -961), certificate("bb", "encryption", 20)];
}
export async function renew(thumbprint, { onprogress }) {
  if (window.declines) {
    throw Object.assign(new Error("Declined"), { code: "user_declined", messageZh: "您已拒绝" });
  }
  onprogress({ id: "1", state: "reviewing", waiting: "REVIEW" });
  await new Promise((resolve) => { window.approve = resolve; });
  return { id: "1", state: "installed", waiting: null };
}
// Logging in and signing want a token: tests/browser has them with one.
export async function login() { throw new Error("not tried here"); }
export async function sign() { throw new Error("not tried here"); }
"""


def test_the_page_and_the_library_lie_in_one_folder(quick_desk):
    with httpx.Client(base_url=quick_desk.running.portal_url) as http:
        page = http.get("")
        assert page.headers["Content-Type"].startswith("text/html")
        assert "default-src 'self'" in page.headers["Content-Security-Policy"]
        assert 'from "./odc.js"' in http.get("portal.js").text
        library = http.get("odc.js")
        if (PAGE_LIBRARY_FOLDER / "odc.js").exists():
            assert library.headers["Content-Type"].startswith("text/javascript")
            assert library.content == (PAGE_LIBRARY_FOLDER / "odc.js").read_bytes()
        assert http.get("../portal/%2e%2e/app.py").status_code == 404
        root = http.get(quick_desk.running.portal_url.removesuffix("portal/"))
        assert root.headers["Location"] == "/portal/"


@pytest.fixture
def page(quick_desk) -> Iterator[Page]:
    """The portal in a browser; needs the package chromium."""
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.route(
            "**/odc.js", lambda route: route.fulfill(body=LIBRARY, content_type="text/javascript")
        )
        errors = []
        page.on("pageerror", lambda error: errors.append(error))  # noqa: PLW0108 - no attributes on builtins
        page.goto(quick_desk.running.portal_url)
        yield page
        assert errors == []
        browser.close()


def test_certificates_are_listed_with_their_days_and_a_button_to_renew(page):
    expect(page.locator("#status")).to_have_attribute("data-state", "ready")
    page.click("#load")
    signing = page.locator("#certificates [data-thumbprint=aa]")
    expect(signing.locator(".mark.expired")).to_contain_text("已过期 961 天")
    expect(signing).to_contain_text("<b>样例</b>")
    expect(signing).to_contain_text("2022-07-20")
    expect(signing.get_by_role("button")).to_contain_text("证照更新")
    encryption = page.locator("#certificates [data-thumbprint=bb]")
    expect(encryption.locator(".mark")).to_contain_text("剩余 20 天")
    expect(encryption.get_by_role("button")).to_have_count(0)


def test_a_renewal_tells_its_states(page):
    page.click("#load")
    page.click("#certificates [data-thumbprint=aa] button")
    expect(page.locator("#renew-state")).to_contain_text("审核中 · 等待审核")
    page.evaluate("window.approve()")
    expect(page.locator("#renew-state")).to_have_attribute("data-state", "installed")


def test_an_error_is_shown_with_its_code(page):
    page.click("#load")
    page.evaluate("window.declines = true")
    page.click("#certificates [data-thumbprint=aa] button")
    expect(page.locator("#error")).to_have_attribute("data-code", "user_declined")
    expect(page.locator("#error")).to_contain_text("您已拒绝")
