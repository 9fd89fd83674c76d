"""CPython's embeddable layout, which the folder of programs is built around: what is in it, and what for.

python.org gives it away as a zip for each version; here it is a folder.
"""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from agent.tokens.widths import bits_of

MARK = "FOR-TESTS-ONLY.txt"
"""In an interpreter that was put together for tests, and in what is built with it."""
# Our own programs take the place of the interpreter's, our list of folders that of its own.
LEFT_OUT = ("python.exe", "pythonw.exe", "python.cat", "*._pth")
_ARCHIVES = {64: "python-3.…-embed-amd64.zip", 32: "python-3.…-embed-win32.zip"}
_VARIABLES = {64: "PYTHON_EMBED", 32: "PYTHON_EMBED32"}
TIME = 315532800
"""When all files are from, in seconds: 1980, the earliest a cabinet can hold."""
PACKAGES = "lib"
"""The folder of all packages, beside the programs."""


class InterpreterError(Exception):
    """The folder is not what it should be; the text says what to do."""


@dataclass(frozen=True)
class Interpreter:
    """An interpreter for Windows in its folder."""

    folder: Path
    name: str
    """``python311`` and the like: the stem of its library, its modules and its list of folders."""

    @property
    def library(self) -> str:
        """The file that is the interpreter."""
        return f"{self.name}.dll"

    @property
    def is_for_tests(self) -> bool:
        """Whether it may not be given to people."""
        return (self.folder / MARK).exists()

    def copy(self, folder: Path) -> None:
        """Copy what is needed of it, and have it look for modules in its own folder alone."""
        shutil.copytree(
            self.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*LEFT_OUT)
        )
        places = (f"{self.name}.zip", ".", PACKAGES)
        (folder / f"{self.name}._pth").write_bytes("\r\n".join((*places, "")).encode())


def find_interpreter(folder: Path, bits: int = 64) -> Interpreter:
    """Return the interpreter in ``folder``, which is one of so many bits.

    Raises:
        InterpreterError: there is none, or what runs this cannot compile for it.
    """
    found = [f for f in folder.glob("python3*.dll") if re.fullmatch(r"python3\d+", f.stem)]
    if len(found) != 1:
        raise InterpreterError(
            f"{folder} holds no embeddable Python: unpack {_ARCHIVES[bits]} of python.org and name "
            f"the folder by {_VARIABLES[bits]}="
        )
    if bits_of(str(found[0])) != bits:
        raise InterpreterError(f"{found[0]} is not of {bits} bits: take that of {_ARCHIVES[bits]}")
    own = f"python{sys.version_info.major}{sys.version_info.minor}"
    if found[0].stem != own:
        raise InterpreterError(f"{found[0].name} cannot be served from here, which is {own}")
    return Interpreter(folder, found[0].stem)
