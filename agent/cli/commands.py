"""The commands of ``odc-agent`` and their options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from agent.api.window_names import WINDOW_NAMES
from agent.cli.ground.parsers import (
    add_command,
    add_group,
    add_json,
    add_listing,
    add_pin,
)
from agent.cli.papers import commands as dossier_commands
from agent.cli.renewing.commands import add_licence, add_renew, add_renewal
from agent.cli.settings import commands as site_commands

if TYPE_CHECKING:
    from agent.cli.ground.parsers import Subparsers


def add_to(subparsers: Subparsers) -> None:
    """Add all commands."""
    _add_run(subparsers)
    add_listing(subparsers, "status", "how the agent and the certificates are", _status)
    certs = add_listing(subparsers, "certs", "the certificates on all tokens", _certs)
    certs.add_argument(
        "--all", action="store_true", help="also what was renewed, CA certificates, and chains"
    )
    add_listing(
        subparsers, "modules", "the token drivers (PKCS#11 modules) and how they are", _modules
    )
    add_listing(subparsers, "renewals", "renewals, past and under way", _renewals)
    add_listing(subparsers, "watch", "print a line for each event until Ctrl-C", _watch)
    add_renew(subparsers)
    add_renewal(subparsers)
    add_licence(subparsers)
    _add_pin(subparsers)
    _add_check(subparsers)
    _add_config(subparsers)
    dossier_commands.add_to(subparsers)
    _add_window(subparsers)
    site_commands.add_to(subparsers)
    _add_metrics(subparsers)
    _add_update(subparsers)
    add_command(subparsers, "quit", "end the running agent", _quit, "  odc-agent quit")


def _add_run(subparsers: Subparsers) -> None:
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


def _add_window(subparsers: Subparsers) -> None:
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


def _add_metrics(subparsers: Subparsers) -> None:
    parser = add_command(
        subparsers,
        "metrics",
        "figures for a fleet's monitoring (OpenMetrics), without names; see docs/administrators.md",
        _metrics,
        "  odc-agent metrics\n  odc-agent metrics --output /run/metrics/odc-agent-1000.prom",
    )
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="replace FILE instead of printing"
    )


def _add_update(subparsers: Subparsers) -> None:
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


def _add_pin(subparsers: Subparsers) -> None:
    pins = add_group(
        subparsers,
        "pin",
        "change a token's PIN, see what is known of its tries",
        "  odc-agent pin change\n  odc-agent pin status",
    )
    change = add_command(
        pins,
        "change",
        "change a token's PIN; the old one is needed",
        _pin_change,
        "  odc-agent pin change\n"
        "  odc-agent pin change --token ODC-USBKEY\n"
        "  odc-agent pin change --pin-stdin < two-lines   the old PIN, then the new one\n\n"
        "A wrong old PIN costs a try. A forgotten one is set anew at the authority's counter.",
    )
    add_pin(change, "the old and the new PIN")
    add_json(change)
    add_listing(pins, "status", "what is known of each PIN's tries", _pin_status, "pin ")
    unlocked = add_command(
        pins,
        "unlocked",
        "tell the agent that the counter has unlocked a token which does not say so itself",
        _pin_unlocked,
        "  odc-agent pin unlocked",
    )
    for named in (change, unlocked):
        named.add_argument("--token", metavar="LABEL|SERIAL", help="which token, of several")


def _add_check(subparsers: Subparsers) -> None:
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


def _add_config(subparsers: Subparsers) -> None:
    config = add_group(
        subparsers,
        "config",
        "see and change the settings",
        "  odc-agent config show\n  odc-agent config set language en",
    )
    add_listing(
        config, "show", "every setting with its value and who set it", _config_show, "config "
    )
    setting = add_command(
        config,
        "set",
        "set one key in your configuration file; its comments stay",
        _config_set,
        "  odc-agent config set language en\n"
        "  odc-agent config set reminders.thresholds '[60, 30, 7]'\n"
        "  odc-agent config set reminders.quiet_hours 22:00-08:00\n"
        "  odc-agent config set autostart true",
    )
    setting.add_argument("key", metavar="KEY")
    setting.add_argument("value", metavar="VALUE", help="JSON, or plain text")
    unset = add_command(
        config,
        "unset",
        "take your value of a key away",
        _config_unset,
        "  odc-agent config unset language",
    )
    unset.add_argument("key", metavar="KEY")


def _run(options: argparse.Namespace) -> int:
    from agent.cli.running import run  # noqa: PLC0415 - loads the whole agent

    return run.run(has_tray=not options.no_tray, replaces=options.replace, waits=options.wait)


def _status(options: argparse.Namespace) -> int:
    from agent.cli.running import listing  # noqa: PLC0415

    return listing.status(as_json=options.json)


def _certs(options: argparse.Namespace) -> int:
    from agent.cli.running import listing  # noqa: PLC0415

    return listing.certs(as_json=options.json, has_all=options.all)


def _modules(options: argparse.Namespace) -> int:
    from agent.cli.tokens import modules  # noqa: PLC0415

    return modules.modules(as_json=options.json)


def _renewals(options: argparse.Namespace) -> int:
    from agent.cli.running import listing  # noqa: PLC0415

    return listing.renewals(as_json=options.json)


def _watch(options: argparse.Namespace) -> int:
    from agent.cli.running import watch  # noqa: PLC0415

    return watch.watch(as_json=options.json)


def _pin_change(options: argparse.Namespace) -> int:
    from agent.cli.tokens import pin  # noqa: PLC0415

    return pin.change(
        token=options.token,
        from_stdin=options.pin_stdin,
        accepts=options.final_try,
        as_json=options.json,
    )


def _pin_status(options: argparse.Namespace) -> int:
    from agent.cli.tokens import pin  # noqa: PLC0415

    return pin.status(as_json=options.json)


def _pin_unlocked(options: argparse.Namespace) -> int:
    from agent.cli.tokens import pin  # noqa: PLC0415

    return pin.unlocked(token=options.token)


def _check(options: argparse.Namespace) -> int:
    from agent.cli.running import check  # noqa: PLC0415

    return check.check(
        names=options.names, as_json=options.json, as_report=options.report, mends=options.fix
    )


def _window(options: argparse.Namespace) -> int:
    from agent.cli.running import listing  # noqa: PLC0415

    return listing.window(options.name, options.subject)


def _config_show(options: argparse.Namespace) -> int:
    from agent.cli.settings import config  # noqa: PLC0415

    return config.show(as_json=options.json)


def _config_set(options: argparse.Namespace) -> int:
    from agent.cli.settings import config  # noqa: PLC0415

    return config.set_value(options.key, options.value)


def _config_unset(options: argparse.Namespace) -> int:
    from agent.cli.settings import config  # noqa: PLC0415

    return config.set_value(options.key, None)


def _metrics(options: argparse.Namespace) -> int:
    from agent.cli.running import metrics  # noqa: PLC0415

    return metrics.metrics(output=options.output)


def _update_check(options: argparse.Namespace) -> int:
    from agent.cli.running import update  # noqa: PLC0415

    return update.check(as_json=options.json)


def _update_download(options: argparse.Namespace) -> int:
    from agent.cli.running import update  # noqa: PLC0415

    return update.download(opens=options.open, as_json=options.json)


def _quit(_options: argparse.Namespace) -> int:
    from agent.cli.running import listing  # noqa: PLC0415

    return listing.quit_agent()
