"""What a library file is for, told from its first bytes: loading vendor code is the worker's affair.

ELF: System V ABI, ELF header. PE: Microsoft's PE format, COFF header. Mach-O: mach-o/loader.h, fat.h.
"""

from __future__ import annotations

import functools
import platform
import struct
import sys
from pathlib import Path

from agent.ground import held_files
from agent.tokens.discovery.found import (
    NO_DRIVER,
    NO_LIBRARY,
    NOT_INSTALLED,
    OF_32_BITS,
    OF_64_BITS,
    OTHER_ARCHITECTURE,
    UNREADABLE,
)
from agent.tokens.exports import exported_kinds
from agent.tokens.model import ModuleKind
from agent.tokens.widths import OWN_BITS, bits_of, interpreter_of

HEAD_BYTES = 4096
"""Enough for every header read here."""
_MACH_O_CPUS = {"x86_64": 0x01000007, "arm64": 0x0100000C}
_MAX_SLICES = 32

Machine = tuple[str, int, int]
"""Format, word size or byte order as the format has it, and processor."""


def machines_of(head: bytes) -> frozenset[Machine]:
    """Return what a file that begins with ``head`` runs on; empty where it is no library."""
    try:
        if head.startswith(b"\x7fELF"):
            return frozenset({_elf(head)})
        if head.startswith(b"MZ"):
            return frozenset({_pe(head)})
        return frozenset(_mach_o(head))
    except (struct.error, ValueError, IndexError):
        return frozenset()


def _elf(head: bytes) -> Machine:
    word_size, byte_order = head[4], head[5]
    (machine,) = struct.unpack_from(">H" if byte_order == 2 else "<H", head, 18)
    return ("elf", word_size << 8 | byte_order, machine)


def _pe(head: bytes) -> Machine:
    (offset,) = struct.unpack_from("<I", head, 0x3C)
    if head[offset : offset + 4] != b"PE\0\0":
        raise ValueError("DOS program")
    (machine,) = struct.unpack_from("<H", head, offset + 4)
    return ("pe", 0, machine)


def _mach_o(head: bytes) -> list[Machine]:
    (magic,) = struct.unpack_from(">I", head)
    if magic in (0xCAFEBABE, 0xCAFEBABF):  # several slices; 64-bit offsets in the second form
        (count,) = struct.unpack_from(">I", head, 4)
        size = 20 if magic == 0xCAFEBABE else 32
        if count > _MAX_SLICES:
            return []  # a Java class has the same first bytes
        cpus = [struct.unpack_from(">I", head, 8 + size * n)[0] for n in range(count)]
    elif magic in (0xCFFAEDFE, 0xCEFAEDFE):  # one slice, little-endian
        cpus = [struct.unpack_from("<I", head, 4)[0]]
    else:
        cpus = []
    return [("mach-o", 0, cpu) for cpu in cpus]


@functools.cache
def _interpreter() -> frozenset[Machine]:
    """Return what this interpreter runs on; empty where that cannot be told."""
    try:
        machines = machines_of(_head(Path(sys.executable)))
    except OSError:
        return frozenset()
    # A universal interpreter runs one of its slices.
    cpu = _MACH_O_CPUS.get(platform.machine())
    return frozenset(m for m in machines if m[0] != "mach-o" or m[2] == cpu)


def why_not_loadable(
    path: str, *, is_guessed: bool = False, loaded_by: str | None = None
) -> str | None:
    """Return why the library ``path`` cannot be loaded here: a marked reason, or None.

    Args:
        path: the library.
        is_guessed: nobody named it, so it must be seen to be a driver at all.
        loaded_by: a Python that somebody has named for it.
    """
    file = Path(path)
    if not file.is_file():
        return NOT_INSTALLED
    try:
        machines = machines_of(_head(file))
        if not machines:
            return NO_LIBRARY
        if _interpreter() and not machines & _interpreter() and not _is_bridged(file, loaded_by):
            return _other_architecture(path)
        return NO_DRIVER if is_guessed and not exported_kinds(file) else None
    except OSError:
        return UNREADABLE


def _is_bridged(file: Path, loaded_by: str | None) -> bool:
    """Return whether another Python loads the library, as one that speaks SKF."""
    return bool(interpreter_of(str(file), loaded_by)) and ModuleKind.SKF in exported_kinds(file)


def _other_architecture(path: str) -> str:
    """Return what is another; of which width it is, where that alone may be it."""
    bits = bits_of(path)
    is_of_this_system = _formats(path) & {machine[0] for machine in _interpreter()}
    if bits is None or bits == OWN_BITS or not is_of_this_system:
        return OTHER_ARCHITECTURE
    return OF_32_BITS if bits == 32 else OF_64_BITS


def _formats(path: str) -> set[str]:
    return {machine[0] for machine in machines_of(_head(Path(path)))}


def _head(path: Path) -> bytes:
    with held_files.open_to_read(path) as file:
        return file.read(HEAD_BYTES)
