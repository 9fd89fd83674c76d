"""The programs people and browsers start on Windows, compiled on Linux by mingw: the same bytes each time."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePath

from PIL import Image

HERE = Path(__file__).parent
ICONS = HERE.parents[2] / "browser_ext" / "extension" / "icons"
SIZES = (16, 32, 48, 128)
"""Pixels of the icons there are."""
GCC = "x86_64-w64-mingw32-gcc"
WINDRES = "x86_64-w64-mingw32-windres"
# What a linker writes down of its time of day would make each build another one.
FLAGS = (
    "-std=gnu11", "-Os", "-s", "-Wall", "-Wextra", "-Werror", "-municode", "-D_WIN32_WINNT=0x0A00",
    "-Wl,--no-insert-timestamp",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program, and what it has the interpreter do."""

    name: str
    """Of its file, with the ending."""
    start: tuple[str, ...] = ()
    """What the interpreter is told before the person's own words."""
    when_bare: str = ""
    """The word that is meant where there is none."""
    is_windowed: bool = False
    """Whether it has no console."""


NEEDED = (r"lib\\agent\\__init__.pyc",)
"""What a program looks for beside the standard library, as C writes it: else Python speaks to nobody."""
HOST_PACK = "odc-native-host.pack"
"""The host's modules, as pack.py writes them."""
HOST_START = (
    f"import sys, io, marshal; at = sys.executable.rpartition(chr(92))[0] + chr(92) + '{HOST_PACK}'; "
    "loader, codes = marshal.loads(io.open(at, 'rb').read()); exec(loader); take_in(codes); "
    "from native_host.cli import main; sys.exit(main())"
)
PROGRAMS = (
    # Started at login, and by a click.
    Program(
        name="odc-agent.exe", start=("-I", "-m", "agent"), when_bare="window", is_windowed=True
    ),
    # At a prompt ``odc-agent`` is this one: .COM comes before .EXE (PATHEXT).
    Program(name="odc-agent.com", start=("-I", "-m", "agent")),
    # -S and no -m: a browser waits for it.
    Program(name="odc-native-host.exe", start=("-I", "-S", "-c", HOST_START)),
)

RESOURCES = """\
#pragma code_page(65001)
1 ICON "program.ico"
1 24 "program.manifest"
1 VERSIONINFO
FILEVERSION {numbers}
PRODUCTVERSION {numbers}
FILEOS 0x40004
FILETYPE 1
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "080404b0"
    BEGIN
      VALUE "FileDescription", L"证照管家"
      VALUE "ProductName", L"证照管家"
      VALUE "FileVersion", "{version}"
      VALUE "ProductVersion", "{version}"
      VALUE "OriginalFilename", "{name}"
    END
    BLOCK "040904b0"
    BEGIN
      VALUE "FileDescription", "Certificate Manager"
      VALUE "ProductName", "Certificate Manager"
      VALUE "FileVersion", "{version}"
      VALUE "ProductVersion", "{version}"
      VALUE "OriginalFilename", "{name}"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x0804, 1200, 0x0409, 1200
  END
END
"""


def build(program: Program, library: str, version: str, folder: Path) -> Path:
    """Compile a program into ``folder`` and return its file.

    Args:
        program: which.
        library: the interpreter's, such as ``python311.dll``, which will lie beside it.
        version: ours, numbers with dots between.
        folder: is there.
    """
    with tempfile.TemporaryDirectory(prefix="odc-") as name:
        work = Path(name)
        resources = _resources(program, version, work)
        file = folder / program.name
        _run(
            GCC, *FLAGS, *_definitions(program, library), f"-I{HERE}", HERE / "launcher.c", resources,
            *(["-mwindows"] if program.is_windowed else []), "-o", file,
        )  # fmt: skip
    return file


def write_icon(file: Path) -> None:
    """Write all sizes of the icon as one file."""
    pictures = [Image.open(ICONS / f"{size}.png") for size in SIZES]
    largest = pictures[-1]
    largest.save(file, format="ICO", sizes=[(n, n) for n in SIZES], append_images=pictures[:-1])


def _definitions(program: Program, library: str) -> list[str]:
    words = ", ".join(f'L"{word}"' for word in program.start)
    needed = ", ".join(f'L"{name}"' for name in (f"{PurePath(library).stem}.zip", *NEEDED))
    found = [
        f'-DPYTHON=L"{library}"', f"-DNEEDED={needed}", f"-DSTART={words}",
        f"-DWINDOWED={program.is_windowed:d}",
    ]  # fmt: skip
    return [*found, f'-DWHEN_BARE=L"{program.when_bare}"'] if program.when_bare else found


def _resources(program: Program, version: str, work: Path) -> Path:
    write_icon(work / "program.ico")
    (work / "program.manifest").write_bytes((HERE / "program.manifest").read_bytes())
    numbers = [*version.split("."), "0", "0", "0"][:4]
    text = RESOURCES.format(name=program.name, version=version, numbers=",".join(numbers))
    (work / "program.rc").write_text(text, "utf-8")
    compiled = work / "program.o"
    _run(WINDRES, "-I", work, work / "program.rc", compiled)
    return compiled


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]}: {done.stderr}")
