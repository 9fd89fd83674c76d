"""``odc-sandbox demo``: the main job from an expired certificate to a renewed one, by itself."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
from pathlib import Path
from types import FrameType

from agent.system.runtime import home_override
from sandbox.commands.common import Subcommands, add_command
from sandbox.desk.demo import run_demo
from sandbox.home import SandboxError
from sandbox.words import words

MARKER = ".odc-demo"
"""Marks a folder as the demo's own, which the next demo may empty."""

_EXAMPLES = """\
  odc-sandbox demo               in ./build/demo, or where ODC_HOME says
  ODC_HOME=/tmp/try odc-sandbox demo
"""


def register(subcommands: Subcommands) -> None:
    """Add the subcommand."""
    parser = add_command(
        subcommands,
        "demo",
        _run,
        summary="renew an expired certificate from start to end, on this machine alone",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "--no-desktop", action="store_true", help="no tray, no waiting, even with a display"
    )
    parser.add_argument(
        "--agent", type=Path, metavar="PROGRAM", help="an installed odc-agent instead of this one"
    )


def _run(options: argparse.Namespace) -> int:
    signal.signal(signal.SIGTERM, _interrupt)
    folder = _fresh_folder(home_override() or Path("build/demo").absolute())
    has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    try:
        with_desktop = has_display and not options.no_desktop
        run_demo(folder, with_desktop=with_desktop, program=options.agent)
    except KeyboardInterrupt as interrupted:
        print(words("\n已停止。", "\nStopped."), file=sys.stderr)
        # make has got the Ctrl-C too and ends by it; our code would be an error it complains of.
        is_makes = "MAKELEVEL" in os.environ and not interrupted.args
        return 0 if is_makes else 130
    return 0


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt(number)


def _fresh_folder(folder: Path) -> Path:
    """Return ``folder`` emptied, if it is the demo's own; anything else is never touched."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).exists():
        raise SandboxError(f"{folder} holds something else; choose an empty folder with ODC_HOME")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    (folder / MARKER).touch()
    return folder
