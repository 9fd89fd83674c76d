"""The part of 32 bits: an interpreter in which vendors' libraries of that width are loaded.

It lies in a folder beside the programs and takes their standard library and our packages, all compiled files;
of its own it has what loads a library (ctypes). ``agent/tokens/widths.py`` finds it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from interpreter import MARK, Interpreter, InterpreterError

from agent.tokens.widths import FOLDER_OF_32_BITS

NEEDED = ("python.exe", "vcruntime140.dll", "_ctypes.pyd", "libffi-*.dll")


def add_part(part: Interpreter, beside: Interpreter, folder: Path) -> None:
    """Put what is needed of ``part`` into the folder of programs.

    Args:
        part: the embeddable package for 32 bits.
        beside: the interpreter of 64 bits that the folder was made around.
        folder: of the programs.

    Raises:
        InterpreterError: the two are of different versions, or something is not there.
    """
    if part.name != beside.name:
        raise InterpreterError(f"{part.folder} is {part.name}, beside {beside.name}")
    place = folder / FOLDER_OF_32_BITS
    place.mkdir()
    for pattern in (*NEEDED, part.library):
        found = sorted(part.folder.glob(pattern))
        if not found:
            raise InterpreterError(f"{part.folder} has no {pattern}")
        for file in found:
            shutil.copyfile(file, place / file.name)
    places = (rf"..\{part.name}.zip", ".")
    (place / f"{part.name}._pth").write_bytes("\r\n".join((*places, "")).encode())
    if part.is_for_tests:
        shutil.copyfile(part.folder / MARK, folder / MARK)
