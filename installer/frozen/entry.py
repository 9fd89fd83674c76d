"""The first code of a frozen program (PyInstaller): be the command, or be the interpreter for a child.

The agent starts its children as ``sys.executable -P -m MODULE …``. Frozen, ``sys.executable`` is this
program, so it takes the interpreter's options that the agent uses.
"""

from __future__ import annotations

import multiprocessing
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path

_FLAGS = frozenset({"-P", "-I", "-S", "-B", "-IS"})


def module_of(arguments: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the module and its arguments where the interpreter is meant; None for the command."""
    rest = list(arguments)
    while rest and rest[0] in _FLAGS:
        rest.pop(0)
    if len(rest) > 1 and rest[0] == "-m":
        return rest[1], rest[2:]
    return None


def main() -> None:
    """Run the module that is asked for, else the command this program is named after."""
    multiprocessing.freeze_support()
    program = Path(sys.executable).stem
    name = "native_host" if program == "odc-native-host" else "agent.cli"
    module, arguments = module_of(sys.argv[1:]) or (name, sys.argv[1:])
    sys.argv[1:] = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
