"""SMS codes: sent, resent, tried. The outbox is a file that stands in for the applicant's phone."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import math
import os
import secrets
from pathlib import Path

import msgspec

from agent.ground import held_files
from agent.renewals.authorities.ra_protocol import ApplicationState, ApplicationStatus, ProblemCode
from sandbox.authority.ledger import Ledger, status_of
from sandbox.authority.rules.lifecycle import Event
from sandbox.authority.rules.records import Application, SentCode
from sandbox.authority.store import Transaction
from sandbox.problems import RefusalError
from sandbox.words import words

DIGITS = 6
ATTEMPTS = 5
MAX_CODES = 10
"""Codes one application can ask for in all: without a limit, resending would buy more guesses."""
CODE_LIFETIME = dt.timedelta(minutes=10)


class SmsMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it arrives on the applicant's phone."""

    sent_at: dt.datetime
    application: str
    phone: str
    code: str
    text: str


class Outbox:
    """``sms.jsonl``: one JSON object a line, readable by its owner alone."""

    def __init__(self, path: Path, *, echo: bool = False) -> None:
        """Keep messages in ``path``; with ``echo`` print them as well."""
        self._path = path
        self._echo = echo

    def send(self, message: SmsMessage) -> None:
        """Append ``message``."""
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(msgspec.json.encode(message) + b"\n")
        if self._echo:
            print(f"{words('短信', 'SMS')} {message.phone}: {message.text}", flush=True)

    def messages(self, application: str | None = None) -> list[SmsMessage]:
        """Return what was sent, oldest first; of one application when it is named."""
        if not self._path.exists():
            return []
        lines = held_files.read_bytes(self._path).splitlines()
        found = [msgspec.json.decode(line, type=SmsMessage) for line in lines]
        return [message for message in found if application in (None, message.application)]


class SmsCodes:
    """The calls ``POST …/sms`` and ``POST …/sms/verify``."""

    def __init__(self, ledger: Ledger, outbox: Outbox) -> None:
        self._ledger = ledger
        self._outbox = outbox

    def send(self, application: str, secret: str) -> ApplicationStatus:
        """Send a new code; it replaces the one before.

        Raises:
            RefusalError: TOO_SOON with the seconds to wait, TOO_MANY_ATTEMPTS, WRONG_STATE.
        """
        now = self._ledger.clock()
        with self._ledger.owned(application, secret) as (transaction, found):
            if found.state is not ApplicationState.APPROVED:
                raise RefusalError(ProblemCode.WRONG_STATE, f"no SMS code while {found.state}")
            before = transaction.code(application)
            self._check_pace(before, now)
            code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
            transaction.save_code(_sent(application, code, now, before))
            status = status_of(transaction, found)
        # After the commit: a code that arrives is one that works.
        self._outbox.send(_message(found, code, now))
        return status

    def verify(self, application: str, secret: str, code: str) -> ApplicationStatus:
        """Release the application if ``code`` is the one last sent.

        Raises:
            RefusalError: WRONG_CODE with the attempts left, TOO_MANY_ATTEMPTS, WRONG_STATE.
        """
        with self._ledger.owned(application, secret) as (transaction, found):
            if found.state is ApplicationState.RELEASED:
                # Repeated after a lost answer; it grants nothing new.
                return status_of(transaction, found)
            refusal = self._tried(transaction, found, code)
            if refusal is None:
                released = self._ledger.move(transaction, found, Event.RELEASE)
                return status_of(transaction, released)
        # Outside the transaction, which must keep the attempt that was spent.
        raise refusal

    def _check_pace(self, before: SentCode | None, now: dt.datetime) -> None:
        if before is None:
            return
        if before.sent_count >= MAX_CODES:
            raise RefusalError(ProblemCode.TOO_MANY_ATTEMPTS, "no more codes for this application")
        wait = (before.sent_at + self._ledger.rules.sms_interval - now).total_seconds()
        if wait > 0:
            raise RefusalError(ProblemCode.TOO_SOON, retry_after=math.ceil(wait))

    def _tried(
        self, transaction: Transaction, application: Application, code: str
    ) -> RefusalError | None:
        sent = transaction.code(application.id)
        if application.state is not ApplicationState.APPROVED or sent is None:
            return RefusalError(ProblemCode.WRONG_STATE, "no SMS code was sent")
        if sent.attempts_left == 0 or sent.sent_at + CODE_LIFETIME < self._ledger.clock():
            return RefusalError(
                ProblemCode.TOO_MANY_ATTEMPTS, "this code is used up", attempts_left=0
            )
        left = sent.attempts_left - 1
        transaction.save_code(msgspec.structs.replace(sent, attempts_left=left))
        if hmac.compare_digest(_hash(sent.salt, code), sent.code_sha256):
            return None
        return RefusalError(ProblemCode.WRONG_CODE, attempts_left=left)


def _sent(application: str, code: str, now: dt.datetime, before: SentCode | None) -> SentCode:
    salt = secrets.token_bytes(16)
    return SentCode(
        application=application,
        salt=salt,
        code_sha256=_hash(salt, code),
        sent_at=now,
        sent_count=before.sent_count + 1 if before else 1,
        attempts_left=ATTEMPTS,
    )


def _message(application: Application, code: str, now: dt.datetime) -> SmsMessage:
    return SmsMessage(
        sent_at=now,
        application=application.id,
        phone=application.phone,
        code=code,
        text=f"【ODC沙盒】证书更新验证码 {code},10分钟内有效,请勿告知他人。",
    )


def _hash(salt: bytes, code: str) -> str:
    return hashlib.sha256(salt + code.encode()).hexdigest()
