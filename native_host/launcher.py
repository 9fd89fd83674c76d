"""What browsers start: this interpreter, standard library only, this user's ``ODC_HOME``.

A manifest names one program without arguments, so interpreter, options and paths are baked into a
script. Frozen (PyInstaller) there is a program for it, which a script stands before only to set
``ODC_HOME``. On Windows there always is one, the installation's or pip's, and no script: a batch file is read
in a code page that may lack its own folder's name. ``ODC_HOME`` is the browser's own there. ``-I`` keeps the
browser's environment and working folder out of the import path, ``-S`` skips reading installed packages:
together they halve the time to the first answer.
"""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

from agent.system.runtime import home_override, own_program

SHEBANG_LIMIT = 127
"""Bytes of the longest first line every Linux takes."""
_ORIGIN = "Starts the native messaging host. Written by odc-native-host install."
LAUNCHER_NAME = "odc-native-host"
LAUNCHER_MODE = 0o755
PACKAGES = Path(__file__).resolve().parent.parent
"""The folder that holds the packages ``agent`` and ``native_host``."""


def host_program() -> Path | None:
    """Return the host's own program of an installation that has one; None where Python runs it."""
    if sys.platform == "win32":
        installed = own_program(LAUNCHER_NAME)
        return Path(installed) if installed else None
    if not getattr(sys, "frozen", False):
        return None
    return Path(sys.executable).with_name(LAUNCHER_NAME)


def launcher_path() -> Path:
    """Return what the manifests of this installation (or of this ``ODC_HOME``) name."""
    program = host_program()
    if sys.platform == "win32":
        return program or Path(sys.executable).with_name(f"{LAUNCHER_NAME}.exe")
    if program is not None and home_override() is None:
        return program
    return launcher_folder() / LAUNCHER_NAME


def launcher_folder() -> Path:
    """Return the folder of the scripts and, on Windows, of the manifests."""
    home = home_override()
    folder = home if home is not None else _data_folder() / "odc-agent"
    return folder / "native-host"


def _data_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    data = os.environ.get("XDG_DATA_HOME")
    return Path(data) if data else Path.home() / ".local" / "share"


def launcher_script(interpreter: str = sys.executable, packages: Path = PACKAGES) -> bytes:
    """Return the launcher's text; a package says where interpreter and packages will be."""
    home = home_override()
    program = host_program()
    if program is not None:
        setting = f"env ODC_HOME={shlex.quote(str(home))} " if home else ""
        return os.fsencode(f'#!/bin/sh\nexec {setting}{shlex.quote(str(program))} "$@"\n')
    # Paths as bytes: they mean the same in every locale, and need not be text in any.
    statements = [
        "import os, sys",
        # At the end: what stands in site-packages must not shadow the standard library.
        f"sys.path.append(os.fsdecode({os.fsencode(packages)!r}))",
        *([f"os.environb[b'ODC_HOME'] = {os.fsencode(home)!r}"] if home else []),
        "from native_host.cli import main",
        "sys.exit(main())",
    ]
    return os.fsencode("\n".join([*_script_lines(interpreter, statements), ""]))


def _script_lines(interpreter: str, statements: list[str]) -> list[str]:
    """Return the script that makes ``interpreter`` run the statements."""
    shebang = f"#!{interpreter} -IS"
    if interpreter.isascii() and " " not in interpreter and len(shebang) <= SHEBANG_LIMIT:
        return [shebang, f'"""{_ORIGIN}"""', *statements]
    # No first line holds a blank or so long a path, and Python takes none that is not UTF-8.
    script = shlex.quote("; ".join(statements))
    return ["#!/bin/sh", f"# {_ORIGIN}", f'exec {shlex.quote(interpreter)} -IS -c {script} "$@"']
