"""Runs a command of ``odc-agent`` in a terminal window and keeps the window open after it.

``python -m agent.desktop.terminal renew`` is what the tray's 证照更新 opens for now.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys

from agent.ground.language import mark, translate, user_language
from agent.ground.streams import replace_what_cannot_be_said
from agent.system.runtime import module_command


def main() -> int:
    """Run the command, then wait for Enter: its last sentence is what matters."""
    replace_what_cannot_be_said()
    # Ctrl-C is the command's to answer: it says how the renewal goes on later.
    with contextlib.suppress(KeyboardInterrupt):
        subprocess.call(module_command("agent.cli", *sys.argv[1:]))
    with contextlib.suppress(KeyboardInterrupt, EOFError):
        input("\n" + translate(mark("Press Enter to close this window."), user_language()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
