"""``odc-agent sites`` and the question in a terminal, with a real agent and a site that asks."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading

import pytest

from agent.api.client import CallError, Client
from agent.ground.clock import utc_now
from agent.sites.memory import SiteMemory
from agent.sites.model import Action, Decision
from agent.system.runtime import BROWSER_SOCKET, runtime_folder
from agent.system.starting import connect

SITE = "https://www.example.gov.cn"


@pytest.fixture
def desk(lonely_desk):
    """No authority is asked here."""
    return lonely_desk


@pytest.fixture
def running(desk):
    desk.start_agent("--no-tray")
    return desk


@pytest.fixture
def site(running):
    """Asks as a page would; the answer's code, or how many certificates there were."""

    def ask(**params):
        folder = runtime_folder(running.environment)
        with Client(connect(BROWSER_SOCKET, start=False, folder=folder), "test") as client:
            try:
                found = client.call("browser.certificates", {"origin": SITE, **params})
            except CallError as error:
                return error.code
            return len(found["certificates"])

    return ask


@pytest.fixture
def question(running, site):
    """Somebody attends, and a site asks in a thread: gives the question and the site's answer."""

    @contextlib.contextmanager
    def ask():
        answers = []
        thread = threading.Thread(target=lambda: answers.append(site()), daemon=True)
        with running.client() as client:
            client.call("consent.attend")
            client.call("events.subscribe")
            thread.start()
            told = (each["params"] for each in client.notifications())
            yield (
                next(event["consent"] for event in told if event["event"] == "consent_asked"),
                answers,
            )
            thread.join(30)

    return ask


def test_a_site_is_allowed_listed_and_withdrawn(running, site, odc_agent):
    assert site() == "consent_unavailable"
    assert odc_agent("sites", "allow", SITE, "--action", "certificates").returncode == 0
    assert site() == 2
    listed = json.loads(odc_agent("sites", "list", "--json").stdout)
    assert [(d["action"], d["decision"]) for d in listed["decisions"]] == [
        ("certificates", "always")
    ]
    assert f"{SITE}  查看证书: 始终允许" in odc_agent("sites", "list").stdout
    assert odc_agent("sites", "withdraw", SITE).returncode == 0
    assert site() == "consent_unavailable"
    failed = odc_agent("sites", "withdraw", SITE, language="en")
    assert (failed.returncode, SITE in failed.stderr) == (1, True)


def test_a_denied_site_stays_denied_and_wrong_origins_are_refused(running, site, odc_agent):
    odc_agent("sites", "deny", SITE)
    assert site() == "consent_denied"
    assert odc_agent("sites", "allow", "http://www.gov.cn").returncode == 1


@pytest.mark.parametrize(("typed", "expected"), [("o", 2), ("", "consent_denied")])
def test_a_question_is_shown_and_answered_in_a_terminal(question, terminal, typed, expected):
    with question() as (asked, answers):
        shown = terminal("sites", "ask", asked["id"])
        shown.wait_for(f"{SITE} 请求查看您电子钥匙中的证书。")
        shown.wait_for("允许一次")
        shown.type(typed)
        assert shown.end() == 0
    assert answers == [expected]


def test_a_question_is_answered_by_the_beginning_of_its_id(question, odc_agent):
    with question() as (asked, answers):
        listed = json.loads(odc_agent("sites", "pending", "--json").stdout)["questions"]
        assert listed == [asked]
        assert odc_agent("sites", "ask", asked["id"]).returncode == 4, "nobody is there"
        assert odc_agent("sites", "answer", "no such id", "once").returncode == 1
        assert odc_agent("sites", "answer", asked["id"][:6], "always").returncode == 0
    assert answers == [2]
    assert odc_agent("sites", "pending").stdout == ""


def test_questions_are_printed_as_they_come(running, question, odc_agent):
    command = [sys.executable, "-m", "agent.cli", "sites", "pending", "--watch", "--json"]
    with subprocess.Popen(
        command, env=running.environment, stdout=subprocess.PIPE, text=True
    ) as watching:
        with question() as (asked, answers):
            assert json.loads(watching.stdout.readline()) == asked
            odc_agent("sites", "answer", asked["id"], "decline")
        watching.kill()
    assert answers == ["consent_denied"]


def test_what_was_decided_is_read_where_no_agent_runs_and_none_is_started(desk, odc_agent):
    (desk.folder / "config.toml").write_text(
        '[browser]\ndeny = ["https://old.example.cn"]\n', "utf-8"
    )
    memory = SiteMemory(desk.folder / "data" / "sites.json")
    memory.keep(SITE, Action.RENEW, Decision.ALWAYS, utc_now())
    listed = odc_agent("sites", "list", language="en")
    assert listed.stdout.splitlines() == [
        f"{SITE}  renew: always", "https://old.example.cn  never (by the configuration)",
    ]  # fmt: skip
    assert listed.stderr == ""
    assert json.loads(odc_agent("sites", "pending", "--json").stdout) == {"questions": []}
    assert odc_agent("sites", "answer", "no such id", "once").returncode == 3
    assert odc_agent("restart").returncode == 3, "there is no agent to restart"
