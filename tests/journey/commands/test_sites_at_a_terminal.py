"""A site wants a token used and is answered in a terminal, PIN and all: a real agent, our own SKF token."""

from __future__ import annotations

import base64
import json
import threading
import time

import pytest
from cryptography import x509
from skf_bench import PIN, SkfBench, application, sm2_container

from agent.api.client import CallError, Client
from agent.ground.clock import utc_now
from agent.system.runtime import BROWSER_SOCKET, runtime_folder
from agent.system.starting import connect
from sandbox.desk.desk import Desk
from sandbox.portal.verify import Portal

pytestmark = pytest.mark.timeout(120)

SITE, NONCE, WRONG = "https://www.example.gov.cn", "A" * 44, "999999"


@pytest.fixture
def desk(short_folder, environment):
    """An agent whose only driver is SKF's, with an SM2 token that is valid now."""
    skf, folder = short_folder / "skf", short_folder / "odc"
    skf.mkdir()
    folder.mkdir()
    bench = SkfBench(skf)
    bench.make("key", application(sm2_container(), tries=10), label="样例KEY")
    bench.plug()
    path, socket = json.dumps(str(bench.library())), json.dumps(bench.server.address)
    (folder / "config.toml").write_text(
        f"poll_seconds = 3600\n[[module]]\npath = {path}\n"
        f"environment = {{ODC_SKF_SOCKET = {socket}}}\n[reminders]\nnotifications = false\n",
        "utf-8",
    )
    with Desk(folder, environment=environment) as desk:
        desk.start_agent("--no-tray")
        yield desk
    bench.close()


@pytest.fixture
def asked(desk):
    """Somebody attends; a page asks in a thread: gives the question's id and what the page got."""
    threads = []
    with desk.client() as client:
        client.call("consent.attend")
        client.call("events.subscribe")

        def ask(method, **params):
            answers = []
            thread = threading.Thread(
                target=lambda: answers.append(as_a_page(desk, method, params))
            )
            threads.append(thread)
            thread.start()
            while (event := client.next_notification()["params"])["event"] != "consent_asked":
                pass
            return event["consent"]["id"], answers

        yield ask
        for thread in threads:
            thread.join(30)


def as_a_page(desk, method, params):
    folder = runtime_folder(desk.environment)
    with Client(connect(BROWSER_SOCKET, start=False, folder=folder), "test") as client:
        try:
            return client.call(method, {"origin": SITE, **params})
        except CallError as error:
            return error.code


def wait_for(answers):
    deadline = time.monotonic() + 30
    while not answers and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_log_in_is_agreed_to_by_the_pin_and_a_wrong_one_is_typed_again(asked, terminal):
    question, answers = asked("browser.login", nonce=NONCE)
    wrong = terminal("sites", "ask", question)
    wrong.wait_for("example.gov.cn")
    wrong.wait_for("输入密码")
    wrong.type("p")
    wrong.wait_for("用于")
    wrong.type(WRONG)
    assert wrong.end() == 1
    assert "9" in wrong.shown
    assert WRONG not in wrong.shown
    right = terminal("sites", "ask", question)
    right.wait_for("输入密码")
    right.type("p")
    right.wait_for("用于")
    right.type(PIN)
    assert right.end() == 0
    assert PIN not in right.shown
    wait_for(answers)
    [token] = answers
    certificate = x509.load_der_x509_certificate(base64.b64decode(token["unverifiedCertificate"]))
    assert Portal(SITE, (certificate,)).logged_in(token, NONCE, utc_now()) == certificate


def test_a_text_is_shown_whole_and_harmless_and_signed(asked, terminal):
    text = "同意\u202e款付\x1b[31m"
    question, answers = asked("browser.sign", items=[{"text": text}])
    shown = terminal("sites", "ask", question)
    shown.wait_for("同意")
    shown.wait_for("输入密码")
    assert "\u202e" not in shown.shown
    assert "\x1b[31m" not in shown.shown
    shown.type("p")
    shown.wait_for("用于")
    shown.type(PIN)
    assert shown.end() == 0
    wait_for(answers)
    [signed] = answers
    certificate = x509.load_der_x509_certificate(base64.b64decode(signed["certificate"]))
    signature = base64.b64decode(signed["signatures"][0]["head"])
    assert Portal(SITE, (certificate,)).signed(signature, text.encode(), utc_now()) == certificate


@pytest.mark.parametrize("typed", ["", "x", "n"])
def test_whoever_does_not_type_p_declines(asked, terminal, typed):
    question, answers = asked("browser.login", nonce=NONCE)
    shown = terminal("sites", "ask", question)
    shown.wait_for("输入密码")
    shown.type(typed)
    assert shown.end() == 0
    wait_for(answers)
    assert answers == ["consent_denied"]
