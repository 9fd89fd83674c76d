"""Put together the folder of Windows programs, on Linux: the same bytes from the same sources.

It is CPython's embeddable layout as python.org gives it away, with the locked wheels and our packages as
compiled files in ``lib``, and small programs (launchers/) in place of the interpreter's own.

With --x86 a second interpreter, of 32 bits, is put beside it for vendors' libraries of that width.

usage: assemble.py [--x86 PYTHON_EMBED32] PYTHON_EMBED FOLDER
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tomllib
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))  # run as a script, from anywhere

from interpreter import PACKAGES, TIME, Interpreter, InterpreterError, find_interpreter
from launchers.build import HOST_PACK, ICONS, PROGRAMS, build
from packages import LOCKED, ROOT, add_ours, compile_all, install, pack_host, strip
from x86 import add_part

from agent import __version__
from native_host.browsers import Family
from native_host.manifests import manifest


def main() -> None:
    """Write the folder anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("interpreter", type=Path, help="the unpacked embeddable package")
    parser.add_argument("folder", type=Path, help="is replaced")
    parser.add_argument("--x86", type=Path, help="the unpacked embeddable package of 32 bits")
    options = parser.parse_args()
    try:
        part = find_interpreter(options.x86, 32) if options.x86 else None
        assemble(find_interpreter(options.interpreter), options.folder, part)
    except InterpreterError as error:
        sys.exit(str(error))
    print(options.folder)


def assemble(interpreter: Interpreter, folder: Path, part: Interpreter | None = None) -> None:
    """Write the folder; one that is there is replaced once the new one is whole.

    Args:
        interpreter: what it is made around.
        folder: where.
        part: of 32 bits, for libraries of that width.
    """
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    interpreter.copy(new)
    packages = new / PACKAGES
    install(LOCKED, packages)
    strip(packages)
    add_ours(packages)
    pack_host(packages, new / HOST_PACK)
    compile_all(packages)
    for program in PROGRAMS:
        build(program, interpreter.library, __version__, new)
    if part is not None:
        add_part(part, interpreter, new)
    _add_manifests(new)
    shutil.copyfile(ICONS / "128.png", new / "odc-agent.png")  # beside a notice
    _add_pages(new)
    _level(new)
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)


def _add_manifests(folder: Path) -> None:
    """Write what browsers read; on Windows it may name the program that lies beside it."""
    for family in Family:
        file = folder / f"{family.value}.json"
        file.write_bytes(manifest(family, Path("odc-native-host.exe")))


def _add_pages(folder: Path) -> None:
    """Write what 帮助 shows."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    for place, files in settings["tool"]["setuptools"]["data-files"].items():
        (folder / place).mkdir(parents=True, exist_ok=True)
        for file in files:
            shutil.copyfile(ROOT / file, folder / place / Path(file).name)


def _level(folder: Path) -> None:
    """Give all files one time and one mode: when and by whom they were made is nobody's concern."""
    for one in [folder, *folder.rglob("*")]:
        one.chmod(0o755 if one.is_dir() else 0o644)
        os.utime(one, (TIME, TIME))


if __name__ == "__main__":
    main()
