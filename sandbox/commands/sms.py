"""``odc-sandbox sms``: look at the applicant's phone."""

from __future__ import annotations

import argparse

import msgspec

from agent.ground.streams import sayable_json
from sandbox.authority.rules.days import CST
from sandbox.authority.sms import Outbox, SmsMessage
from sandbox.commands.common import Subcommands, add_command, home_of
from sandbox.home import SandboxError

_EXAMPLES = """\
  odc-sandbox sms                          every message, oldest first
  odc-sandbox sms --last                   the newest code alone
  odc-sandbox sms --last --application ID  the newest code of one application
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand."""
    parser = add_command(
        subcommands,
        "sms",
        _run,
        summary="show the SMS messages sent to applicants",
        examples=_EXAMPLES,
    )
    parser.add_argument("--last", action="store_true", help="print only the newest code")
    parser.add_argument("--application", metavar="ID")
    parser.add_argument("--json", action="store_true")


def _run(options: argparse.Namespace) -> int:
    messages = Outbox(home_of(options).outbox).messages(options.application)
    if options.last:
        if not messages:
            raise SandboxError("no message was sent yet")
        messages = messages[-1:]
    if options.json:
        print(sayable_json(msgspec.json.encode(messages).decode()))
        return 0
    for message in messages:
        print(message.code if options.last else _line(message))
    return 0


def _line(message: SmsMessage) -> str:
    sent = message.sent_at.astimezone(CST)
    return f"{sent:%Y-%m-%d %H:%M:%S}  {message.phone}  {message.application}  {message.text}"
