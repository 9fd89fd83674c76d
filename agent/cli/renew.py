"""``odc-agent renew``: takes a person, or a script, through a renewal step by step.

The renewal itself runs in the agent; this only answers what it waits for. Left at any time, it goes
on where it stood when it is run again.
"""

from __future__ import annotations

import sys
from pathlib import Path

from agent.api.client import CallError, Client, Json
from agent.cli.connect import agent
from agent.cli.outcome import NEEDED_FIRST, Exit, explain, sentences
from agent.cli.pin_prompt import begin
from agent.cli.renew_answers import Answers, InputMissingError
from agent.errors import ReportedError
from agent.language import mark, translate, user_language

_ENDED = {"installed": Exit.DONE, "cancelled": Exit.FAILED, "failed": Exit.FAILED}


def renew(
    *,
    thumbprint: str | None,
    applicant: Path | None,
    documents: Path | None,
    pin_from_stdin: bool,
    accepts_final_try: bool = False,
) -> int:
    """Renew one certificate and return the exit code."""
    answers = Answers(
        applicant=applicant,
        documents=documents,
        from_stdin=pin_from_stdin,
        accepts_final_try=accepts_final_try,
    )
    with agent() as client:
        try:
            client.call("events.subscribe")
            chosen = thumbprint or _choose(client)
            if chosen is None:
                return Exit.NEEDED
            renewal = client.call("renewals.start", {"thumbprint": chosen})
            return _Conversation(client, answers, renewal).run()
        except CallError as error:
            return explain(error)
        except InputMissingError as error:
            explain(error)
            return Exit.NEEDED


def _choose(client: Client) -> str | None:
    """Return the one signing certificate that needs renewal; say why where there is not one."""
    tokens = client.call("tokens.list", {"refresh": True})["tokens"]
    due = [c for token in tokens for c in token["certificates"] if _is_due(c)]
    if len(due) == 1:
        return str(due[0]["thumbprint"])
    if not due:
        _say(mark("No certificate needs renewal. Choose one with --thumbprint to renew it anyway."))
    else:
        _say(mark("Several certificates need renewal. Choose one with --thumbprint:"))
        for certificate in due:
            text = f"{certificate['organisation']}  {certificate['text']}"
            print(f"  {certificate['thumbprint']}  {text}", file=sys.stderr)
    return None


def _is_due(certificate: Json) -> bool:
    is_signing_in_use = certificate["is_current"] and certificate["use"] == "signing"
    is_due = certificate["status"] in ("expired", "expiring") and not certificate["renewed_by"]
    return is_signing_in_use and is_due


class _Conversation:
    """Answers what one renewal waits for, until it has ended."""

    def __init__(self, client: Client, answers: Answers, renewal: Json) -> None:
        self._client = client
        self._answers = answers
        self._renewal = renewal
        self._said: tuple[str, str] = ("", "")
        self._has_sent_sms = False
        self._has_met_space = False

    def run(self) -> int:
        """Go on until the end, or until something is needed that was not given."""
        while (state := self._renewal["state"]) not in _ENDED:
            self._tell()
            if self._renewal["waiting"] == "SPACE" and self._has_met_space:
                return Exit.NEEDED
            self._has_met_space = self._renewal["waiting"] == "SPACE"
            if not self._answer(state, self._renewal["waiting"]):
                self._await_change()
            if self._renewal["state"] == "rejected" and not self._answers.can_amend:
                self._tell()
                self._print_remarks()
                return Exit.REJECTED
        self._tell()
        return _ENDED[state]

    def _answer(self, state: str, waiting: str | None) -> bool:
        """Give what is waited for; return whether there was anything to give."""
        steps = {
            "APPLICANT": self._give_dossier,
            "PIN": self._give_pin,
            "SMS_CODE": self._give_sms_code,
            "SPACE": self._give_pin,
        }
        if waiting not in steps or (state == "rejected" and not self._answers.can_amend):
            return False
        try:
            steps[waiting]()
        except (CallError, ReportedError) as error:
            # A file or a script has no other answer to offer; the same again would burn tries.
            if error.code in NEEDED_FIRST or not self._answers.can_try_again(waiting):
                raise
            _print_all(sentences(error))
            # Asked for elsewhere, or impossible just now: the same question again changes nothing.
            return error.code not in ("pin_entry_busy", "wrong_state", "token_missing")
        return True

    def _give_dossier(self) -> None:
        self._print_remarks()
        applicant, documents = self._answers.dossier()
        params = {"id": self._id, "applicant": applicant, "documents": documents}
        self._renewal = self._client.call("renewals.submit_dossier", params)

    def _give_pin(self) -> None:
        prompt = begin(
            self._client,
            "renewals.pin",
            {"id": self._id},
            is_person=self._answers.is_person,
            accepts=self._answers.accepts_final_try,
        )
        try:
            self._answers.send_pin(prompt)
        except ReportedError:
            # The agent tells it too, and is ready for another try only then.
            self._await_change()
            raise
        self._await_change()

    def _give_sms_code(self) -> None:
        self._send_sms_once()
        code = self._answers.sms_code()
        params = {"id": self._id, "code": code}
        self._renewal = self._client.call("renewals.verify_sms", params)

    def _send_sms_once(self) -> None:
        """Have a code sent the first time one is asked for; a mistyped one is still good."""
        if self._has_sent_sms:
            return
        try:
            self._client.call("renewals.send_sms", {"id": self._id})
        except CallError as error:
            if error.code != "sms_too_soon":
                raise
        self._has_sent_sms = True
        _say(mark("An SMS code was sent to {phone}."), phone=self._renewal["phone_hint"])

    def _await_change(self) -> None:
        """Wait until this renewal is not as it was when it was last looked at."""
        before = self._renewal["updated"]
        while self._renewal["updated"] == before:
            params = self._client.next_notification()["params"]
            if params["event"] == "renewal" and params["renewal"]["id"] == self._id:
                # Events queue up while something is answered: how it stands now is asked.
                self._renewal = self._client.call("renewals.get", {"id": self._id})

    @property
    def _id(self) -> str:
        return str(self._renewal["id"])

    def _tell(self) -> None:
        text, reason = self._renewal["text"], self._renewal["error_text"]
        if (text, reason) == self._said:
            return
        self._said = (text, reason)
        print(text, flush=True)
        if reason and reason not in text:
            print(f"  {reason}", flush=True)

    def _print_remarks(self) -> None:
        for remark in self._renewal["remarks"]:
            print(f"  {remark['item']}: {remark['text']}", file=sys.stderr)


def _say(sentence: str, **values: object) -> None:
    print(translate(sentence, user_language(), **values), file=sys.stderr)


def _print_all(lines: list[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr)
