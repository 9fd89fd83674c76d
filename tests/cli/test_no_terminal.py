"""A secret that nobody can type, since there is no terminal."""

from __future__ import annotations

import subprocess
import sys

ASKING = """
from agent.cli.ground.secret_input import NoTerminalError, read_secret
try:
    read_secret("PIN: ", from_stdin=False)
except NoTerminalError as error:
    print(error.code)
"""


def test_it_is_said_and_nothing_is_waited_for():
    done = subprocess.run(
        [sys.executable, "-c", ASKING],
        stdin=subprocess.DEVNULL, capture_output=True, start_new_session=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.stdout.strip(), done.stderr) == (b"no_terminal", b"")
