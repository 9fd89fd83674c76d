"""Profile ``cmp``: a renewal with a reference value and a secret, which the token has no part in."""

from __future__ import annotations

import json

import pytest
from applicant import Applicant

from sandbox.authority.cmp_users import hand_out
from sandbox.authority.rules.records import CmpUser
from sandbox.authority.store import Store
from sandbox.desk.desk import ISSUER, SOFTHSM

STEPS = ["submission", "installation"]
"""There is nobody who reviews or sends a code."""
GIVEN = {"reference": "参考号 7", "secret": "8d1f-c2a4"}


@pytest.fixture
def answered(lonely_desk):
    """The desk's authority runs, and speaks CMP; so does the agent."""
    desk = lonely_desk
    desk.authority_url = desk.start_authority("--cmp").url
    user = CmpUser(
        reference=GIVEN["reference"], secret=GIVEN["secret"], uscc="91440300MA5DA0000F",
        pending_seconds=2,
    )  # fmt: skip
    hand_out(Store(desk.home.database), user)
    (desk.folder / "config.toml").write_text(
        f"poll_seconds = 0.5\n[[module]]\npath = {json.dumps(SOFTHSM)}\n"
        f"environment = {{SOFTHSM2_CONF = {json.dumps(str(desk.token_configuration))}}}\n"
        f'[[authority]]\nname = "机关CMP"\nprofile = "cmp"\n'
        f"issuers = [{json.dumps(ISSUER)}]\nurl = {json.dumps(desk.authority_url)}\n"
        f'trust_anchor = "sandbox/ca.pem"\n[reminders]\nnotifications = false\n'
    )
    desk.start_agent("--no-tray")


def test_a_pending_request_is_polled_for_while_the_token_rests(desk):
    with desk.client() as client:
        applicant = Applicant(desk, client)
        old = applicant.signing_certificate()
        renewal = applicant.start()
        told = applicant.wait_for(renewal, "SECRET", "PIN", "APPLICANT")
        assert (told["state"], told["waiting"]) == ("drafting", "SECRET")
        assert told["steps"] == STEPS
        assert "授权码" in told["text"]
        client.call("renewals.give_secret", {"id": renewal["id"], **GIVEN})
        applicant.go_on(renewal, until="REVIEW")
        assert applicant.get(renewal)["state"] == "issuing"
        installed = applicant.go_on(renewal)
        assert (installed["state"], installed["steps"]) == ("installed", STEPS)
        tokens = client.call("tokens.list", {"refresh": True})["tokens"]
        found = {c["thumbprint"]: c for t in tokens for c in t["certificates"]}
        assert found[installed["new_thumbprint"]]["subject"] == old["subject"]
    for file in desk.folder.rglob("*"):
        if file.is_file() and "sandbox" not in file.parts:
            assert GIVEN["secret"].encode() not in file.read_bytes()


def test_a_wrong_secret_ends_the_renewal_and_says_what_to_do(desk):
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.wait_for(renewal, "SECRET")
        wrong = {**GIVEN, "secret": "another"}
        client.call("renewals.give_secret", {"id": renewal["id"], **wrong})
        failed = applicant.go_on(renewal)
        assert (failed["state"], failed["error"]) == ("failed", "cmp_refused_unproved")
        assert "参考号" in failed["advice_text"]
        assert applicant.start()["id"] != renewal["id"]
