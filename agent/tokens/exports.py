"""By which standard a library is spoken to, told from the names in its file.

Both who looks for drivers and the worker ask; a worker imports as little as it can.
"""

from __future__ import annotations

import mmap
from pathlib import Path

from agent.ground import held_files
from agent.tokens.model import ModuleKind

_ENTRY_POINTS = {
    b"C_GetFunctionList\0": ModuleKind.PKCS11,  # PKCS#11 v2.40, 5.4
    b"SKF_EnumDev\0": ModuleKind.SKF,  # GM/T 0016, 7.1.3
}
"""The name that every library of a kind exports. Of one that has several the first counts."""


def kind_of(path: str) -> ModuleKind | None:
    """Return what the library at ``path`` is; None where that does not show."""
    return next(iter(kinds_of(path)), None)


def kinds_of(path: str) -> tuple[ModuleKind, ...]:
    """Return all that the library at ``path`` is, the first what it is taken for where nothing is said."""
    try:
        return exported_kinds(Path(path))
    except (OSError, ValueError):  # not there, or not to be read; a NUL in the path
        return ()


def exported_kinds(path: Path) -> tuple[ModuleKind, ...]:
    """Return all that the library is, nothing where it has the name of no kind; OSError."""
    with held_files.open_to_read(path) as file:
        if not file.read(4).startswith((b"\x7fELF", b"MZ")):
            # Mach-O folds names into a tree, where none need stand whole.
            return tuple(_ENTRY_POINTS.values())
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return tuple(kind for name, kind in _ENTRY_POINTS.items() if content.find(name) >= 0)
