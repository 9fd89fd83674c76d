"""Needs /usr/bin/chromium; without it these tests are skipped, and say so.

A browser takes seconds to start: the tests of a module share one, each with tabs of its own. Such a
module runs in one loop and in one worker (``one_browser``), and says by ``STARTS_AGENT`` whether its
native host may start an agent.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import pytest_asyncio

# The fake agent for fault injection lies with the native host's tests.
sys.path.insert(0, str(Path(__file__).parents[1] / "native_host"))
sys.path.insert(0, str(Path(__file__).parents[1] / "journey"))
sys.path.insert(0, str(Path(__file__).parents[1] / "desktop"))
sys.path.insert(0, str(Path(__file__).parents[1]))  # the wire's schema
sys.path.insert(0, str(Path(__file__).parent))

from chromium import CHROMIUM, Desk, chromium, portal_server, short_folder
from display import desktop, missing_programs
from native_hosts import kill_hosts
from portal_names import make_certificate


@pytest.fixture(scope="module")
def desk(request):
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    with short_folder() as folder:
        desk = Desk(folder)
        if not getattr(request.module, "STARTS_AGENT", False):
            desk.environment["ODC_NO_START"] = "1"
        yield desk


@pytest.fixture(scope="module")
def portal():
    with portal_server() as address:
        yield address


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """What serves all the names over https, and its key's pin."""
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def secure_port(certificate):
    with portal_server(tls=certificate[0]) as address:
        yield address.rpartition(":")[2]


@pytest.fixture(scope="module")
def screen():
    """A screen of the module's own, with a window manager."""
    if missing := missing_programs():
        pytest.skip(f"not installed: {', '.join(missing)}")
    with (
        desktop(panel=False, notifications="", size="1280x800") as running,
        # The keyboard goes where a window manager says.
        subprocess.Popen(["xfwm4"], env=running.environment, stderr=subprocess.DEVNULL) as manager,
    ):
        yield running
        manager.terminate()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(desk):
    """The module's Chromium, with the developer build."""
    desk.build_extension()
    desk.register_host()
    async with chromium(desk) as context:
        yield context


@pytest_asyncio.fixture(loop_scope="module")
async def tabs(browser, desk):
    """Opens pages; they are closed with the test, and the next one gets a host of its own."""
    opened = []

    async def open_page(address, ready="() => window.odc !== undefined"):
        page = await browser.new_page()
        opened.append(page)
        await page.goto(address)
        if ready:
            await page.wait_for_function(ready)
        return page

    yield open_page
    for page in opened:
        await page.close()
    kill_hosts(desk)
