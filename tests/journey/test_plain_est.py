"""Profile ``est``: a renewal at a plain EST server, with a user, a password and no dossier."""

from __future__ import annotations

import json

import pytest
from applicant import Applicant

from sandbox.desk.desk import ISSUER, SOFTHSM

PASSWORD = "a password of the office"


@pytest.fixture
def plain(desk):
    """Registers a user at the desk's authority and has the agent use its plain EST server."""

    def start(*options: str, password: str = PASSWORD) -> None:
        desk.run(
            "sandbox", "est-user", "add", "office", "--password-stdin",
            "--uscc", "91440300MA5DA0000F", *options, stdin=f"{PASSWORD}\n".encode(),
        )  # fmt: skip
        secret = desk.folder / "est-password"
        secret.write_text(f"{password}\n")
        secret.chmod(0o600)
        (desk.folder / "config.toml").write_text(
            f"poll_seconds = 0.5\n[[module]]\npath = {json.dumps(SOFTHSM)}\n"
            f"environment = {{SOFTHSM2_CONF = {json.dumps(str(desk.token_configuration))}}}\n"
            f'[[authority]]\nname = "机关EST"\nprofile = "est"\nlabel = "plain"\n'
            f"issuers = [{json.dumps(ISSUER)}]\nurl = {json.dumps(desk.authority_url)}\n"
            f'trust_anchor = "sandbox/ca.pem"\nuser = "office"\npassword_file = "est-password"\n'
            "[reminders]\nnotifications = false\n"
        )
        desk.start_agent("--no-tray")

    return start


def test_a_plain_est_server_renews_without_dossier_review_or_code(desk, plain):
    plain()
    with desk.client() as client:
        applicant = Applicant(desk, client)
        old = applicant.signing_certificate()
        renewal = applicant.start()
        assert applicant.wait_for(renewal, "PIN", "APPLICANT")["waiting"] == "PIN"
        installed = applicant.go_on(renewal)
        assert installed["state"] == "installed"
        tokens = client.call("tokens.list", {"refresh": True})["tokens"]
        found = {c["thumbprint"]: c for t in tokens for c in t["certificates"]}
        assert found[installed["new_thumbprint"]]["subject"] == old["subject"]
        assert len(found) == 3


def test_a_server_that_decides_later_is_asked_again(desk, plain):
    plain("--pending", "2")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="REVIEW")
        assert applicant.get(renewal)["state"] == "issuing"
        assert applicant.go_on(renewal)["state"] == "installed"


def test_a_wrong_password_is_said_and_costs_nothing(desk, plain):
    plain(password="another")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="NETWORK")
        told = applicant.get(renewal)
        assert told["error"] == "authority_refused"
        (desk.folder / "est-password").write_text(f"{PASSWORD}\n")
    desk.end(desk.processes.pop())
    desk.start_agent("--no-tray")
    with desk.client() as client:
        assert Applicant(desk, client).go_on(renewal)["state"] == "installed"


def test_a_password_that_cannot_be_read_is_named(desk, plain):
    plain()
    (desk.folder / "est-password").unlink()
    with desk.client() as client, pytest.raises(Exception, match="est-password"):
        Applicant(desk, client).start()
