"""An agency's desk: the tokens of several organisations, renewed side by side."""

from __future__ import annotations

import json

import pytest
from applicant import PIN, Applicant

from agent.tokens.pin import send_pin
from sandbox.desk.desk import Holder

OTHER = Holder(organisation="深圳市另一有限公司", uscc="91440300MA5DA0001J")


class Clerk(Applicant):
    """Renews the certificate of one organisation, over a connection of its own."""

    def __init__(self, desk, client, organisation):
        super().__init__(desk, client)
        self.organisation = organisation

    def token(self):
        tokens = self.client.call("tokens.list", {"refresh": True})["tokens"]
        return next(
            token
            for token in tokens
            if any(c["organisation"] == self.organisation for c in token["certificates"])
        )

    def signing_certificate(self):
        held = self.token()["certificates"]
        return next(c for c in held if c["use"] == "signing" and c["is_current"])


@pytest.fixture
def clerks(desk):
    desk.issue_token("--expired-days", "10", holder=OTHER)
    desk.start_agent("--no-tray")
    with desk.client() as one, desk.client() as other:
        yield (
            Clerk(desk, one, Holder().organisation),
            Clerk(desk, other, OTHER.organisation),
        )


def test_two_tokens_are_renewed_at_once_each_with_its_own_pin_and_code(clerks):
    before = [clerk.token() for clerk in clerks]
    assert before[0]["serial"] != before[1]["serial"]
    renewals = [clerk.start() for clerk in clerks]
    enter_both_pins(clerks, renewals)
    for clerk, renewal in zip(clerks, renewals, strict=True):
        clerk.wait_for(renewal, "SMS_CODE")
    for clerk, renewal in zip(clerks, renewals, strict=True):
        clerk.enter_sms_code(renewal)
    enter_both_pins(clerks, renewals)
    for clerk, renewal, old in zip(clerks, renewals, before, strict=True):
        installed = clerk.wait_for(renewal, "installed")
        token = clerk.token()
        assert token["serial"] == old["serial"]
        held = [c["thumbprint"] for c in token["certificates"]]
        assert installed["new_thumbprint"] in held
        assert len(held) == len(old["certificates"]) + 2
        assert {c["organisation"] for c in token["certificates"]} == {clerk.organisation}


def enter_both_pins(clerks, renewals):
    """Open a session with each token before either gets its PIN."""
    prompts = []
    for clerk, renewal in zip(clerks, renewals, strict=True):
        clerk.go_on(renewal, until="PIN")
        prompts.append(clerk.client.call("renewals.pin", {"id": renewal["id"]}))
    assert len({prompt["token_serial"] for prompt in prompts}) == 2, json.dumps(prompts)
    for prompt in prompts:
        send_pin(prompt["endpoint"], bytearray(PIN.encode()))
