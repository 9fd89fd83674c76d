"""Starting the agent anew where it is, for settings that take effect then: nothing is lost."""

from __future__ import annotations

import contextlib
import time

import pytest
from applicant import PIN, Applicant

from agent.api.client import ConnectionLostError
from agent.tokens.pin import send_pin

pytestmark = pytest.mark.timeout(90)


def test_a_renewal_goes_on_and_a_setting_holds_after_a_restart_in_the_same_process(desk):
    agent = desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="SMS_CODE")
        register = client.call("settings.set", {"key": "browser.register", "value": False})
        assert register["needs_restart"]
        restart(client)
    with started_anew(desk) as client:
        assert client.call("agent.status")["pid"] == agent.pid
        held = {each["key"]: each for each in client.call("settings.get")["settings"]}
        register = held["browser.register"]
        assert (register["value"], register["needs_restart"]) == (False, False)
        assert Applicant(desk, client).go_on(renewal)["state"] == "installed"


def test_a_restart_lets_a_step_end_whose_pin_has_been_entered(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client, desk.client() as other:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="PIN")
        prompt = client.call("renewals.pin", {"id": renewal["id"]})
        send_pin(prompt["endpoint"], bytearray(PIN.encode()))
        restart(other)
    with started_anew(desk) as client:
        # Another PIN is asked for by the installation only.
        seen = Applicant(desk, client).wait_for(renewal, "SMS_CODE")
        assert seen["state"] == "approved"


def restart(client):
    """Have the agent start anew, and wait until the one that was there hangs up."""
    client.call("agent.restart")
    with contextlib.suppress(ConnectionLostError):
        while True:
            client.next_notification()


def started_anew(desk):
    """Return a client of the agent that took the place."""
    for _ in range(200):
        try:
            return desk.client()
        except Exception:  # noqa: BLE001 - it is not there yet
            time.sleep(0.1)
    return desk.client()
