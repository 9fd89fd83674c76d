"""The commands a person or an installer runs: ``install``, ``remove``, ``list``, ``check``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from agent import __version__
from agent.ground.errors import OdcError
from agent.ground.language import mark, speak, translate, user_language
from agent.ground.streams import replace_what_cannot_be_said, sayable_json
from agent.settings.language import configured_language
from agent.system.paths import find_paths
from native_host import registration
from native_host.browsers import load_browsers
from native_host.faults import readable
from native_host.launcher import launcher_path
from native_host.probe import NoAnswerError, ask_host
from native_host.registration import GOOD, Change, Entry, State
from native_host.targets import ROOT, Target, profile_targets, system_targets, user_targets

DESCRIPTION = """\
Native messaging host of the certificate agent.

Browsers start it without a command; it then relays between the browser and the agent.
The commands below register it with browsers. The agent runs `install` by itself at every start."""
EXAMPLES = """\
examples:
  odc-native-host install                      register with every browser found
  odc-native-host install --browser firefox    register with one, found or not
  odc-native-host install --profile ~/demo     register in one Chromium profile folder
  odc-native-host install --system --root build/deb --launcher /usr/bin/odc-native-host
                                               for everybody, into a package
  odc-native-host list --json                  say what is registered, for programs
  odc-native-host check                        say what is wrong, and try the host
  odc-native-host remove                       undo install"""

STATE_TEXTS = {
    State.REGISTERED: mark("registered"),
    State.SYSTEM: mark("registered for all users of this computer"),
    State.MISSING: mark("not registered"),
    State.OUTDATED: mark("outdated, install again"),
    State.OTHER: mark("registered by another installation"),
    State.BLOCKED: mark("cannot be registered"),
}
_SANDBOXED = mark(
    "{title} is installed as a {sandbox}, which may keep it from starting programs of this computer; "
    "if it finds no certificate agent, use the browser's own package."
)
_ANSWERS = mark("The host answers: version {host}, agent {agent}.")
_SILENT = mark("The host does not answer: {reason}")


def run_command(arguments: Sequence[str]) -> int:
    """Run one command, print what it says and return the exit code.

    Ends the process on wrong arguments or --help.
    """
    replace_what_cannot_be_said()
    speak(configured_language())
    options = command_parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
    except OdcError as error:
        print(error.text(user_language()), file=sys.stderr)
    except OSError as error:  # nobody's folder of ours, or a full disk
        print(error, file=sys.stderr)
    return 1


def _install(options: argparse.Namespace) -> int:
    chosen = _targets(options)
    is_narrowed = bool(options.browser or options.profile or options.system)
    # Without a choice, folders of browsers that are not here are not made.
    wanted = chosen if is_narrowed else [target for target in chosen if target.is_present]
    changes = registration.install(wanted, launcher=options.launcher, root=options.root)
    return _tell_changes(changes, mark("registered"), options.json)


def _remove(options: argparse.Namespace) -> int:
    changes = registration.remove(_targets(options))
    if not (options.browser or options.profile or options.system):
        registration.remove_launcher()
    return _tell_changes(changes, mark("removed"), options.json)


def _list(options: argparse.Namespace) -> int:
    print(_listing(registration.entries(_targets(options)), options.json))
    return 0


def _check(options: argparse.Namespace) -> int:
    found = [e for e in registration.entries(_targets(options)) if e.target.is_present]
    print(_listing(found, options.json))
    is_well = any(entry.state in GOOD for entry in found)
    if options.json:
        return 0 if is_well else 1
    language = user_language()
    for entry in found:
        for sandbox in entry.target.sandboxes:
            print(translate(_SANDBOXED, language, title=entry.target.title, sandbox=sandbox))
    try:
        answer = ask_host(launcher_path())
        agent = answer.agent or translate(mark("not running"), language)
        print(translate(_ANSWERS, language, host=answer.host, agent=agent))
    except NoAnswerError as error:
        is_well = is_well and any(entry.state is State.SYSTEM for entry in found)
        print(translate(_SILENT, language, reason=error))
    return 0 if is_well else 1


_COMMANDS = {"install": _install, "remove": _remove, "list": _list, "check": _check}
_HELPS = {
    "install": "register with browsers, or mend what is registered",
    "remove": "take back what install wrote",
    "list": "say what is registered",
    "check": "say what is wrong with the browsers found, and try the host (exit code 1: does not work)",
}


def _targets(options: argparse.Namespace) -> list[Target]:
    browsers = load_browsers([find_paths().browser_tables])
    unknown = set(options.browser) - {browser.name for browser in browsers}
    if unknown:
        raise SystemExit(f"unknown browser: {', '.join(sorted(unknown))}")
    named = [
        browser for browser in browsers if not options.browser or browser.name in options.browser
    ]
    if options.system:
        return system_targets(named, root=options.root)
    found = profile_targets(options.profile)
    return found + user_targets(named) if options.browser or not found else found


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; man pages and completions are made from it."""
    parser = argparse.ArgumentParser(
        prog="odc-native-host",
        description=DESCRIPTION,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, help_text in _HELPS.items():
        _add_options(commands.add_parser(name, help=help_text, description=help_text))
    return parser


def _add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--browser",
        action="append",
        default=[],
        metavar="NAME",
        help="only this browser (may be repeated; see list)",
    )
    command.add_argument(
        "--profile",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="this user data folder of a Chromium browser (may be repeated)",
    )
    command.add_argument("--system", action="store_true", help="for all users of this computer")
    command.add_argument(
        "--root", type=Path, default=ROOT, metavar="DIR", help="stands for / (with --system)"
    )
    command.add_argument(
        "--launcher",
        type=Path,
        metavar="PROGRAM",
        help="an installed host to name in the manifests",
    )
    command.add_argument("--json", action="store_true", help="print JSON, for programs")


