"""The commands a person or an installer runs: ``install``, ``remove``, ``list``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from agent import __version__
from agent.language import mark, translate, user_language
from native_host import registration
from native_host.browsers import BROWSERS
from native_host.launcher import launcher_path
from native_host.registration import Change, State, Target

DESCRIPTION = """\
Native messaging host of the certificate agent.

Browsers start it without a command; it then relays between the browser and the agent.
The commands below register it with this user's browsers."""
EXAMPLES = """\
examples:
  odc-native-host install                      register with every browser found
  odc-native-host install --browser firefox    register with one, found or not
  odc-native-host install --profile ~/demo     register in one Chromium profile folder
  odc-native-host list --json                  say what is registered, for programs
  odc-native-host remove                       undo install"""

STATE_TEXTS = {
    State.REGISTERED: mark("registered"),
    State.MISSING: mark("not registered"),
    State.OUTDATED: mark("outdated, install again"),
    State.OTHER: mark("registered by another installation"),
}


def run_command(arguments: Sequence[str]) -> str:
    """Run one command and return what to print. Ends the process on wrong arguments or --help."""
    options = _parser().parse_args(arguments)
    chosen = registration.targets(browsers=options.browser, profiles=options.profile)
    is_narrowed = bool(options.browser or options.profile)
    if options.command == "install":
        # Without a choice, folders of browsers that are not here are not made.
        wanted = chosen if is_narrowed else [target for target in chosen if target.is_present]
        return _changes(registration.install(wanted), mark("registered"), options.json)
    if options.command == "remove":
        changes = registration.remove(chosen)
        if not is_narrowed:
            registration.remove_launcher()
        return _changes(changes, mark("removed"), options.json)
    return _listing(chosen, options.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="odc-native-host",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    helps = {
        "install": "register with browsers, or mend what is registered",
        "remove": "take back what install wrote",
        "list": "say what is registered",
    }
    for name, help_text in helps.items():
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.add_argument(
            "--browser",
            action="append",
            default=[],
            choices=[browser.name for browser in BROWSERS],
            help="only this browser (may be repeated)",
        )
        command.add_argument(
            "--profile",
            action="append",
            default=[],
            type=Path,
            metavar="DIR",
            help="this user data folder of a Chromium browser (may be repeated)",
        )
        command.add_argument("--json", action="store_true", help="print JSON, for programs")
    return parser


def _changes(changes: Sequence[Change], done: str, as_json: bool) -> str:
    if as_json:
        return _json([{**_facts(c.target), "changed": c.changed} for c in changes])
    language = user_language()
    words = {True: translate(done, language), False: translate(mark("unchanged"), language)}
    lines = [f"{c.target.title}: {words[c.changed]} ({c.target.path})" for c in changes]
    return "\n".join(lines) or translate(mark("No supported browser was found."), language)


def _listing(chosen: Sequence[Target], as_json: bool) -> str:
    found = registration.entries(chosen)
    if as_json:
        return _json([{**_facts(entry.target), "state": entry.state} for entry in found])
    language = user_language()
    return "\n".join(
        f"{entry.target.title}: {translate(STATE_TEXTS[entry.state], language)}"
        f" ({entry.target.path})"
        for entry in found
    )


def _facts(target: Target) -> dict[str, object]:
    return {
        "browser": target.browser,
        "title": target.title,
        "manifest": str(target.path),
        "launcher": str(launcher_path()),
        "present": target.is_present,
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
