"""The same journey in a real Firefox ESR: page, extension, host, agent, token and back."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
import threading
import time

import pytest
import web_eid_pages
from chromium import ROOT, portal_server
from host_process import fake_agent, socket_path
from marionette import FIREFOX, OWN, firefox
from native_hosts import hosts, kill_hosts
from page_codes import ELSEWHERE, HOST_KILLED, MEET, ROWS, WORKER_ENDED, before
from person import Person
from portal_names import ALLOWED, FORBIDDEN, LISTED, OTHER
from test_portal import START, agent, agent_desk, finish_renewal, quit_agent
from web_eid_pages import AUTHENTICATE, NONCE, READY

from agent import __version__
from native_host.identity import FIREFOX_ID
from sandbox.desk.desk import Holder

sys.path.insert(0, str(ROOT / "tests/portal_signing"))

from esteid_peer import is_valid

STARTS_AGENT = True
pytestmark = pytest.mark.xdist_group("firefox")
__all__ = ["agent", "agent_desk"]
MANAGED = {"sites": ["managed.example"], "blocked_sites": [FORBIDDEN], "developer_mode": False}
CERTIFICATES = "odc.certificates({ use: 'signing' })"


SWITCH_WEB_EID = """
const page = window.wrappedJSObject ?? window;
const kept = new page.Object();
kept.webEidSites = new page.Array("http://localhost/*");
page.browser.storage.local.set(kept);
"""
"""Of the page's own objects: what is made out here its functions may not look at."""


def until(condition):
    """An expression that is true once ``condition`` is."""
    look = f"() => ({condition}) ? resolve(true) : setTimeout(look, 20)"
    return f"new Promise((resolve) => {{ const look = {look}; look(); }})"


