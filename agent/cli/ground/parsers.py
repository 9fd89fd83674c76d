"""How commands and the options they share are told to argparse."""

from __future__ import annotations

import argparse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - no public name
    Run = Callable[[argparse.Namespace], int]

THUMBPRINT_HELP = "which certificate: its thumbprint, or how it begins (see `odc-agent certs`)"


def add_command(
    subparsers: Subparsers, name: str, summary: str, run: Run, example: str
) -> argparse.ArgumentParser:
    """Add one command with its summary and examples."""
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"examples:\n{example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_listing(
    subparsers: Subparsers, name: str, summary: str, run: Run, within: str = ""
) -> argparse.ArgumentParser:
    """Add a command that asks once and prints, as JSON where that is wanted."""
    command = f"odc-agent {within}{name}"
    parser = add_command(subparsers, name, summary, run, f"  {command}\n  {command} --json")
    add_json(parser)
    return parser


def add_group(subparsers: Subparsers, name: str, summary: str, example: str = "") -> Subparsers:
    """Add a command that has commands of its own, and return where to add them."""
    parser = subparsers.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"examples:\n{example}" if example else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return add_commands(parser)


def add_commands(parser: argparse.ArgumentParser) -> Subparsers:
    """Have a parser take commands, which have its name in front of theirs; return where to add them."""
    # Left to argparse, the name is cut out of a help text that is laid out for the width of the terminal.
    return parser.add_subparsers(
        prog=parser.prog, required=True, metavar="COMMAND", title="commands"
    )


def path(text: str) -> Path:
    """Return the path that an argument names."""
    from pathlib import Path  # noqa: PLC0415 - many commands are over before that is loaded

    return Path(text)


def add_json(parser: argparse._ActionsContainer) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")


def add_thumbprint(parser: argparse.ArgumentParser) -> None:
    """Add ``--thumbprint``."""
    parser.add_argument("--thumbprint", metavar="T", help=THUMBPRINT_HELP)


def add_pin(parser: argparse.ArgumentParser, what: str = "the PIN as a line") -> None:
    """Add what a command needs that has a PIN entered."""
    parser.add_argument("--pin-stdin", action="store_true", help=f"read {what} from standard input")
    add_final_try(parser)


def add_final_try(parser: argparse.ArgumentParser) -> None:
    """Add ``--final-try``."""
    parser.add_argument(
        "--final-try",
        action="store_true",
        help="try the PIN even if one try is left; a wrong one then locks the token",
    )
