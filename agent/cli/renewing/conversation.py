"""Answering what a renewal waits for, from options, standard input or a person.

The renewal itself runs in the agent. Left at any time, it goes on where it stood.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Collection
from typing import TextIO

from agent.api.client import CallError, Client, Json
from agent.api.listed import leads
from agent.certificates.china_time import CHINA_STANDARD_TIME
from agent.cli.ground.outcome import NEEDED_FIRST, Exit, has_ended, sentences, standing
from agent.cli.ground.output import say
from agent.cli.ground.progress import progress
from agent.cli.renewing.answers import Answers
from agent.cli.renewing.lines import error_lines, remark_lines
from agent.cli.tokens.pin_prompt import begin, confirmed, in_words
from agent.ground.language import mark, user_language
from agent.ground.reports import ReportedError

_ANOTHER = mark("This is the token of {owner}.")
_SENT_BEFORE = frozenset({"sms_too_soon", "sms_no_more"})
"""Why no code is sent although one was before: that one is asked for."""
EVERYTHING = frozenset(
    {"TOKEN", "PIN", "APPLICANT", "REVIEW", "SMS_CODE", "NETWORK", "SPACE", "SECRET"}
)
"""All that a renewal can wait for."""


class Conversation:
    """Answers what one renewal waits for. The client must have subscribed to events."""

    def __init__(
        self, client: Client, answers: Answers, renewal: Json, *, to: TextIO = sys.stdout
    ) -> None:
        self.renewal = renewal
        """As it was when it was last looked at (RenewalView)."""
        self._client = client
        self._answers = answers
        self._to = to
        self._said: list[str] = []
        self._sends_sms = True
        self._has_told_of_sms = False
        self._has_met_space = False

    def run(self, stops: Collection[str] = (), *, sends_sms: bool = True) -> Exit:
        """Go on until the end, or until something is needed that was not given.

        Args:
            stops: what is not waited for or answered: the conversation ends there.
            sends_sms: whether an SMS code is sent before it is asked for, where none has been.

        Raises:
            CallError, ReportedError: an answer was refused, and nobody can give another.
            InputMissingError: something is asked for, and nobody can give it.
        """
        self._sends_sms = sends_sms
        while not has_ended(self.renewal):
            self._tell()
            waiting = self.renewal["waiting"]
            if waiting in stops:
                return standing(self.renewal)
            if waiting == "SPACE" and self._has_met_space:
                return Exit.NEEDED
            self._has_met_space = waiting == "SPACE"
            if not self._answer(self.renewal["state"], waiting):
                self._await_change()
            if self.renewal["state"] == "rejected" and not self._answers.can_amend:
                self._tell()
                self._print_remarks()
                return Exit.REJECTED
        self._tell()
        return standing(self.renewal)

    def _answer(self, state: str, waiting: str | None) -> bool:
        """Give what is waited for; return whether there was anything to give."""
        steps = {
            "APPLICANT": self._amend if state == "rejected" else self._give_dossier,
            "PIN": self._give_pin,
            "SMS_CODE": self._give_sms_code,
            "SPACE": self._give_pin,
            "SECRET": self._give_secret,
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
            if error.code == "sms_code_used_up":
                return self._send_another()
            # Asked for elsewhere, or impossible just now: the same question again changes nothing.
            return error.code not in ("pin_entry_busy", "wrong_state", "token_missing")
        return True

    def _give_dossier(self) -> None:
        applicant, documents = self._answers.dossier()
        self._submit("renewals.submit_dossier", applicant, documents)

    def _amend(self) -> None:
        self._print_remarks()
        remarked = {remark["item"] for remark in self.renewal["remarks"]}
        self._submit("renewals.amend", *self._answers.amendment(remarked))

    def _submit(self, method: str, applicant: Json, documents: dict[str, str]) -> None:
        params = {"id": self._id, "applicant": applicant, "documents": documents}
        with progress(mark("Checking the dossier …")):
            self.renewal = self._client.call(method, params)

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
        with progress(mark("The token is at work …")):
            self._await_change()

    def _give_secret(self) -> None:
        reference, secret = self._answers.shared_secret()
        params = {"id": self._id, "reference": reference, "secret": secret}
        self.renewal = self._client.call("renewals.give_secret", params)

    def _give_sms_code(self) -> None:
        self._send_sms_once()
        code = self._answers.sms_code()
        params = {"id": self._id, "code": code}
        with progress(mark("Checking the SMS code …")):
            self.renewal = self._client.call("renewals.verify_sms", params)

    def _send_sms_once(self) -> None:
        """Have a code sent where none has been; one that was sent is still good, mistyped or not."""
        if self._has_told_of_sms:
            return
        self._has_told_of_sms = True  # however it ends: the same again would burn codes
        if self.renewal["code_sent"]:
            say_sms_was_sent(self.renewal)
            return
        if not self._sends_sms:
            return
        try:
            with progress(mark("Having an SMS code sent …")):
                self.renewal = self._client.call("renewals.send_sms", {"id": self._id})
        except CallError as error:
            if error.code not in _SENT_BEFORE:
                raise
            _print_all(sentences(error))
            return
        say_sms_sent(self.renewal)

    def _send_another(self) -> bool:
        """Ask whether another code is to be sent instead of one that is used up; say if it was."""
        if not confirmed(mark("Have another code sent? [y/N] ")):
            return False
        with progress(mark("Having an SMS code sent …")):
            self.renewal = self._client.call("renewals.send_sms", {"id": self._id})
        say_sms_sent(self.renewal)
        return True

    def _await_change(self) -> None:
        """Wait until this renewal is not as it was when it was last looked at."""
        before = self.renewal["updated"]
        while self.renewal["updated"] == before:
            params = self._client.next_notification()["params"]
            if params["event"] == "token_inserted" and self.renewal["waiting"] == "TOKEN":
                self._look_at(params["token"])
            if params["event"] == "renewal" and params["renewal"]["id"] == self._id:
                # Events queue up while something is answered: how it stands now is asked.
                self.renewal = self._client.call("renewals.get", {"id": self._id})

    def _look_at(self, token: Json) -> None:
        """Say whose token was plugged in, where it is not the one that is waited for."""
        if any(c["thumbprint"] == self.renewal["thumbprint"] for c in token["certificates"]):
            return
        owner = next((lead["organisation"] for lead in leads(token)), "") or token["label"]
        say(in_words(_ANOTHER, owner=owner), flush=True, file=self._to)
        say(self.renewal["text"], flush=True, file=self._to)

    @property
    def _id(self) -> str:
        return str(self.renewal["id"])

    def _tell(self) -> None:
        lines = [self.renewal["text"], *error_lines(self.renewal)]
        if self.renewal["state"] == "signing" and self.renewal["note_text"]:
            lines.append(self.renewal["note_text"])
        if lines == self._said:
            return
        self._said = lines
        for line in lines:
            say(line, flush=True, file=self._to)

    def _print_remarks(self) -> None:
        _print_all(list(remark_lines(self.renewal, user_language())))


def say_sms_sent(renewal: Json) -> None:
    """Say to which phone an SMS code was sent."""
    sentence = mark("An SMS code was sent to {phone}.")
    say(in_words(sentence, phone=renewal["phone_hint"]), file=sys.stderr)


def say_sms_was_sent(renewal: Json) -> None:
    """Say to which phone and when the last SMS code was sent, and how to get another."""
    sentence = mark(
        "An SMS code was sent to {phone} on {time}. If it did not come, have another one sent: "
        "odc-agent renewal sms --send"
    )
    sent = dt.datetime.fromisoformat(renewal["code_sent"]).astimezone(CHINA_STANDARD_TIME)
    phone, time = renewal["phone_hint"], f"{sent:%Y-%m-%d %H:%M}"
    say(in_words(sentence, phone=phone, time=time), file=sys.stderr)


def _print_all(lines: list[str]) -> None:
    for line in lines:
        say(line, file=sys.stderr)
