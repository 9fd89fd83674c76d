"""The command ``odc-sandbox``: parses, calls, prints.

Exit codes: 0 done, 1 the sandbox says why not, 2 the command line is wrong.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.ground.language import speak
from agent.ground.streams import replace_what_cannot_be_said
from agent.settings.language import configured_language
from agent.system.paths import find_paths
from sandbox.commands import (
    conformance,
    demo,
    desk,
    est_user,
    faults,
    issue_files,
    issue_token,
    review,
    run,
    sample_dossier,
    sms,
    updates,
    usb_token,
)
from sandbox.commands.common import Subcommands
from sandbox.home import SandboxError
from sandbox.problems import RefusalError

REGISTER: tuple[Callable[[Subcommands], None], ...] = (
    run.register,
    issue_token.register,
    issue_files.register,
    usb_token.register,
    sample_dossier.register,
    review.register,
    sms.register,
    est_user.register,
    faults.register,
    updates.register,
    conformance.register,
    demo.register,
    desk.register,
)
"""Each adds its subcommands and sets ``run`` to a function of the parsed arguments."""

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
    speak(configured_language(find_paths()))
    options = command_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.run
    try:
        return command(options)
    except SandboxError as error:
        print(f"odc-sandbox: {error}", file=sys.stderr)
    except RefusalError as refusal:
        problem = refusal.problem
        print(f"odc-sandbox: {problem.title}: {problem.detail}", file=sys.stderr)
    return 1


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="odc-sandbox",
        description="A certification authority for one desk: EST, the RA API, "
        "a reviewer and a demo portal. Loopback only; its keys and people are invented.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--home", type=Path, help="the sandbox's folder")
    subcommands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for register in REGISTER:
        register(subcommands)
    return parser
