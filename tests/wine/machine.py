"""A Windows of a test's own: a copy of the prefix, in one language, whose programs end with the block."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from enum import StrEnum, unique
from pathlib import Path

from parts import ROOT, WINE, end, environment, interpreter, packages, prefix

LIMIT = 120
"""Seconds for one program."""
_READ_REGISTRY = """
import sys, winreg
root, key, name = sys.argv[1:]
with winreg.OpenKey(getattr(winreg, root), key) as opened:
    sys.stdout.buffer.write(str(winreg.QueryValueEx(opened, name)[0]).encode("utf-8"))
"""


@unique
class Language(StrEnum):
    """Which Windows it is; the Chinese one has code page 936."""

    ENGLISH = "en_US.UTF-8"
    CHINESE = "zh_CN.UTF-8"


class Windows:
    """Runs Windows programs; Python's are there, with this checkout's packages."""

    def __init__(self, folder: Path, language: Language, variables: Mapping[str, str]) -> None:
        self.folder = folder
        self.drive = folder / "prefix" / "drive_c"
        self.environment = {**environment(folder / "prefix", language), **variables}
        self.python = folder / "python" / "python.exe"

    @property
    def encoding(self) -> str:
        """The encoding of what is redirected there."""
        return "gbk" if self.environment["LANG"] == Language.CHINESE else "cp1252"

    def path(self, file: Path) -> str:
        r"""Return how Windows names a file of this machine: ``C:\…`` within the prefix, else ``Z:\…``."""
        inside = file.is_relative_to(self.drive)
        name = str(file.relative_to(self.drive) if inside else file.relative_to("/"))
        return ("C:\\" if inside else "Z:\\") + name.replace("/", "\\")

    def start(self, *command: str | Path, **options: object) -> subprocess.Popen[bytes]:
        """Start a program. Its streams are pipes: Python there takes no plain files for them."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        variables = {**self.environment, **options.pop("env", {})}  # type: ignore[dict-item]
        return subprocess.Popen([WINE, *command], env=variables, **{**pipes, **options})  # type: ignore[call-overload,no-any-return]

    def run(
        self,
        *command: str | Path,
        stdin: bytes = b"",
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        limit: float = LIMIT,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program to its end; what it returns is not looked at."""
        return subprocess.run(
            [WINE, *command], env={**self.environment, **(env or {})}, input=stdin,
            capture_output=True, cwd=cwd, timeout=limit, check=False,
        )  # fmt: skip

    def run_unheard(self, *command: str | Path, env: Mapping[str, str] | None = None) -> int:
        """Run a program that starts others, which would keep its streams, and return its exit code."""
        nothing = subprocess.DEVNULL
        return subprocess.run(
            [WINE, *command], env={**self.environment, **(env or {})}, stdin=nothing, stdout=nothing,
            stderr=nothing, timeout=LIMIT, check=False,
        ).returncode  # fmt: skip

    def file(self, path: str) -> Path:
        """Return the file of this machine that Windows names so."""
        drive, _, rest = path.replace("\\", "/").partition(":/")
        return (self.drive if drive.upper() == "C" else Path("/")) / rest

    def registry(self, root: str, key: str, name: str = "") -> str | None:
        """Return a value of the registry, the key's own where no name is given; None where there is none."""
        done = self.run(self.python, "-c", _READ_REGISTRY, root, key, name)
        return done.stdout.decode("utf-8") if done.returncode == 0 else None

    def end(self) -> None:
        """End all that runs."""
        end(self.environment)


def lay_out(folder: Path, language: Language = Language.ENGLISH, **variables: str) -> Windows:
    """Copy the prefix and the interpreter into ``folder``, where they are not there yet."""
    windows = Windows(folder, language, variables)
    if not windows.drive.exists():
        shutil.copytree(prefix(), folder / "prefix", symlinks=True, copy_function=_link)
    if not windows.python.exists():
        _lay_out_python(windows)
    return windows


@contextlib.contextmanager
def running(
    folder: Path, language: Language = Language.ENGLISH, **variables: str
) -> Iterator[Windows]:
    """Lay a Windows out; all that was started in it has ended after the block."""
    windows = lay_out(folder, language, **variables)
    try:
        yield windows
    finally:
        windows.end()


@contextlib.contextmanager
def services(windows: Windows) -> Iterator[None]:
    """Have Wine's own services run during the block, with nobody's streams.

    They start with the first program, and have its streams for as long as any program runs: whoever waits
    for the end of that one's output, beside an agent, would wait for the agent's end.
    """
    with windows.start("cmd", stderr=subprocess.DEVNULL) as first:
        first.stdout.readline()  # type: ignore[union-attr] # a pipe
        try:
            yield
        finally:
            first.stdin.close()  # type: ignore[union-attr] # as above


def look_by(windows: Windows, folder: Path) -> None:
    """Have Windows' Python import what is in a folder at each start (``sitecustomize``)."""
    paths = windows.python.parent / "python311._pth"
    text = f"{paths.read_text('utf-8')}{windows.path(folder)}\nimport site\n"
    paths.unlink()  # it may be one with that of another Windows
    paths.write_text(text, "utf-8")


def _lay_out_python(windows: Windows) -> None:
    """Copy the interpreter, and have it find the packages and this checkout, and nothing else."""
    home = windows.python.parent
    shutil.copytree(interpreter(), home, copy_function=_link)
    paths = home / "python311._pth"
    places = [line for line in paths.read_text("utf-8").splitlines() if line]
    places += [windows.path(folder) for folder in (packages(), ROOT)]
    paths.unlink()
    paths.write_text("\n".join([*places, ""]), "utf-8")


def _link(source: str, target: str) -> None:
    """Take programs and libraries as they are, which nobody writes to; copy all else."""
    if source.endswith((".dll", ".exe", ".pyd", ".zip", ".drv", ".sys", ".ttf")):
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)