@pytest.fixture(scope="module")
def browser(desk):
    if not FIREFOX.exists():
        pytest.skip(f"{FIREFOX} is not installed")
    build = [sys.executable, ROOT / "browser_ext/build.py", "firefox", desk.extension]
    subprocess.run([*build, "--developer"], check=True)
    subprocess.run(
        [sys.executable, "-m", "native_host", "install", "--browser", "firefox"],
        check=True, env=desk.environment, cwd=ROOT, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    # Of this user alone; an administrator's own place is the policy 3rdparty, with the same content.
    folder = desk.home / ".mozilla" / "managed-storage"
    folder.mkdir(parents=True)
    values = {"name": FIREFOX_ID, "description": "policy", "type": "storage", "data": MANAGED}
    (folder / f"{FIREFOX_ID}.json").write_text(json.dumps(values))
    with firefox(desk) as session:
        yield session


@pytest.fixture
def portal():
    """A site of the test's own."""
    with portal_server() as address:
        yield address


@pytest.fixture
def page(browser, portal, desk):
    """A tab with the portal; the next test gets a tab and a host of its own."""
    first = browser.call("WebDriver:GetWindowHandle")
    browser.open(portal)
    assert browser.evaluate(until("window.odc"))
    yield browser
    for handle in set(browser.call("WebDriver:GetWindowHandles")) - {first}:
        browser.switch(handle)
        browser.close_tab()
    browser.switch(first)
    kill_hosts(desk)


def host_manifest(desk):
    return desk.home / ".mozilla/native-messaging-hosts/org.odc.agent.json"


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def decided(agent, decision, ask):
    """Ask while somebody answers."""
    with Person(agent) as person:
        thread = threading.Thread(target=person.answer, args=(decision,))
        thread.start()
        answer = ask()
        thread.join()
    return answer


def test_a_page_meets_every_code_it_is_promised(desk, page, portal):
    here = page.call("WebDriver:GetWindowHandle")
    elsewhere = page.open(portal.replace("localhost", "127.0.0.1"))
    path = socket_path(desk.environment)
    launcher = desk.launcher.read_text()
    starts_none = launcher.replace(
        "import os, sys", "import os, sys; os.environ['ODC_NO_START'] = '1'"
    )
    assert starts_none != launcher
    meanwhile = {HOST_KILLED: lambda: kill_hosts(desk), WORKER_ENDED: page.end_worker}
    with desk.with_launcher(starts_none), fake_agent(desk.environment, None) as agent:
        for row in ROWS:
            page.switch(elsewhere if row.trouble == ELSEWHERE else here)
            with before(row, agent, host_manifest(desk), path):
                page.evaluate(MEET.format(call=row.call))
                if row.trouble in meanwhile:
                    wait_for(lambda: agent.requests)
                    meanwhile[row.trouble]()
                assert page.evaluate("window.met") == row.met, row
    path.unlink()


def test_the_native_host_starts_the_agent_where_none_runs(agent_desk, page):
    status = page.evaluate("odc.status()")
    assert status == {"state": "ready", "agent": __version__, "extension": __version__}
    assert page.evaluate(CERTIFICATES)["code"] == "consent_unavailable"
    quit_agent(agent_desk)


def test_a_site_learns_after_consent_and_nothing_without(agent, page):
    assert (
        decided(agent, "decline", lambda: page.evaluate(CERTIFICATES))["code"] == "consent_denied"
    )
    (signing,) = decided(agent, "once", lambda: page.evaluate(CERTIFICATES))
    assert (signing["days_left"], signing["organisation"]) == (-961, "深圳市样例有限公司")


def test_a_question_goes_with_the_tab_that_asked(agent, page):
    with Person(agent) as person:
        page.evaluate("void odc.certificates().catch(() => {})")
        question = person.next_question()
        page.close_tab()
        assert person.question_closed() == question["id"]


def test_a_host_that_is_killed_is_said_and_started_again(desk, agent, page):
    with Person(agent) as person:
        page.evaluate("void (window.asked = odc.certificates().catch(({ code }) => code))")
        person.next_question()
        assert kill_hosts(desk) == 1
        assert page.evaluate("window.asked") == "host_lost"
    assert page.evaluate("odc.status()")["state"] == "ready"
    assert len(hosts(desk)) == 1


@pytest.mark.parametrize(
    ("launcher", "reason"), [(None, "not_found"), ("#!/bin/sh\nexit 3\n", "failed_to_start")]
)
def test_a_host_that_is_missing_or_dies_is_told_apart(desk, agent, page, launcher, reason):
    manifest = host_manifest(desk)
    kept, program = manifest.read_bytes(), desk.launcher.read_bytes()
    try:
        if launcher is None:
            manifest.unlink()
        else:
            desk.launcher.write_text(launcher)
        status = page.evaluate("odc.status()")
    finally:
        manifest.write_bytes(kept)
        desk.launcher.write_bytes(program)
    assert (status["state"], status["reason"]) == ("host_missing", reason)


def test_a_site_is_served_from_the_users_click_until_it_is_removed(agent, page, secure_port):
    address = f"https://{ALLOWED}:{secure_port}"
    site = f'#runs [data-site="https://{ALLOWED}/*"]'
    assert state_at(page, address) == "extension_unreachable"
    page.open_own(f"{OWN}/options.html")
    page.type("#address", ALLOWED)
    page.click("#add button")
    assert ALLOWED in page.press_allow()
    page.element(site)
    options = page.call("WebDriver:GetWindowHandle")
    assert state_at(page, address) == "ready"
    page.switch(options)
    page.click(f"{site} button")
    page.element(f"#runs:not(:has({site.removeprefix('#runs ')}))")
    assert state_at(page, address) == "extension_unreachable"


def test_an_administrators_policy_is_kept_and_shown(agent, page, secure_port):
    page.open(f"https://{FORBIDDEN}:{secure_port}")
    assert page.evaluate(until("window.odc"))
    assert page.evaluate("odc.status()")["code"] == "consent_denied"
    page.open_own(f"{OWN}/options.html")
    for site in ("managed.example", FORBIDDEN):
        assert "your organisation" in page.text(f'#runs [data-site="https://{site}/*"] small')
    page.open_own(f"{OWN}/popup.html")
    assert page.script('return document.querySelector("#developer-switch:disabled") !== null')


def test_listed_portals_are_served_and_others_are_not(agent, page, secure_port):
    assert state_at(page, f"https://{LISTED}:{secure_port}") == "ready"
    assert state_at(page, f"https://{OTHER}:{secure_port}") == "extension_unreachable"


def state_at(page, address):
    """What a page of that address, in a new tab, is told of the extension."""
    page.open(address)
    assert page.evaluate(until("window.odc"))
    return page.evaluate("odc.status()")["state"]


def test_the_popup_shows_days_and_offers_to_renew(agent, page):
    page.open_own(f"{OWN}/popup.html")
    assert "961" in page.text("#certificates .days.expired")
    page.click("#certificates button")
    assert "odc-agent renew" in page.text("#error:not([hidden])")


def test_a_renewal_is_followed_to_its_end(agent, page, portal):
    with agent.client() as client:
        client.call("sites.decide", {"origin": portal})
    page.evaluate(f"({START})()")
    assert page.evaluate(until("window.told.length > 0"))
    renewal = finish_renewal(agent)
    assert page.evaluate(until("window.ended !== 'under way'"))
    assert page.evaluate("window.ended") == "installed"
    assert renewal["origin"] == portal
    told = page.evaluate("window.told")
    assert [state for i, state in enumerate(told) if state not in told[:i]] == [
        "drafting", "signing", "submitted", "reviewing", "approved", "issuing", "installing", "installed",
    ]  # fmt: skip
    assert set(page.evaluate("window.keys")) == {"id", "state", "waiting"}
    logs_in_with_what_was_renewed(agent, page, portal)


def logs_in_with_what_was_renewed(agent, page, portal):
    """The page of the renewal logs in, and so does one that is written for Web eID's extension."""
    with agent.client() as client:
        client.call("tokens.list", {"refresh": True})  # the new certificate is there
    token = typed(agent, lambda: page.evaluate(f"odc.login('{NONCE}')"))
    assert is_valid(token, portal, NONCE)
    with portal_server(web_eid_pages.pages()) as web_eid:
        page.open_own(f"{OWN}/options.html")
        page.script(SWITCH_WEB_EID)
        page.open(web_eid)
        assert page.evaluate(until(READY))
        for library in ("theirs", "ours"):
            call = AUTHENTICATE.format(library)
            assert is_valid(typed(agent, functools.partial(page.evaluate, call)), web_eid, NONCE)
        page.close_tab()


def typed(agent, ask):
    """Ask while somebody types the PIN."""
    with Person(agent) as person:
        thread = threading.Thread(target=person.log_in, args=(Holder().pin,))
        thread.start()
        answer = ask()
        thread.join()
    return answer
