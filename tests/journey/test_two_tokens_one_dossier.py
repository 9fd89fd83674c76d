"""Two tokens of one organisation: its dossier is filled in once."""

from __future__ import annotations

import json

import pytest
from applicant import Applicant

from agent.api.client import CallError


@pytest.fixture
def person(desk):
    desk.issue_token("--expired-days", "10")
    desk.agent = desk.start_agent("--no-tray")
    with desk.client() as client:
        yield Applicant(desk, client)


def start_both(person):
    """Begin with every signing certificate, what ended first first, until each waits for its dossier."""
    tokens = person.client.call("tokens.list", {"refresh": True})["tokens"]
    held = [c for token in tokens for c in token["certificates"] if c["use"] == "signing"]
    held.sort(key=lambda certificate: certificate["days_left"])
    started = [person.client.call("renewals.start", {"thumbprint": c["thumbprint"]}) for c in held]
    return [person.wait_for(renewal, "APPLICANT") for renewal in started]


def test_the_dossier_of_one_serves_the_other_which_outlives_it(desk, person):
    first, second = start_both(person)
    call = person.client.call
    person.submit_dossier(first)
    source = call("dossiers.get", {"id": second["id"]})["source"]
    assert source == {"id": first["id"], "token_label": first["token_label"]}
    taken = call("dossiers.take_over", {"id": second["id"], "source": first["id"]})
    assert taken["applicant"] == json.loads((desk.dossier / "applicant.json").read_text("utf-8"))
    assert {scan["name"] for scan in taken["scans"]} == set(taken["required_documents"])
    assert person.get(second)["state"] == "drafting"
    call("renewals.cancel", {"id": first["id"]})
    with pytest.raises(CallError) as refused:
        call("dossiers.take_over", {"id": second["id"], "source": first["id"]})
    assert refused.value.code == "wrong_state"
    assert call("dossiers.submit", {"id": second["id"]})["state"] == "signing"
    assert person.go_on(second)["state"] == "installed"
    assert not list((desk.folder / "data" / "dossiers").rglob("*.sealed"))
