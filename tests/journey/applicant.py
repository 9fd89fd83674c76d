"""Drives a renewal over the local API, a step at a time, as a window would."""

from __future__ import annotations

import json
import time

from agent.api.client import CallError
from agent.ground.reports import ReportedError
from agent.tokens.pin import send_pin
from sandbox.authority.sms import Outbox
from sandbox.desk.desk import Holder

PIN = Holder().pin
ENDED = ("installed", "failed", "cancelled")


class Applicant:
    def __init__(self, desk, client):
        self.desk = desk
        self.client = client
        client.call("events.subscribe")

    def signing_certificate(self):
        tokens = self.client.call("tokens.list", {"refresh": True})["tokens"]
        return next(c for t in tokens for c in t["certificates"] if c["use"] == "signing")

    def start(self):
        thumbprint = self.signing_certificate()["thumbprint"]
        return self.client.call("renewals.start", {"thumbprint": thumbprint})

    def get(self, renewal):
        return self.client.call("renewals.get", {"id": renewal["id"]})

    def wait_for(self, renewal, *wanted):
        """Wait until the renewal is in one of the wanted states, or waits for one of them."""
        seen = self.get(renewal)
        while not {seen["state"], seen["waiting"]} & set(wanted):
            assert seen["state"] not in ENDED, seen
            event = self.client.next_notification()["params"]
            if event["event"] == "renewal" and event["renewal"]["id"] == renewal["id"]:
                seen = self.get(renewal)
        return seen

    def submit_dossier(self, renewal):
        folder = self.desk.dossier
        applicant = json.loads((folder / "applicant.json").read_text("utf-8"))
        documents = {f.stem: str(f) for f in folder.iterdir() if f.suffix in (".png", ".jpg")}
        params = {"id": renewal["id"], "applicant": applicant, "documents": documents}
        return self.client.call("renewals.submit_dossier", params)

    def enter_pin(self, renewal, pin=PIN):
        if (prompt := self._asked_for_pin(renewal)) is None:
            return
        try:
            send_pin(prompt["endpoint"], bytearray(pin.encode()))
        except ReportedError:
            # Told by the worker; the agent tells it too, and only then takes another try.
            while not self.get(renewal)["error"]:
                self.client.next_notification()
            raise

    def _asked_for_pin(self, renewal):
        """Where the PIN goes; None where the step of the one before was not over, and has gone on since."""
        while True:
            try:
                return self.client.call("renewals.pin", {"id": renewal["id"]})
            except CallError as error:
                if error.code != "pin_entry_busy":
                    raise
            time.sleep(0.2)
            if self.get(renewal)["waiting"] != "PIN":
                return None

    def enter_sms_code(self, renewal):
        self.client.call("renewals.send_sms", {"id": renewal["id"]})
        code = Outbox(self.desk.home.outbox).messages(renewal["id"])[-1].code
        self.client.call("renewals.verify_sms", {"id": renewal["id"], "code": code})

    def go_on(self, renewal, until="installed"):
        """Answer whatever is asked until the renewal is there."""
        answers = {
            "APPLICANT": self.submit_dossier,
            "PIN": self.enter_pin,
            "SMS_CODE": self.enter_sms_code,
        }
        while True:
            seen = self.wait_for(renewal, *answers, *ENDED, until)
            if until in (seen["state"], seen["waiting"]) or seen["state"] in ENDED:
                return seen
            answers[seen["waiting"]](renewal)
            self._await_change(seen)

    def _await_change(self, before):
        while True:
            after = self.get(before)
            if (after["state"], after["waiting"]) != (before["state"], before["waiting"]):
                return
            self.client.next_notification()
