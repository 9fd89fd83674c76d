"""The commands about the agent as a whole: run it, see how things are, check, update, end it."""

from __future__ import annotations

import argparse

from agent.cli.ground.parsers import add_command, add_group, add_json, add_listing, path
from agent.ground.loading import loading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from agent.cli.ground.parsers import Subparsers


def add_run(subparsers: Subparsers) -> None:
    """Add ``run``."""
    parser = add_command(
        subparsers,
        "run",
        "run the agent in the foreground, until Ctrl-C or `odc-agent quit`",
        _run,
        "  odc-agent run\n  odc-agent run --no-tray   on a machine without a desktop",
    )
    parser.add_argument("--no-tray", action="store_true", help="show no tray icon")
    parser.add_argument(
        "--replace", action="store_true", help="have an agent that runs already end first"
    )
    parser.add_argument(
        "--wait", action="store_true", help="where the disk is full, start as soon as it is not"
    )


def add_status(subparsers: Subparsers) -> None:
    """Add ``status``."""
    add_listing(subparsers, "status", "how the agent and the certificates are", _status)


def add_certs(subparsers: Subparsers) -> None:
    """Add ``certs``."""
    certs = add_command(
        subparsers,
        "certs",
        "the certificates on all tokens, plugged in or seen earlier",
        _certs,
        "  odc-agent certs\n"
        "  odc-agent certs --json\n"
        "  odc-agent certs --csv --output tokens.csv   a table for a spreadsheet\n"
        "  odc-agent certs --ics --output tokens.ics   a calendar with alarms",
    )
    certs.add_argument(
        "--all", action="store_true", help="also what was renewed, CA certificates, and chains"
    )
    forms = certs.add_mutually_exclusive_group()
    add_json(forms)
    forms.add_argument("--csv", action="store_true", help="print a table (CSV)")
    forms.add_argument(
        "--ics", action="store_true", help="print a calendar with alarms (iCalendar)"
    )
    certs.add_argument(
        "--output", type=path, metavar="FILE", help="write the table or calendar into FILE"
    )


def add_renewals(subparsers: Subparsers) -> None:
    """Add ``renewals``."""
    add_listing(subparsers, "renewals", "renewals, past and under way", _renewals)


def add_watch(subparsers: Subparsers) -> None:
    """Add ``watch``."""
    add_listing(subparsers, "watch", "print a line for each event until Ctrl-C", _watch)


def add_check(subparsers: Subparsers) -> None:
    """Add ``check``."""
    check = add_command(
        subparsers,
        "check",
        "check all a certificate needs on this computer, and say what to do about what is wrong",
        _check,
        "  odc-agent check\n"
        "  odc-agent check authority clock   only these\n"
        "  odc-agent check --fix             mend what can be mended\n"
        "  odc-agent check --report          as a text to send, without names and numbers\n\n"
        "exit codes: 0 nothing failed, 1 something did, 2 no such check, 3 no agent",
    )
    check.add_argument("names", nargs="*", metavar="NAME", help="which checks; all without one")
    check.add_argument("--fix", action="store_true", help="mend what can be mended")
    forms = check.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print JSON, for programs")
    forms.add_argument("--report", action="store_true", help="print a text without personal data")


def add_window(subparsers: Subparsers) -> None:
    """Add ``window``."""
    from agent.api.window_names import WINDOW_NAMES  # noqa: PLC0415

    parser = add_command(
        subparsers,
        "window",
        "open one of the agent's windows, or raise it",
        _window,
        "  odc-agent window          the main window\n"
        "  odc-agent window renew    renew the certificate that needs it\n"
        "  odc-agent window check    check what the certificate needs on this computer",
    )
    parser.add_argument("name", nargs="?", default="main", choices=WINDOW_NAMES,
                        metavar="NAME", help=", ".join(WINDOW_NAMES))  # fmt: skip
    parser.add_argument("--subject", metavar="S", help="what it is about, such as a thumbprint")


def add_metrics(subparsers: Subparsers) -> None:
    """Add ``metrics``."""
    parser = add_command(
        subparsers,
        "metrics",
        "figures for a fleet's monitoring (OpenMetrics), without names; see docs/administrators.md",
        _metrics,
        "  odc-agent metrics\n  odc-agent metrics --output /run/metrics/odc-agent-1000.prom",
    )
    parser.add_argument(
        "--output", type=path, metavar="FILE", help="replace FILE instead of printing"
    )


def add_update(subparsers: Subparsers) -> None:
    """Add ``update`` with its commands."""
    updates = add_group(
        subparsers,
        "update",
        "look for a newer version of the agent, and fetch it",
        "  odc-agent update check\n  odc-agent update download --open",
    )
    add_listing(updates, "check", "is there a newer version", _update_check, "update ")
    download = add_listing(
        updates,
        "download",
        "fetch and verify the newer version's package",
        _update_download,
        "update ",
    )
    download.add_argument(
        "--open", action="store_true", help="have the system's own installer open it"
    )


def add_quit(subparsers: Subparsers) -> None:
    """Add ``quit``."""
    add_command(subparsers, "quit", "end the running agent", _quit, "  odc-agent quit")


def add_restart(subparsers: Subparsers) -> None:
    """Add ``restart``."""
    add_command(
        subparsers,
        "restart",
        "have the running agent start anew, for settings that it takes at its start",
        _restart,
        "  odc-agent restart\n\n"
        "Renewals go on, and a step whose PIN has been entered is finished before.",
    )


def _run(options: argparse.Namespace) -> int:
    with loading():
        from agent.cli.running import run  # noqa: PLC0415 - loads much of the agent

    return run.run(has_tray=not options.no_tray, replaces=options.replace, waits=options.wait)


def _status(options: argparse.Namespace) -> int:
    from agent.cli.running import listing  # noqa: PLC0415

    return listing.status(as_json=options.json)


def _certs(options: argparse.Namespace) -> int:
    from agent.cli.running import listing  # noqa: PLC0415

    if options.csv or options.ics:
        from agent.cli.running import exporting  # noqa: PLC0415

        return exporting.export(is_calendar=options.ics, output=options.output)
    return listing.certs(as_json=options.json, has_all=options.all)


def _renewals(options: argparse.Namespace) -> int:
    from agent.cli.running import listing  # noqa: PLC0415

    return listing.renewals(as_json=options.json)


def _watch(options: argparse.Namespace) -> int:
    from agent.cli.running import watch  # noqa: PLC0415

    return watch.watch(as_json=options.json)


def _check(options: argparse.Namespace) -> int:
    from agent.cli.running import check  # noqa: PLC0415

    return check.check(
        names=options.names, as_json=options.json, as_report=options.report, mends=options.fix
    )


def _window(options: argparse.Namespace) -> int:
    from agent.cli.running import listing  # noqa: PLC0415

    return listing.window(options.name, options.subject)


def _metrics(options: argparse.Namespace) -> int:
    from agent.cli.running import metrics  # noqa: PLC0415

    return metrics.metrics(output=options.output)


def _update_check(options: argparse.Namespace) -> int:
    from agent.cli.running import update  # noqa: PLC0415

    return update.check(as_json=options.json)


def _update_download(options: argparse.Namespace) -> int:
    from agent.cli.running import update  # noqa: PLC0415

    return update.download(opens=options.open, as_json=options.json)


def _restart(_options: argparse.Namespace) -> int:
    from agent.cli.running import restart  # noqa: PLC0415

    return restart.restart()


def _quit(_options: argparse.Namespace) -> int:
    from agent.cli.running import quitting  # noqa: PLC0415

    return quitting.quit_agent()
