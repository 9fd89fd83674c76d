"""Libraries in C that stand between a program and the system, for LD_PRELOAD."""

from __future__ import annotations

import subprocess
from pathlib import Path


def built(source: Path, folder: Path) -> Path:
    """Compile ``source`` into ``folder``."""
    library = folder / source.with_suffix(".so").name
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], check=True)
    return library
