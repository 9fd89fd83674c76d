"""A renewal from the expired certificate to the installed one, and what may happen on the way."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess

import pytest
from applicant import Applicant

from agent.api.client import CallError
from agent.cli.ground.outcome import Exit
from agent.ground.reports import ReportedError
from sandbox.authority.dossier import write_sample_dossier
from sandbox.desk.desk import SOFTHSM, Holder

pytestmark = pytest.mark.timeout(90)


def test_an_expired_certificate_is_renewed(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        old = applicant.signing_certificate()
        assert old["days_left"] == -961
        installed = applicant.go_on(applicant.start())
        assert installed["state"] == "installed"
        assert installed["text"] == "您的新证书已安装成功!"
        tokens = client.call("tokens.list", {"refresh": True})["tokens"]
        found = {c["thumbprint"]: c for t in tokens for c in t["certificates"]}
        assert len(found) == 4, "the old pair stays, the new one joins it"
        new = found[installed["new_thumbprint"]]
        assert new["status"] == "valid"
        assert new["subject"] == old["subject"]


def test_no_dossier_is_asked_for_while_the_certificate_is_valid(desk):
    desk.issue_token("--valid-days", "20", holder=Holder(organisation="深圳市另一有限公司"))
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        tokens = client.call("tokens.list", {"refresh": True})["tokens"]
        certificates = [c for t in tokens for c in t["certificates"] if c["use"] == "signing"]
        valid = next(c for c in certificates if c["days_left"] == 20)
        renewal = client.call("renewals.start", {"thumbprint": valid["thumbprint"]})
        assert applicant.wait_for(renewal, "APPLICANT", "PIN")["waiting"] == "PIN"


def test_a_renewal_under_way_is_joined_not_doubled(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        assert applicant.start()["id"] == applicant.start()["id"]


def test_a_wrong_pin_is_said_counted_once_and_not_retried(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="PIN")
        with pytest.raises(ReportedError) as refused:
            applicant.enter_pin(renewal, "000000")
        assert refused.value.code == "pin_incorrect"
        assert "密码错误" in refused.value.report().message_zh
        token = client.call("tokens.list", {"refresh": True})["tokens"][0]
        assert token["pin_state"] == "count_low"
        seen = applicant.wait_for(renewal, "PIN")
        assert (seen["state"], seen["error"]) == ("signing", "pin_incorrect")
        assert applicant.go_on(renewal)["state"] == "installed"


def test_a_missing_token_is_waited_for_and_the_renewal_goes_on_when_it_is_back(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="PIN")
        tokens = desk.token_configuration.parent / "tokens"
        tokens.rename(tokens.with_name("pulled"))
        tokens.mkdir()
        label = f"“{desk.issued['label']}”"
        assert label in applicant.wait_for(renewal, "TOKEN")["text"]
        with pytest.raises(CallError) as refused:
            client.call("renewals.pin", {"id": renewal["id"]})
        assert refused.value.code == "token_missing"
        tokens.rmdir()
        tokens.with_name("pulled").rename(tokens)
        applicant.wait_for(renewal, "PIN")
        assert applicant.go_on(renewal)["state"] == "installed"


def test_a_dead_authority_is_waited_for(desk):
    authority = desk.processes[0]
    port = desk.authority_url.rpartition(":")[2]
    desk.end(authority)
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        seen = applicant.wait_for(renewal, "NETWORK")
        assert (seen["state"], seen["error"]) == ("drafting", "authority_unreachable")
        desk.start_authority(
            "--port", port, "--portal-port", "0", "--approve-after", "0.2", "--retry-after", "1"
        )
        assert applicant.go_on(renewal)["state"] == "installed"


@pytest.mark.parametrize("state", ["APPLICANT", "PIN", "SMS_CODE"])
def test_a_killed_agent_goes_on_where_it_stood(desk, state):
    agent = desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        before = applicant.go_on(renewal, until=state)
    agent.send_signal(signal.SIGKILL)
    agent.wait()
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        again = applicant.wait_for(renewal, state)
        assert (again["id"], again["state"]) == (before["id"], before["state"])
        assert applicant.go_on(renewal)["state"] == "installed"


def test_a_rejected_application_is_amended_with_the_same_key(desk):
    desk.end(desk.processes[0])
    url = desk.start_authority("--retry-after", "1").url
    desk.configure_agent(url)
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="REVIEW")
        desk.run("sandbox", "reject", renewal["id"], "--remark", "authorisation_letter=公章不清晰")
        rejected = applicant.wait_for(renewal, "rejected")
        assert rejected["remarks"] == [{"item": "authorisation_letter", "text": "公章不清晰"}]
        applicant.wait_for(renewal, "APPLICANT")
        write_sample_dossier(desk.dossier)
        applicant.go_on(renewal, until="REVIEW")
        desk.run("sandbox", "approve", renewal["id"])
        assert applicant.go_on(renewal)["state"] == "installed"
    keys = list_private_keys(desk)
    assert keys.count("Private Key Object") == 4, "old pair and one new pair"


def test_a_cancelled_renewal_is_withdrawn_and_a_new_one_can_start(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="SMS_CODE")
        assert client.call("renewals.cancel", {"id": renewal["id"]})["state"] == "cancelled"
        again = applicant.start()
        assert again["id"] != renewal["id"]
        assert applicant.go_on(again)["state"] == "installed"


def test_nothing_personal_is_on_disk_in_clear(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="SMS_CODE")
        secrets = [Holder().pin.encode(), b"440300199001010008", "样例路".encode()]
        for file in _files_of_the_agent(desk.folder):
            content = file.read_bytes()
            assert not [s for s in secrets if s in content], file
        applicant.go_on(renewal)
    assert not list((desk.folder / "data" / "dossiers").iterdir())
    with sqlite3.connect(desk.folder / "data" / "renewals.sqlite") as journal:
        states = [row[0] for row in journal.execute("SELECT state FROM history ORDER BY rowid")]
    journal.close()
    assert [s for i, s in enumerate(states) if s not in states[:i]] == [
        "drafting", "signing", "submitted", "reviewing", "approved", "issuing", "installing", "installed",
    ]  # fmt: skip


def list_private_keys(desk):
    """Ask another program than ours what is on the token."""
    done = subprocess.run(
        [
            "pkcs11-tool",
            "--module",
            SOFTHSM,
            "--login",
            "--pin",
            Holder().pin,
            "-O",
            "--type",
            "privkey",
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "SOFTHSM2_CONF": str(desk.token_configuration)},
    )
    return done.stdout


def _files_of_the_agent(folder):
    for root in ("data", "logs"):
        for path, _, names in os.walk(folder / root):
            yield from (folder / root / path / name for name in names)


def test_a_second_agent_says_who_runs(desk):
    agent = desk.start_agent("--no-tray")
    second = desk.start("agent.cli", "run", "--no-tray")
    assert second.wait(20) == Exit.ALREADY_RUNS
    said = (desk.folder / "logs" / "agent-run.log").read_text("utf-8")
    assert f"程序已在运行(进程 {agent.pid})" in said
    with desk.client() as client:
        assert client.call("agent.status")["pid"] == agent.pid
