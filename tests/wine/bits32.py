"""A Wine that runs programs of 32 bits beside those of 64, in a Debian of its own: such a Wine wants packages
of another architecture, which nobody puts onto the machine he works on.
"""

from __future__ import annotations

import contextlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from parts import ROOT, interpreter, interpreter_of_32_bits, packages, prefix

sys.path.append(str(ROOT / "tests" / "installed"))

import clean_debian
from clean_debian import Debian, layer_above, with_packages
from interpreter import find_interpreter
from x86 import add_part

RELEASE = "bookworm"
INSTALL = (
    "dpkg --add-architecture i386 && apt-get update -qq && "
    "apt-get install -y -qq wine wine32:i386 wine64"
)
LIMIT = 900
"""Seconds for one program; an installation takes most of them on a machine that is busy."""


def why_not_here() -> str | None:
    """Return why there can be no such Wine on this machine; None where there can."""
    return clean_debian.why_not_here()


class Windows:
    """Runs Windows programs of both widths; Python's of 64 bits has this checkout's packages."""

    def __init__(self, debian: Debian, folder: Path) -> None:
        self._debian = debian
        self._folder = folder
        self.python = folder / "python" / "python.exe"
        self.drive = folder / "prefix" / "drive_c"
        self._variables = {
            "WINEPREFIX": str(folder / "prefix"),
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree=d;mshtml=d;winemenubuilder.exe=d",
            "HOME": str(folder),
        }
        self._lay_out()

    def path(self, file: Path) -> str:
        """Return how Windows names a file of this machine."""
        return "Z:" + str(file).replace("/", "\\")

    def run(
        self, *command: str | Path, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program to its end; what it returns is not looked at."""
        return subprocess.run(
            self._command(command, env),
            input=stdin,
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )

    def _command(self, command: tuple[str | Path, ...], env: Mapping[str, str] | None) -> list[str]:
        variables = {**self._variables, **(env or {})}
        exports = " ".join(shlex.join((f"{name}={value}",)) for name, value in variables.items())
        return self._debian.command(f"exec env {exports} wine {shlex.join(map(str, command))}")

    def _make(self, *command: str) -> None:
        """Run a command that must succeed; what it starts may come too early once, where much else runs."""
        for _ in range(2):
            done = self.run(*command)
            if done.returncode == 0:
                return
        raise AssertionError((command, done.stdout + done.stderr))

    def _lay_out(self) -> None:
        home = self.python.parent
        shutil.copytree(interpreter(), home)
        add_part(find_interpreter(interpreter_of_32_bits(), 32), find_interpreter(home), home)
        places = ["python311.zip", ".", *map(self.path, (packages(), ROOT))]
        (home / "python311._pth").write_text("\n".join([*places, ""]))
        self._make("wineboot", "-i")
        # It would call itself Windows 7, which our packages refuse.
        self._make("winecfg", "-v", "win10")
        for library in ("bcryptprimitives.dll", "icuuc.dll"):
            there = Path("windows/system32", library)
            shutil.copyfile(prefix() / "drive_c" / there, self.drive / there)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Windows]:
    """Have such a Windows, with all that is started in it, for as long as the block lasts."""
    lower = with_packages(RELEASE, "wine32", INSTALL)
    with layer_above(lower, folder, ROOT, packages()) as debian:
        yield Windows(debian, folder)
