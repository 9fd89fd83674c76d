"""The applicant, as a person would be: does what is asked, starts again what has ended, tries again."""

from __future__ import annotations

import contextlib
import json
import time
from pathlib import Path
from typing import Any

from chaos_cmp import REFERENCE, SECRET
from chaos_desk import ChaosDesk

from agent.api.client import CallError, Client, ConnectionLostError
from agent.ground.errors import OdcError
from agent.system.starting import AgentMissingError
from agent.tokens.pin import send_pin
from sandbox.authority.sms import Outbox
from sandbox.desk.desk import Holder

PIN = Holder().pin
LOOK_SECONDS = 0.02
PULLED_SECONDS = 0.5
"""After so long a person who is told nothing sees all the same that the token fell out."""


class Person:
    """Renews the certificate of a desk's token."""

    def __init__(self, desk: ChaosDesk) -> None:
        self._desk = desk
        self._client: Client | None = None
        self._pulled_at: float | None = None
        self._coded = ""
        self.pins_entered = 0
        self.errors: list[str] = []
        """Codes of what went wrong when something was asked of the agent."""
        self.seen: list[tuple[str, str | None]] = []
        """States and waits, as they were seen."""

    def renew(self, seconds: float) -> dict[str, Any]:
        """Go on until the renewal has ended, and return it as it is then."""
        deadline = time.monotonic() + seconds
        while True:
            assert time.monotonic() < deadline, self.story()
            try:
                renewal = self._look()
                if renewal is not None and renewal["state"] in {"installed", "failed", "cancelled"}:
                    self._let_it_finish()
                    return renewal
            except (AgentMissingError, ConnectionLostError):
                self.leave()
            except CallError as error:
                if error.code != "pin_entry_busy":  # the step with the PIN is not over yet
                    self.errors.append(error.code)
            except OdcError as error:
                self.errors.append(error.report().code)
            time.sleep(LOOK_SECONDS)

    def story(self) -> str:
        """Return what has happened so far, for who reads of a failure."""
        return f"seen {self.seen}\nerrors {self.errors}\nPINs {self.pins_entered}"

    def leave(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _look(self) -> dict[str, Any] | None:
        """See how things are and do the next thing."""
        self._desk.mend()
        self._look_at_token()
        if self._desk.agent is None or self._desk.agent.has_ended:
            self._desk.start_agent()
        if self._client is None:
            self._client = self._desk.client()
        known = self._client.call("renewals.list")["renewals"]
        if not known:
            self._start()
            return None
        [renewal] = known
        state = (renewal["state"], renewal["waiting"])
        if self.seen[-1:] != [state]:
            self.seen.append(state)
        answers = {
            "APPLICANT": self._submit_dossier,
            "PIN": self._enter_pin,
            "SMS_CODE": self._enter_code,
            "SECRET": self._give_secret,
        }
        if renewal["waiting"] in answers:
            answers[renewal["waiting"]](renewal)
        return renewal

    def _start(self) -> None:
        tokens = self._call("tokens.list", refresh=True)["tokens"]
        certificates = [c for t in tokens for c in t["certificates"] if c["use"] == "signing"]
        if certificates:
            self._call("renewals.start", thumbprint=certificates[0]["thumbprint"])

    def _submit_dossier(self, renewal: dict[str, Any]) -> None:
        folder = self._desk.authority.desk.dossier
        applicant = json.loads((folder / "applicant.json").read_text("utf-8"))
        documents = {f.stem: str(f) for f in folder.iterdir() if f.suffix in {".png", ".jpg"}}
        self._call(
            "renewals.submit_dossier", id=renewal["id"], applicant=applicant, documents=documents
        )

    def _enter_pin(self, renewal: dict[str, Any]) -> None:
        prompt = self._call("renewals.pin", id=renewal["id"])
        self.pins_entered += 1
        with contextlib.suppress(OSError):  # the worker has gone before it was typed
            send_pin(prompt["endpoint"], bytearray(PIN.encode()), seconds=30)

    def _enter_code(self, renewal: dict[str, Any]) -> None:
        outbox = Outbox(self._desk.authority.desk.home.outbox)
        messages = outbox.messages(renewal["id"])
        if not messages or messages[-1].code == self._coded:
            self._call("renewals.send_sms", id=renewal["id"])
            messages = outbox.messages(renewal["id"])
        if messages:  # else none came: it was not sent, whatever the answer said
            self._call("renewals.verify_sms", id=renewal["id"], code=messages[-1].code)
            self._coded = messages[-1].code

    def _give_secret(self, renewal: dict[str, Any]) -> None:
        self._call("renewals.give_secret", id=renewal["id"], reference=REFERENCE, secret=SECRET)

    def _look_at_token(self) -> None:
        """Plug the token in again a moment after it was pulled out."""
        if not self._desk.is_pulled:
            return
        if self._pulled_at is None:
            self._pulled_at = time.monotonic()
        is_asked = self.seen[-1:] and self.seen[-1][1] == "TOKEN"
        if is_asked or time.monotonic() - self._pulled_at > PULLED_SECONDS:
            self._desk.plug()

    def _let_it_finish(self) -> None:
        """Wait, not for long, until no worker is left but the one that lists."""
        deadline = time.monotonic() + 5
        while self._desk.workers() > 1 and time.monotonic() < deadline:
            time.sleep(LOOK_SECONDS)

    def _call(self, method: str, **params: Any) -> Any:
        assert self._client is not None
        return self._client.call(method, params)


def secrets_of(dossier: Path, outbox: Path) -> set[str]:
    """Return what must stand in no log: PIN, ID number, an authority's secret and all SMS codes."""
    applicant = json.loads((dossier / "applicant.json").read_text("utf-8"))
    return {PIN, SECRET, applicant["id_number"], *(m.code for m in Outbox(outbox).messages())}
