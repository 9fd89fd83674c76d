"""What a renewal asks for, from options and files, from standard input, or from the person there."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import msgspec

from agent.api.client import Json
from agent.cli.ground.outcome import NeededError
from agent.cli.ground.output import say
from agent.cli.ground.secret_input import read_secret
from agent.cli.papers.applicant import kept_applicant
from agent.cli.papers.applicant_questions import ask_applicant, find_kept
from agent.cli.papers.input_files import find_scans
from agent.cli.tokens.pin_prompt import in_words, question, read_pin, say_state
from agent.ground.errors import reason_of
from agent.ground.language import mark
from agent.ground.text_files import read_text_file
from agent.renewals.dossier.findings import FIELD_NAMES
from agent.tokens.pin import send_pin, wipe


class InputMissingError(NeededError):
    """Something is asked for, and nobody is there to give it."""

    code = "input_missing"
    sentence = mark("The renewal needs {what}.")
    advice = mark(
        "Run `odc-agent renew` in a terminal, or give it as `odc-agent renew --help` says."
    )


class Answers:
    """Where answers come from."""

    def __init__(
        self,
        *,
        applicant: Path | None,
        documents: Path | None,
        from_stdin: bool,
        is_kept_applicant: bool = False,
        accepts_final_try: bool = False,
    ) -> None:
        self.accepts_final_try = accepts_final_try
        self._applicant = applicant
        self._is_kept_applicant = is_kept_applicant
        self._documents = documents
        self._from_stdin = from_stdin
        self._has_given_dossier = False

    @property
    def is_person(self) -> bool:
        """Whether somebody is there who can be asked."""
        return not self._from_stdin and sys.stdin.isatty()

    def can_try_again(self, waiting: str) -> bool:
        """Whether another answer can be had to what is waited for."""
        return self.is_person and (waiting != "APPLICANT" or not self._has_applicant)

    @property
    def _has_applicant(self) -> bool:
        return self._is_kept_applicant or self._applicant is not None

    @property
    def can_amend(self) -> bool:
        """Whether there is a dossier that the authority has not seen yet."""
        return self.can_try_again("APPLICANT") or not self._has_given_dossier

    def dossier(self) -> tuple[Json, dict[str, str]]:
        """Return the applicant's data and the paths of the scans.

        Raises:
            InputMissingError: nobody is there to ask, or the applicant's file cannot be read.
            NoProfileError: the applicant that is kept is meant, and none is.
        """
        if not (self._has_applicant or self.is_person):
            needed = mark("the dossier: --applicant or --kept-applicant, and --documents")
            raise InputMissingError(what=in_words(needed))
        self._has_given_dossier = True
        applicant = (
            self._read_applicant()
            if self._has_applicant
            else ask_applicant(FIELD_NAMES, kept=find_kept())
        )
        folder = self._documents or (self.is_person and _ask_folder()) or None
        return applicant, _find_scans(folder) if folder else {}

    def amendment(self, remarked: Collection[str]) -> tuple[Json, dict[str, str]]:
        """Return the fields and scans that are new; a person is asked for those ``remarked`` on.

        Raises:
            InputMissingError: as :meth:`dossier`.
        """
        if not (self._applicant or self._documents or self.is_person):
            raise InputMissingError(what=in_words(mark("what is new: --applicant or --documents")))
        self._has_given_dossier = True
        is_asked = self._applicant is None and self.is_person
        fields = [field for field in FIELD_NAMES if field.value in remarked] if is_asked else []
        applicant = self._read_applicant() if self._applicant else ask_applicant(fields)
        asks_folder = self.is_person and not set(remarked) <= set(FIELD_NAMES)
        folder = self._documents or (asks_folder and _ask_folder()) or None
        return applicant, _find_scans(folder) if folder else {}

    def send_pin(self, prompt: Json) -> None:
        """Ask for the PIN and send it straight to the worker that needs it."""
        say_state(prompt)
        if prompt["has_pin_pad"]:
            send_pin(prompt["endpoint"])
            return
        pin = self._given(partial(read_pin, question(prompt)), "PIN")
        send_pin(prompt["endpoint"], pin)

    def sms_code(self) -> str:
        """Return the code that came by SMS; InputMissingError."""
        ask = partial(read_secret, in_words(mark("SMS code: ")))
        code = self._given(ask, in_words(mark("the SMS code")))
        return code.decode("ascii", "replace").strip()

    def shared_secret(self) -> tuple[str, str]:
        """Return the reference value and the secret the authority handed out; InputMissingError."""
        asked = (mark("Reference value from the authority: "), mark("Its secret: "))
        what = in_words(mark("the reference value and the secret from the authority"))
        typed = [self._given(partial(read_secret, in_words(question)), what) for question in asked]
        reference, secret = (each.decode("utf-8", "replace").strip() for each in typed)
        for each in typed:
            wipe(each)
        return reference, secret

    def _given(self, ask: Callable[..., bytearray], what: str) -> bytearray:
        if not (self._from_stdin or sys.stdin.isatty()):
            raise InputMissingError(what=what)
        secret = ask(from_stdin=self._from_stdin)
        if not secret:
            raise InputMissingError(what=what)
        return secret

    def _read_applicant(self) -> Json:
        if self._applicant is None:
            return json.loads(msgspec.json.encode(kept_applicant()))
        try:
            return json.loads(read_text_file(self._applicant))
        except (OSError, ValueError) as error:
            reason = in_words(reason_of(error))
            raise InputMissingError(what=f"{self._applicant}: {reason}") from error


def _find_scans(folder: Path) -> dict[str, str]:
    """Return the scans in ``folder`` by the document each is named for."""
    return {name.value: str(file.absolute()) for name, file in find_scans(folder).items()}


def _ask_folder() -> Path | None:
    say(in_words(mark("Folder with the scans: ")), end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip()
    return Path(answer).expanduser() if answer else None
