"""The script that browsers start: this interpreter, standard library only, this user's ``ODC_HOME``.

A manifest names one program without arguments, so interpreter, options and paths are baked into a
script. ``-I`` keeps the browser's environment and working folder out of the import path, ``-S``
skips reading installed packages: together they halve the time to the first answer.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from agent.runtime import home_override

SHEBANG_LIMIT = 127
"""Bytes of the longest first line every Linux takes."""
LAUNCHER_NAME = "odc-native-host"
LAUNCHER_MODE = 0o755
PACKAGES = Path(__file__).resolve().parent.parent
"""The folder that holds the packages ``agent`` and ``native_host``."""


def launcher_path() -> Path:
    """Return where the launcher of this installation (or of this ``ODC_HOME``) lies."""
    name = f"{LAUNCHER_NAME}.bat" if sys.platform == "win32" else LAUNCHER_NAME
    home = home_override()
    folder = home if home is not None else _data_folder() / "odc-agent"
    return folder / "native-host" / name


def _data_folder() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    data = os.environ.get("XDG_DATA_HOME")
    return Path(data) if data else Path.home() / ".local" / "share"


def launcher_script(interpreter: str = sys.executable, packages: Path = PACKAGES) -> bytes:
    """Return the launcher's text; a package says where interpreter and packages will be."""
    home = home_override()
    if sys.platform == "win32":
        return _batch_file(home)
    lines = [
        *_first_lines(interpreter),
        '"""Starts the native messaging host. Written by odc-native-host install."""',
        "import os, sys",
        # At the end: what stands in site-packages must not shadow the standard library.
        f"sys.path.append({str(packages)!r})",
        *([f"os.environ['ODC_HOME'] = {str(home)!r}"] if home else []),
        "from native_host.cli import main",
        "sys.exit(main())",
    ]
    return ("\n".join(lines) + "\n").encode()


def _batch_file(home: Path | None) -> bytes:
    """Return the launcher for Windows, where only programs and batch files are started."""
    settings = f"os.environ['ODC_HOME'] = {str(home)!r}; " if home else ""
    script = (
        f"import os, sys; sys.path.append({str(PACKAGES)!r}); {settings}"
        "from native_host.cli import main; sys.exit(main())"
    )
    return f'@echo off\r\n"{sys.executable}" -IS -c "{script}" %*\r\n'.encode()


def _first_lines(interpreter: str) -> list[str]:
    """Return the line(s) that make the script start ``interpreter``."""
    shebang = f"#!{interpreter} -IS"
    if " " not in interpreter and len(os.fsencode(shebang)) <= SHEBANG_LIMIT:
        return [shebang]
    # A path with a space or too long for a first line: a script that is both sh and Python.
    quoted = interpreter.replace('"', '\\"')
    return ["#!/bin/sh", f'\'\'\'exec\' "{quoted}" -IS "$0" "$@"', "' '''"]
