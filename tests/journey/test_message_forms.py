"""An authority that takes signed messages as before, and one that changes that meanwhile."""

from __future__ import annotations

import pytest
from applicant import Applicant

from agent.renewals.authorities.ra_protocol import Policy
from agent.renewals.authorities.signed_messages import ContentType
from sandbox.authority.dossier import write_sample_dossier
from sandbox.authority.rules.cms import verify_signed_data
from sandbox.authority.rules.fault_kinds import Fault, FaultKind
from sandbox.authority.rules.message_forms import MANIFEST_TYPES
from sandbox.authority.store import Store
from sandbox.faults.planning import Faults

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def change(desk, tmp_path):
    """Starts the desk's authority anew, at the same address, with signed messages of a version."""

    def to(version: int, *options: str) -> None:
        desk.end(desk.processes.pop(0))
        policy = tmp_path / "policy.toml"
        policy.write_text(f"[policy]\nmessage_version = {version}\n")
        port = desk.authority_url.rpartition(":")[2]
        ports = ("--port", port, "--portal-port", "0", "--review-port", "0")
        desk.start_authority(*ports, "--retry-after", "1", "--policy", str(policy), *options)
        # The newest is the authority, whatever was started before it.
        desk.processes.insert(0, desk.processes.pop())

    return to


def signed_as(desk, renewal, version=1):
    """Return the content type of a manifest as the authority got it."""
    with Store(desk.home.database).transaction() as transaction:
        cms = transaction.version(renewal["id"], version).cms
    return verify_signed_data(cms, MANIFEST_TYPES).content_type


def test_an_authority_that_names_no_version_gets_what_it_always_got(desk, change):
    assert Policy(authority="of before").message_version == 1
    change(1, "--approve-after", "0.2")
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        assert applicant.go_on(renewal)["state"] == "installed"
    assert signed_as(desk, renewal) == ContentType.DATA


def test_an_authority_that_names_the_types_gets_them(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="SMS_CODE")
    assert signed_as(desk, renewal) == ContentType.MANIFEST


def test_what_had_not_arrived_when_the_authority_changed_is_signed_once_more(desk, change):
    change(1, "--faults")
    Faults(Store(desk.home.database)).plan(
        Fault(route="PUT */applications/*", kind=FaultKind.STATUS_503, times=100, seconds=1)
    )
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="submitted")
        change(2, "--approve-after", "0.2")
        asked = applicant.wait_for(renewal, "PIN")
        assert (asked["state"], asked["error"]) == ("signing", "signed_anew")
        assert "再输入一次" in asked["advice_text"]
        assert applicant.go_on(renewal)["state"] == "installed"
    assert signed_as(desk, renewal) == ContentType.MANIFEST


def test_an_application_of_before_the_change_is_amended_and_comes_to_its_end(desk, change):
    change(1)
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="REVIEW")
        change(2)
        remark = ("--remark", "authorisation_letter=公章不清晰")
        desk.run("sandbox", "reject", renewal["id"], *remark)
        applicant.wait_for(renewal, "APPLICANT")
        write_sample_dossier(desk.dossier)
        applicant.go_on(renewal, until="REVIEW")
        desk.run("sandbox", "approve", renewal["id"])
        assert applicant.go_on(renewal)["state"] == "installed"
    assert [signed_as(desk, renewal, number) for number in (1, 2)] == [ContentType.DATA] * 2
