"""Mishaps on the way that must cost nothing: what can be mended is waited for, what hangs is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from applicant import Applicant

from agent.api.client import CallError

pytestmark = pytest.mark.timeout(90)


def test_a_trust_anchor_that_is_gone_for_a_while_does_not_end_a_renewal(desk):
    agent = desk.start_agent("--no-tray")
    with desk.client() as client:
        renewal = Applicant(desk, client).start()
        Applicant(desk, client).go_on(renewal, until="SMS_CODE")
    desk.end(agent)
    anchor = desk.folder / "sandbox" / "ca.pem"
    anchor.rename(anchor.with_suffix(".away"))
    again = desk.start_agent("--no-tray")
    with desk.client() as client:
        seen = Applicant(desk, client).wait_for(renewal, "NETWORK")
        assert (seen["state"], seen["error"]) == ("approved", "trust_anchor_unreadable")
    desk.end(again)
    anchor.with_suffix(".away").rename(anchor)
    desk.start_agent("--no-tray")
    with desk.client() as client:
        assert Applicant(desk, client).go_on(renewal)["state"] == "installed"


def test_a_pipe_named_as_a_scan_is_refused_and_hangs_nothing(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.wait_for(renewal, "APPLICANT")
        pipe = desk.dossier / "id_card_front.jpg"
        pipe.unlink()
        os.mkfifo(pipe)
        with pytest.raises(CallError) as refused:
            applicant.submit_dossier(renewal)
        assert refused.value.code == "file_unreadable"
        assert client.call("agent.status")["renewals_under_way"] == 1


def test_a_worker_that_waits_for_a_pin_ends_with_a_killed_agent(desk):
    agent = desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="PIN")
        client.call("renewals.pin", {"id": renewal["id"]})
        assert len(workers_of(desk)) == 2, "one lists, one waits for the PIN"
        agent.send_signal(signal.SIGKILL)
        agent.wait()
    deadline = time.monotonic() + 10
    while workers_of(desk) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not workers_of(desk)


def test_a_client_that_goes_away_while_it_cancels_leaves_a_renewal_that_ends(desk):
    desk.start_agent("--no-tray")
    with desk.client() as client:
        applicant = Applicant(desk, client)
        renewal = applicant.start()
        applicant.go_on(renewal, until="SMS_CODE")
        desk.processes[0].send_signal(signal.SIGSTOP)
        with desk.client() as leaver:
            leaver.post("renewals.cancel", {"id": renewal["id"]})
            applicant.client.call("renewals.list")
        desk.processes[0].send_signal(signal.SIGCONT)
        while applicant.get(renewal)["state"] != "cancelled":
            client.next_notification()


def test_a_relative_home_is_the_same_folder_for_agent_and_command(desk):
    environment = {**desk.environment, "ODC_HOME": desk.folder.name}
    command = [sys.executable, "-m", "agent.cli"]
    for arguments in (["status"], ["quit"]):
        subprocess.run(
            [*command, *arguments],
            check=True,
            cwd=desk.folder.parent,
            env=environment,
            capture_output=True,
            timeout=60,
        )


def workers_of(desk):
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = os.fsencode(desk.folder) in (process / "environ").read_bytes()
            if is_ours and b"agent.tokens.worker" in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


@pytest.mark.timeout(240)
def test_a_network_that_comes_later_than_the_agent_is_found_by_itself(desk):
    agent = desk.start_agent("--no-tray")
    with desk.client() as client:
        renewal = Applicant(desk, client).start()
        Applicant(desk, client).go_on(renewal, until="SMS_CODE")
    desk.end(agent)
    desk.end(desk.processes.pop(0))
    desk.start_agent("--no-tray")
    with desk.client() as client:
        seen = Applicant(desk, client).wait_for(renewal, "NETWORK")
        assert (seen["state"], seen["error"]) == ("approved", "authority_unreachable")
        port = desk.authority_url.rpartition(":")[2].strip("/")
        desk.start_authority("--approve-after", "0.2", "--retry-after", "1", "--port", port)
        assert Applicant(desk, client).wait_for(renewal, "SMS_CODE")["state"] == "approved"
        assert Applicant(desk, client).go_on(renewal)["state"] == "installed"
