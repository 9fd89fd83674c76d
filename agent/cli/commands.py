"""The commands of ``odc-agent``, in the order ``--help`` has them; each room says what its own take.

A room is loaded when a parser of its commands is made, and what a command does when it runs.
"""

from __future__ import annotations

import argparse
from importlib import import_module

from agent import __version__
from agent.cli.ground.parsers import add_commands

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.cli.ground.parsers import Subparsers

ROOMS: Mapping[str, str] = {
    "run": "running",
    "status": "running",
    "certs": "running",
    "forget": "tokens",
    "modules": "tokens",
    "renewals": "running",
    "watch": "running",
    "renew": "renewing",
    "renewal": "renewing",
    "licence": "renewing",
    "sign": "signing",
    "verify": "signing",
    "pin": "tokens",
    "check": "running",
    "config": "settings",
    "dossier": "papers",
    "applicant": "papers",
    "letter": "papers",
    "window": "running",
    "sites": "settings",
    "metrics": "running",
    "update": "running",
    "restart": "running",
    "quit": "running",
}
"""Where each is: in the room's ``commands.py``, whose ``add_status`` adds ``status``."""
_EXAMPLES = """examples:
  odc-agent status               is the agent running, how are the certificates
  odc-agent certs --json         everything on all tokens, for programs
  odc-agent watch                a line for each thing that happens
  odc-agent renew                renew the certificate that needs it, step by step
  odc-agent renewal show         how that stands; then amend, sms, install, cancel
  odc-agent licence update       fetch the business licence anew
  odc-agent pin change           change the PIN of the token
  odc-agent check                is everything there that a certificate needs
  odc-agent config show          the settings; config set changes one
  odc-agent sites list           which web sites may ask for what

exit codes: 0 done, 1 failed, 2 wrong usage, 3 the agent cannot be reached,
            4 something is needed first (it is said what), 5 the review asks for amendments,
            6 (run) another agent runs already,
            10 to 17 a renewal is under way (`odc-agent renewal --help`)
"""


def command_parser(command: str = "") -> argparse.ArgumentParser:
    """Return the parser of the whole command line; man pages and completions are made from it.

    Args:
        command: the only one to be asked for: its parser is made, those of all others take their time.
    """
    parser = argparse.ArgumentParser(
        prog="odc-agent",
        description="Keeps the digital certificates on your organisation's USB tokens alive.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"odc-agent {__version__}")
    _add_to(add_commands(parser), command)
    return parser


def _add_to(subparsers: Subparsers, command: str = "") -> None:
    """Add ``command`` alone; all commands where there is none of that name."""
    for name in [command] if command in ROOMS else ROOMS:
        room = import_module(f"agent.cli.{ROOMS[name]}.commands")
        getattr(room, f"add_{name}")(subparsers)
