"""The commands of ``odc-agent`` and their options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from agent.cli import dossier_commands
from agent.cli.parsing import Subparsers
from agent.cli.parsing import add_command as _add


def add_to(subparsers: Subparsers) -> None:
    """Add all commands."""
    _add_run(subparsers)
    _add_listing(subparsers, "status", "how the agent and the certificates are", _status)
    certs = _add_listing(subparsers, "certs", "the certificates on all tokens", _certs)
    certs.add_argument(
        "--all", action="store_true", help="also what was renewed, CA certificates, and chains"
    )
    _add_listing(
        subparsers, "modules", "the token drivers (PKCS#11 modules) and how they are", _modules
    )
    _add_listing(subparsers, "renewals", "renewals, past and under way", _renewals)
    _add_listing(subparsers, "watch", "print a line for each event until Ctrl-C", _watch)
    _add_renew(subparsers)
    _add_pin(subparsers)
    dossier_commands.add_to(subparsers)
    _add(subparsers, "quit", "end the running agent", _quit, "odc-agent quit")


def _add_listing(
    subparsers: Subparsers,
    name: str,
    summary: str,
    run: Callable[[argparse.Namespace], int],
    within: str = "",
) -> argparse.ArgumentParser:
    command = f"odc-agent {within}{name}"
    example = f"  {command}\n  {command} --json"
    parser = _add(subparsers, name, summary, run, example)
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    return parser


def _add_run(subparsers: Subparsers) -> None:
    parser = _add(
        subparsers,
        "run",
        "run the agent in the foreground, until Ctrl-C or `odc-agent quit`",
        _run,
        "  odc-agent run\n  odc-agent run --no-tray   on a machine without a desktop",
    )
    parser.add_argument("--no-tray", action="store_true", help="show no tray icon")


def _add_renew(subparsers: Subparsers) -> None:
    parser = _add(
        subparsers,
        "renew",
        "renew a certificate: dossier, PIN, review, SMS code, installation",
        _renew,
        "  odc-agent renew\n"
        "  odc-agent renew --thumbprint 3f… --applicant applicant.json --documents scans/\n"
        "  cat answers | odc-agent renew --applicant a.json --documents scans/ --pin-stdin\n\n"
        "It can be left with Ctrl-C at any time and goes on where it stood when run again.",
    )
    parser.add_argument(
        "--thumbprint", metavar="T", help="which certificate (see `odc-agent certs`)"
    )
    parser.add_argument(
        "--applicant",
        type=Path,
        metavar="FILE.json",
        help="the applicant: id_number, name, address, phone, email",
    )
    parser.add_argument(
        "--documents",
        type=Path,
        metavar="DIR",
        help="the scans: organisation_certificate, id_card_front, id_card_back, "
        "authorisation_letter (.jpg .png .gif .bmp)",
    )
    parser.add_argument(
        "--pin-stdin",
        action="store_true",
        help="read PIN and SMS code as lines from standard input, each when it is asked for",
    )
    parser.add_argument("--final-try", action="store_true", help=_FINAL_TRY)


_FINAL_TRY = "try the PIN even if one try is left; a wrong one then locks the token"


def _add_pin(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "pin",
        help="change a token's PIN, see what is known of its tries",
        epilog="examples:\n  odc-agent pin change\n  odc-agent pin status",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    pins = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    change = _add(
        pins,
        "change",
        "change a token's PIN; the old one is needed",
        _pin_change,
        "  odc-agent pin change\n"
        "  odc-agent pin change --token ODC-USBKEY\n"
        "  odc-agent pin change --pin-stdin < two-lines   the old PIN, then the new one\n\n"
        "A wrong old PIN costs a try. A forgotten one is set anew at the authority's counter.",
    )
    change.add_argument(
        "--pin-stdin", action="store_true", help="read the old and the new PIN from standard input"
    )
    change.add_argument("--final-try", action="store_true", help=_FINAL_TRY)
    change.add_argument("--json", action="store_true", help="print JSON, for programs")
    _add_listing(pins, "status", "what is known of each PIN's tries", _pin_status, "pin ")
    unlocked = _add(
        pins,
        "unlocked",
        "tell the agent that the counter has unlocked a token which does not say so itself",
        _pin_unlocked,
        "  odc-agent pin unlocked",
    )
    for named in (change, unlocked):
        named.add_argument("--token", metavar="LABEL|SERIAL", help="which token, of several")


def _run(options: argparse.Namespace) -> int:
    from agent.cli import run  # noqa: PLC0415 - loads the whole agent

    return run.run(has_tray=not options.no_tray)


def _status(options: argparse.Namespace) -> int:
    from agent.cli import listing  # noqa: PLC0415

    return listing.status(as_json=options.json)


def _certs(options: argparse.Namespace) -> int:
    from agent.cli import listing  # noqa: PLC0415

    return listing.certs(as_json=options.json, has_all=options.all)


def _modules(options: argparse.Namespace) -> int:
    from agent.cli import modules  # noqa: PLC0415

    return modules.modules(as_json=options.json)


def _renewals(options: argparse.Namespace) -> int:
    from agent.cli import listing  # noqa: PLC0415

    return listing.renewals(as_json=options.json)


def _watch(options: argparse.Namespace) -> int:
    from agent.cli import watch  # noqa: PLC0415

    return watch.watch(as_json=options.json)


def _renew(options: argparse.Namespace) -> int:
    from agent.cli import renew  # noqa: PLC0415

    return renew.renew(
        thumbprint=options.thumbprint,
        applicant=options.applicant,
        documents=options.documents,
        pin_from_stdin=options.pin_stdin,
        accepts_final_try=options.final_try,
    )


def _pin_change(options: argparse.Namespace) -> int:
    from agent.cli import pin  # noqa: PLC0415

    return pin.change(
        token=options.token,
        from_stdin=options.pin_stdin,
        accepts=options.final_try,
        as_json=options.json,
    )


def _pin_status(options: argparse.Namespace) -> int:
    from agent.cli import pin  # noqa: PLC0415

    return pin.status(as_json=options.json)


def _pin_unlocked(options: argparse.Namespace) -> int:
    from agent.cli import pin  # noqa: PLC0415

    return pin.unlocked(token=options.token)


def _quit(_options: argparse.Namespace) -> int:
    from agent.cli import listing  # noqa: PLC0415

    return listing.quit_agent()
