"""The command ``odc-sandbox``: parses, calls, prints.

Exit codes: 0 done, 1 the sandbox says why not, 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from agent.ground.language import speak
from agent.ground.streams import replace_what_cannot_be_said
from agent.settings.language import configured_language
from sandbox.home import SandboxError
from sandbox.problems import RefusalError

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "run": ("run",),
    "issue_token": ("issue-token",),
    "issue_files": ("issue-files",),
    "usb_token": ("usb-token",),
    "skf_token": ("skf-token",),
    "sample_dossier": ("sample-dossier",),
    "review": ("applications", "approve", "reject"),
    "sms": ("sms",),
    "est_user": ("est-user",),
    "cmp_user": ("cmp-user",),
    "faults": ("faults",),
    "updates": ("updates",),
    "conformance": ("conformance",),
    "demo": ("demo",),
    "desk": ("desk",),
}
"""Modules of sandbox.commands and the commands each adds, in the order of the help.

Only what a command line needs is imported: most commands are over in a blink.
"""

_EXAMPLES = """\
examples:
  odc-sandbox desk                       all at once, to play with: authority, token, agent
  odc-sandbox run --approve-after 5
  odc-sandbox issue-token --token-folder key --organisation 深圳市样例有限公司 \\
      --uscc 91440300MA5DA0000F --expired-days 961
  odc-sandbox applications
  odc-sandbox sms --last

Everything lies in one folder: --home, else $ODC_HOME/sandbox, else your data folder.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    replace_what_cannot_be_said()
    speak(configured_language())
    options = command_parser(_modules(arguments)).parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.run
    try:
        return command(options)
    except SandboxError as error:
        print(f"odc-sandbox: {error}", file=sys.stderr)
    except RefusalError as refusal:
        problem = refusal.problem
        print(f"odc-sandbox: {problem.title}: {problem.detail}", file=sys.stderr)
    return 1


def command_parser(modules: Iterable[str] = COMMANDS) -> argparse.ArgumentParser:
    """Return the parser of the command line, as far as ``modules`` add to it."""
    parser = argparse.ArgumentParser(
        prog="odc-sandbox",
        description="A certification authority for one desk: EST, the RA API, "
        "a reviewer and a demo portal. Loopback only; its keys and people are invented.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--home", type=Path, help="the sandbox's folder")
    subcommands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in modules:
        importlib.import_module(f"sandbox.commands.{module}").register(subcommands)
    return parser


def _modules(arguments: Sequence[str] | None) -> Iterable[str]:
    """Return the modules a command line needs: one's, or all where no command is named."""
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    parser.add_argument("--home")
    parser.add_argument("command", nargs="?")
    with contextlib.suppress(argparse.ArgumentError):
        named = parser.parse_known_args(arguments)[0].command
        return [module for module, names in COMMANDS.items() if named in names] or COMMANDS
    return COMMANDS
