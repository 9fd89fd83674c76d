"""Of how many bits a library is, and which Python loads one that this one cannot.

Most vendors' libraries for Windows are of 32 bits. Both who looks for drivers and the worker ask.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

from agent.ground import held_files

_HEAD_BYTES = 4096
_ELF_BITS = {1: 32, 2: 64}
_PE_BITS = {0x014C: 32, 0x8664: 64, 0xAA64: 64}
"""IMAGE_FILE_MACHINE_I386, …AMD64 and …ARM64."""
FOLDER_OF_32_BITS = "x86"
"""Beside our programs."""
OWN_BITS = 8 * struct.calcsize("P")


def bits_of(path: str) -> int | None:
    """Return 32 or 64, None where the file does not say so or cannot be read."""
    try:
        with held_files.open_to_read(Path(path)) as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError):
        return None
    return _bits(head)


def _bits(head: bytes) -> int | None:
    if head.startswith(b"\x7fELF"):
        return _ELF_BITS.get(head[4]) if len(head) > 4 else None
    if not head.startswith(b"MZ"):
        return None
    try:
        (offset,) = struct.unpack_from("<I", head, 0x3C)
        signature, machine = struct.unpack_from("<4sH", head, offset)
    except struct.error:
        return None
    return _PE_BITS.get(machine) if signature == b"PE\0\0" else None


def interpreter_of(path: str, said: str | None = None) -> str:
    """Return the Python in which a library that speaks SKF is loaded; empty where it is this one.

    Args:
        path: the library.
        said: by the configuration.
    """
    if said:
        return said
    is_other = sys.platform == "win32" and OWN_BITS == 64 and bits_of(path) == 32
    return python_of_32_bits() if is_other else ""


def python_of_32_bits() -> str:
    """Return the 32-bit Python that Windows' packages bring; empty where there is none."""
    program = Path(sys.executable).parent / FOLDER_OF_32_BITS / "python.exe"
    return str(program) if program.is_file() else ""
