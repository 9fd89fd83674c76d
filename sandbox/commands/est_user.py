"""``odc-sandbox est-user``: who may enrol under ``/.well-known/est/plain/``."""

from __future__ import annotations

import argparse
import sys

from sandbox.authority.est_users import register_user
from sandbox.authority.store import Store
from sandbox.commands.common import Subcommands, add_command, home_of, not_negative
from sandbox.home import SandboxError

_EXAMPLES = """\
  echo secret | odc-sandbox est-user add router --password-stdin
  echo secret | odc-sandbox est-user add office --password-stdin --uscc 91440300MA5DA0000F
  echo secret | odc-sandbox est-user add slow --password-stdin --pending 10
  odc-sandbox est-user list
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand."""
    parser = add_command(
        subcommands,
        "est-user",
        _run,
        summary="register users of the plain EST label",
        examples=_EXAMPLES,
    )
    parser.add_argument("action", choices=("add", "list"))
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument(
        "--password-stdin", action="store_true", help="read it from a line of input"
    )
    parser.add_argument(
        "--pending", type=not_negative, default=0, metavar="SECONDS", help="how long to answer 202"
    )
    parser.add_argument("--uscc", default="", help="the organisation whose certificate is renewed")


def _run(options: argparse.Namespace) -> int:
    store = Store(home_of(options).database)
    if options.action == "list":
        with store.transaction() as transaction:
            for user in transaction.est_users():
                print(f"{user.name}  {user.uscc or '*'}  {user.pending_seconds:g} s")
        return 0
    if not options.name or ":" in options.name:
        raise SandboxError("a user needs a name without a colon")
    if not options.password_stdin:
        raise SandboxError("say --password-stdin; a password is never an argument")
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise SandboxError("no password was given")
    register_user(store, options.name, password, uscc=options.uscc, pending_seconds=options.pending)
    return 0
