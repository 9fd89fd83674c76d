"""``odc-sandbox cmp-user``: who renews at ``/.well-known/cmp``, and what becomes of it."""

from __future__ import annotations

import argparse
import sys

from sandbox.authority.cmp_users import hand_out, signed_reference
from sandbox.authority.rules.records import CmpUser
from sandbox.authority.store import Store
from sandbox.commands.common import Subcommands, add_command, home_of, not_negative
from sandbox.home import SandboxError

_EXAMPLES = """\
  echo secret | odc-sandbox cmp-user add 7 --secret-stdin --uscc 91440300MA5DA0000F
  echo secret | odc-sandbox cmp-user add 8 --secret-stdin --uscc 91440300MA5DA0000F --pending 10
  echo secret | odc-sandbox cmp-user add 9 --secret-stdin --uscc 91440300MA5DA0000F --reject 欠费
  odc-sandbox cmp-user add --signed --uscc 91440300MA5DA0000F --pending 10   # its key updates
  odc-sandbox cmp-user list
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand."""
    parser = add_command(
        subcommands,
        "cmp-user",
        _run,
        summary="hand out reference values and secrets for CMP, or say what becomes of key updates",
        examples=_EXAMPLES,
    )
    parser.add_argument("action", choices=("add", "list"))
    parser.add_argument("reference", nargs="?", metavar="REFERENCE")
    parser.add_argument("--secret-stdin", action="store_true", help="read it from a line of input")
    parser.add_argument(
        "--pending", type=not_negative, default=0, metavar="SECONDS", help="how long to be polled"
    )
    parser.add_argument("--reject", default="", metavar="REASON", help="reject what is asked")
    parser.add_argument(
        "--signed", action="store_true", help="what becomes of updates its own certificate signs"
    )
    parser.add_argument(
        "--confirm", action="store_true", help="want certificates confirmed that need not be"
    )
    parser.add_argument("--uscc", default="", help="the organisation whose certificate is renewed")


def _run(options: argparse.Namespace) -> int:
    store = Store(home_of(options).database)
    if options.action == "list":
        with store.transaction() as transaction:
            for user in transaction.cmp_users():
                print(
                    f"{user.reference}  {user.uscc}  {user.pending_seconds:g} s  {user.rejection}"
                )
        return 0
    reference, secret = _who(options)
    user = CmpUser(
        reference=reference,
        secret=secret,
        wants_confirmation=options.confirm,
        uscc=options.uscc,
        pending_seconds=options.pending,
        rejection=options.reject,
    )
    hand_out(store, user)
    return 0


def _who(options: argparse.Namespace) -> tuple[str, str]:
    """Return reference value and secret; SandboxError."""
    if options.signed and options.uscc:
        return signed_reference(options.uscc), ""
    if not (options.reference and options.uscc):
        raise SandboxError("say a reference value and --uscc")
    if not options.secret_stdin:
        raise SandboxError("say --secret-stdin; a secret is never an argument")
    secret = sys.stdin.readline().rstrip("\r\n")
    if not secret:
        raise SandboxError("no secret was given")
    return options.reference, secret
