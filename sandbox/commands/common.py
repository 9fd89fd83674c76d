"""What the subcommands share."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.authority.ledger import Ledger
from sandbox.authority.rules.behaviour import Rules
from sandbox.authority.store import Store
from sandbox.home import Home, SandboxError
from sandbox.words import words

if TYPE_CHECKING:
    Subcommands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - has no other name
else:
    Subcommands = object


def add_command(
    subcommands: Subcommands,
    name: str,
    run: Callable[[argparse.Namespace], int],
    *,
    summary: str,
    examples: str,
) -> argparse.ArgumentParser:
    """Add a subcommand that calls ``run``; ``--home`` may stand after its name as well."""
    parser = subcommands.add_parser(
        name,
        help=summary,
        description=summary,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    # Suppressed: else the subcommand's default would undo a --home given before its name.
    parser.add_argument("--home", type=Path, default=argparse.SUPPRESS, help="the sandbox's folder")
    parser.set_defaults(run=run)
    return parser


def home_of(options: argparse.Namespace) -> Home:
    """Return the home the command line names."""
    return Home.opened(options.home)


def ledger_of(options: argparse.Namespace) -> Ledger:
    """Return the applications kept in the home; a server may be running on it."""
    return Ledger(Store(home_of(options).database), Rules())


def not_negative(text: str) -> int:
    """Parse a whole number of at least 0."""
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def read_pin(*, from_stdin: bool) -> str:
    """Return a PIN from the first line of standard input, or typed twice at the terminal.

    Raises:
        SandboxError: there is none, or the two differ.
    """
    if not from_stdin and (sys.stdin is None or not sys.stdin.isatty()):
        raise SandboxError("nobody is there to type a PIN: give it as a line, with --pin-stdin")
    if from_stdin:
        pin = sys.stdin.readline().rstrip("\r\n")
    else:
        pin = getpass.getpass(words("新电子钥匙的密码: ", "PIN for the new token: "))
        if pin != getpass.getpass(words("再次输入: ", "Once more: ")):
            raise SandboxError("the two PINs differ")
    if not pin:
        raise SandboxError("no PIN was given")
    return pin
