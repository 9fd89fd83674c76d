"""Writing small files whole: a browser that starts meanwhile sees the old one or the new one."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def read_or_none(path: Path) -> bytes | None:
    """Return a file's content; None where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def write_if_different(path: Path, content: bytes, *, mode: int) -> bool:
    """Make ``path`` hold ``content``; return whether that needed writing."""
    if read_or_none(path) == content and _has_mode(path, mode):
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return True


def _has_mode(path: Path, mode: int) -> bool:
    """Return whether the file has these permissions; Windows has none of this kind."""
    return sys.platform == "win32" or path.stat().st_mode & 0o777 == mode
