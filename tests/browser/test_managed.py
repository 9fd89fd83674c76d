"""What an administrator's policy file lets the extension do, in a real Chromium.

Chromium reads its policies from one place. The browser of these tests has that place for itself: a
mount that it alone sees.
"""

from __future__ import annotations

import json
import os

import pytest
import pytest_asyncio
from chromium import CHROMIUM, build_release, chromium, one_browser
from portal_names import ALLOWED, LISTED, OTHER
from test_release import registered

from native_host.identity import extension_id

pytestmark = one_browser("chromium under a policy")

OWN = f"chrome-extension://{extension_id()}"
POLICY = {
    "sites": [ALLOWED, "managed.example"],
    "blocked_sites": ["blocked.example", LISTED],
    "add_sites": False,
    "developer_mode": True,
}
CODE = "odc.status().then(({ state }) => state, ({ code }) => code)"
# Only root may mount; anybody may where he is root of a namespace of his own.
UNSHARE = "unshare --mount" if os.geteuid() == 0 else "unshare --mount --map-root-user"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(desk, certificate):
    """Chromium whose user has allowed two sites, one of them the organisation's."""
    build_release(desk, ALLOWED, OTHER)
    desk.register_host()
    folder = desk.folder / "etc" / "policies" / "managed"
    folder.mkdir(parents=True)
    managed = {"3rdparty": {"extensions": {extension_id(): POLICY}}}
    (folder / "odc.json").write_text(json.dumps(managed))
    program = desk.folder / "chromium-under-a-policy"
    mount = f"mount --bind {desk.folder / 'etc'} /etc/chromium"
    program.write_text(
        f'#!/bin/sh\nexec {UNSHARE} sh -c \'{mount} && exec {CHROMIUM} "$@"\' sh "$@"\n'
    )
    program.chmod(0o755)
    rules = ", ".join(f"MAP {name} 127.0.0.1" for name in (LISTED, ALLOWED, OTHER))
    pin = f"--ignore-certificate-errors-spki-list={certificate[1]}"
    async with chromium(desk, f"--host-resolver-rules={rules}", pin, program=program) as context:
        await registered(context)
        yield context


@pytest.mark.parametrize(
    ("host", "outcome"),
    [(ALLOWED, "agent_missing"), (LISTED, "consent_denied"), (OTHER, "consent_denied")],
    ids=["the organisation's", "forbidden, though listed", "the user's own, where none may be"],
)
async def test_the_policy_comes_before_what_the_user_allowed(tabs, secure_port, host, outcome):
    page = await tabs(f"https://{host}:{secure_port}")
    assert await page.evaluate(CODE) == outcome


async def test_the_options_show_what_is_locked(tabs):
    page = await tabs(f"{OWN}/options.html", ready=None)
    await page.wait_for_selector("#runs li")
    rows = {
        await row.get_attribute("data-site"): [
            await row.locator("small").all_inner_texts(),
            await row.locator("button").all_inner_texts(),
        ]
        for row in await page.locator("#runs li").all()
    }
    assert rows == {
        "https://*.gov.cn/*": [["listed by the extension"], []],
        f"https://{ALLOWED}/*": [["set by your organisation"], []],
        "https://managed.example/*": [["set by your organisation"], ["Allow"]],
        f"https://{OTHER}/*": [["forbidden by your organisation"], ["Remove"]],
        "https://blocked.example/*": [["forbidden by your organisation"], []],
        f"https://{LISTED}/*": [["forbidden by your organisation"], []],
    }
    assert await page.is_hidden("#add")
    assert await page.is_visible("#managed-only")


async def test_the_developers_mode_is_the_administrators(tabs):
    page = await tabs(f"{OWN}/popup.html", ready=None)
    await page.wait_for_selector("#developer:not([hidden])")
    assert await page.is_checked("#developer-switch")
    assert await page.is_disabled("#developer-switch")
