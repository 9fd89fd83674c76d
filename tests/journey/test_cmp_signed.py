"""Profile ``cmp-signed``: the certificate to be renewed says who asks, and the token signs each message."""

from __future__ import annotations

import json

import pytest
from applicant import Applicant
from cryptography import x509

from agent.keys.certified import key_of
from sandbox.authority.cmp_users import hand_out, signed_reference
from sandbox.authority.rules.fault_kinds import Fault, FaultKind
from sandbox.authority.rules.records import CmpUser
from sandbox.authority.store import Store
from sandbox.desk.desk import ISSUER, SOFTHSM, Desk, Holder
from sandbox.faults.planning import Faults

VALID = Holder(organisation="深圳市仍有效有限公司")


@pytest.fixture
def answered(lonely_desk):
    """The desk's authority runs, and speaks CMP; so does the agent. Beside the expired token one is valid."""
    desk = lonely_desk
    desk.authority_url = desk.start_authority("--cmp", "--faults").url
    desk.issue_token("--valid-days", "50", "--label", "VALID", holder=VALID)
    (desk.folder / "config.toml").write_text(
        f"poll_seconds = 0.5\n[[module]]\npath = {json.dumps(SOFTHSM)}\n"
        f"environment = {{SOFTHSM2_CONF = {json.dumps(str(desk.token_configuration))}}}\n"
        f'[[authority]]\nname = "机关CMP"\nprofile = "cmp-signed"\n'
        f"issuers = [{json.dumps(ISSUER)}]\nurl = {json.dumps(desk.authority_url)}\n"
        f'trust_anchor = "sandbox/ca.pem"\n[reminders]\nnotifications = false\n'
    )
    desk.start_agent("--no-tray")


@pytest.fixture
def applicant(desk):
    with desk.client() as client:
        yield Asking(desk, client)


class Asking(Applicant):
    """Enters PINs, and remembers what for."""

    is_valid = True

    def __init__(self, desk, client):
        super().__init__(desk, client)
        self.purposes = []

    def signing_certificate(self):
        tokens = self.client.call("tokens.list", {"refresh": True})["tokens"]
        return next(
            c for t in tokens for c in t["certificates"]
            if c["use"] == "signing" and (c["days_left"] > 0) is self.is_valid
        )  # fmt: skip

    def enter_pin(self, renewal, pin=VALID.pin):
        state = self.get(renewal)["state"]
        super().enter_pin(renewal, pin)
        self.purposes.append(state)

    def installed_subject(self, renewal):
        tokens = self.client.call("tokens.list", {"refresh": True})["tokens"]
        found = {c["thumbprint"]: c for t in tokens for c in t["certificates"]}
        return found[renewal["new_thumbprint"]]["subject"]


def test_a_server_that_answers_at_once_takes_no_third_pin(applicant):
    old = applicant.signing_certificate()
    renewal = applicant.start()
    waiting = applicant.wait_for(renewal, "PIN")
    assert (
        "加密证书" in waiting["note_text"]
    )  # the pair's other half is not renewed, and that is told
    installed = applicant.go_on(renewal)
    assert installed["state"] == "installed", installed
    assert applicant.purposes == ["signing", "installing"]
    assert applicant.installed_subject(installed) == old["subject"]


def test_after_a_lost_answer_each_poll_takes_a_pin_and_the_confirmation_none_of_its_own(applicant):
    desk, database = applicant.desk, Store(applicant.desk.home.database)
    user = CmpUser(
        reference=signed_reference(VALID.uscc), secret="", uscc=VALID.uscc, pending_seconds=8,
        wants_confirmation=True,
    )  # fmt: skip
    hand_out(database, user)
    Faults(database).plan(Fault(route="POST */cmp", kind=FaultKind.CUT_AFTER))
    renewal = applicant.start()
    applicant.wait_for(renewal, "PIN")
    applicant.enter_pin(renewal)
    asked = applicant.wait_for(renewal, "issuing")
    while asked["waiting"] != "PIN":
        applicant.client.next_notification()
        asked = applicant.get(renewal)
    assert "再次询问" in asked["text"]
    installed = applicant.go_on(renewal)
    assert installed["state"] == "installed", installed
    assert applicant.purposes[0] == "signing"
    assert applicant.purposes[-1] == "installing"
    assert set(applicant.purposes[1:-1]) == {"issuing"}
    assert 2 <= len(applicant.purposes[1:-1]) <= 3
    with database.transaction() as transaction:
        newest = transaction.newest_signing_certificate(VALID.uscc)
    assert newest.sha256 == installed["new_thumbprint"]
    said = (desk.folder / "sandbox").rglob("*.log")
    assert "Traceback" not in "".join(file.read_text() for file in said)


def test_an_expired_certificate_is_refused_before_any_pin(applicant):
    applicant.is_valid = False
    renewal = applicant.start()
    failed = applicant.wait_for(renewal, "failed", "PIN", "APPLICANT")
    assert (failed["state"], failed["error"]) == ("failed", "signer_expired")
    assert "已过期" in failed["error_text"]
    assert "参考号" in failed["advice_text"]


@pytest.mark.timeout(180)
def test_an_sm2_key_on_an_skf_token_proves_itself_and_its_successor(short_folder, environment):
    folder = short_folder / "skf"
    folder.mkdir()
    with Desk(folder, environment=environment) as desk:
        url = desk.start_authority("--cmp", "--key-type", "sm2", "--key-type", "rsa:2048").url
        skf = desk.issue_skf_token("--sm2", "--valid-days", "50")
        desk.configure_agent(url, extra="[reminders]\nnotifications = false\n", skf=skf)
        configured = folder / "config.toml"
        profile = '[[authority]]\nprofile = "cmp-signed"\nkey_types = ["sm2"]\n'
        configured.write_text(configured.read_text().replace("[[authority]]\n", profile))
        desk.start_agent("--no-tray")
        with desk.client() as client:
            applicant = Asking(desk, client)
            old = applicant.signing_certificate()
            installed = applicant.go_on(applicant.start())
            assert installed["state"] == "installed", installed
            assert applicant.purposes == ["signing", "installing"]
            assert applicant.installed_subject(installed) == old["subject"]
        with Store(desk.home.database).transaction() as transaction:
            newest = transaction.newest_signing_certificate(Holder().uscc)
        assert newest.sha256 == installed["new_thumbprint"]
        assert key_of(x509.load_der_x509_certificate(newest.der)).kind == "sm2"