def _tell_changes(changes: Sequence[Change], done: str, as_json: bool) -> int:
    """Print what was done, where it failed with what to do; return the exit code."""
    print(_changes(changes, done, as_json))
    return 1 if any(change.fault for change in changes) else 0


def _changes(changes: Sequence[Change], done: str, as_json: bool) -> str:
    if as_json:
        return _json(
            [{**_facts(c.target), "changed": c.changed, **_fault(c.fault)} for c in changes]
        )
    language = user_language()
    words = {True: translate(done, language), False: translate(mark("unchanged"), language)}
    lines = [
        f"{c.target.title}: {_advised(c.fault) if c.fault else words[c.changed]}"
        f" ({readable(c.target.path)})"
        for c in changes
    ]
    return "\n".join(lines) or translate(mark("No supported browser was found."), language)


def _listing(found: Sequence[Entry], as_json: bool) -> str:
    if as_json:
        return _json([{**_facts(e.target), "state": e.state, **_fault(e.fault)} for e in found])
    language = user_language()
    lines = [
        f"{e.target.title} [{e.target.browser}]: {translate(STATE_TEXTS[e.state], language)}"
        f" ({readable(e.target.path)}){f': {_advised(e.fault)}' if e.fault else ''}"
        for e in found
    ]
    return "\n".join(lines) or translate(mark("No supported browser was found."), language)


def _advised(fault: OdcError) -> str:
    language = user_language()
    return f"{fault.text(language)} {fault.advice_text(language)}"


def _fault(fault: OdcError | None) -> dict[str, object]:
    return {"fault": fault.code, "said": _advised(fault)} if fault else {}


def _facts(target: Target) -> dict[str, object]:
    return {
        "browser": target.browser,
        "title": target.title,
        "manifest": readable(target.path),
        "launcher": readable(launcher_path()),
        "present": target.is_present,
        "sandboxes": target.sandboxes,
        "verified": target.is_verified,
    }


def _json(value: object) -> str:
    return sayable_json(json.dumps(value, indent=2, ensure_ascii=False))
