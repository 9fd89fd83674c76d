"""Run by Windows' Python: ``commands_there.py FOLDER`` has every command speak down this process's own pipe.

Each is called for its help, then those that only tell something, with an agent and a token. At the end a line
of JSON says how each one ended.
"""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "installer"))

from command_tree import command_tree

from agent.cli import main
from agent.cli.commands import command_parser
from sandbox.desk.desk import Desk

TELLING = (
    "status", "certs", "certs --json", "modules", "renewals", "config show", "sites list", "pin status",
    "licence list", "check", "metrics", "applicant show", "forget 没有这样的钥匙", "renewal show 没有",
)  # fmt: skip


def ended(words: list[str]) -> int:
    """Run a command and return its exit code."""
    try:
        return main(words)
    except SystemExit as end:
        return int(end.code or 0)


with Desk(Path(sys.argv[1])) as desk:
    running = desk.start_authority()
    desk.issue_token("--expired-days", "961")
    desk.configure_agent(running.url)
    desk.start_agent("--no-tray")
    helps = [[*command.words[1:], "--help"] for command in command_tree(command_parser()).walk()]
    codes = {" ".join(words): ended(words) for words in [*helps, *map(str.split, TELLING)]}
    sys.stdout.flush()
sys.stdout.buffer.write(b"\n" + json.dumps(codes).encode())
