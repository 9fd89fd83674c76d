"""An encryption key that must not be written ends the renewal at once, and a new one goes well."""

from __future__ import annotations

import pytest
from applicant import Applicant
from test_pair_renewal import look

from agent.api.client import CallError
from sandbox.authority.dossier import write_sample_dossier
from sandbox.authority.rules.fault_kinds import Fault, FaultKind
from sandbox.authority.rules.records import Application
from sandbox.authority.store import Store
from sandbox.faults.planning import Faults

REFUSED = {
    FaultKind.DAMAGED_KEY: "key_envelope_invalid",
    FaultKind.OTHER_RECIPIENT: "key_envelope_unopened",
    FaultKind.OTHER_KEY: "key_mismatch",
}


@pytest.mark.parametrize(("kind", "code"), REFUSED.items())
def test_a_key_that_is_of_no_use_ends_the_renewal_and_leaves_the_certificates_alone(
    desk, authority, kind, code
):
    before = look(desk)
    authority("--faults", "--approve-after", "0.2")
    store = Store(desk.home.database)
    Faults(store).plan(Fault(route="POST */serverkeygen", kind=kind))
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        failed = applicant.go_on(renewal, until="failed")
        assert (failed["state"], failed["error"]) == ("failed", code)
        assert "服务台" in failed["advice_text"], "a next step"
        with pytest.raises(CallError) as refused:
            client.call("renewals.pin", {"id": renewal["id"]})
        assert refused.value.code == "wrong_state"
        with store.transaction() as transaction:
            application: Application = transaction.application(renewal["id"])
        assert application.state == "withdrawn", "it would stand in the next one's way"
        assert look(desk)["certificates"] == before["certificates"]
        write_sample_dossier(desk.dossier)
        assert applicant.go_on(applicant.start())["state"] == "installed"
    assert len(look(desk)["keys"]) == len(before["keys"]) * 2, "of the failed one nothing is left"
