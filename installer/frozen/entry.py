"""The first code of a frozen program (PyInstaller): be the command, or be the interpreter for a child.

The agent starts its children as ``sys.executable -I -m MODULE …``. Frozen, ``sys.executable`` is this
program, so it takes the one form of the interpreter's command line that the agent uses.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

_AS_INTERPRETER = ["-I", "-m"]
_PACKAGES = ("agent", "native_host")


def module_of(arguments: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the module and its arguments where the interpreter is meant; None for the command."""
    options, rest = list(arguments[:2]), list(arguments[2:])
    if options == _AS_INTERPRETER and rest and rest[0].partition(".")[0] in _PACKAGES:
        return rest[0], rest[1:]
    return None


def restore_library_path() -> None:
    """Take the frozen libraries' folder out of the search path of other programs (Linux).

    PyInstaller's loader has put it there for this process, which has read it; a browser or a terminal
    that we start has libraries of its own.
    """
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    if before is not None:
        os.environ["LD_LIBRARY_PATH"] = before
    elif getattr(sys, "frozen", False):
        os.environ.pop("LD_LIBRARY_PATH", None)


def main() -> None:
    """Run the module that is asked for, else the command this program is named after."""
    restore_library_path()
    program = Path(sys.executable).stem
    name = "native_host" if program == "odc-native-host" else "agent.cli"
    module, arguments = module_of(sys.argv[1:]) or (name, sys.argv[1:])
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
