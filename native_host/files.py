"""Writing small files whole: a browser that starts meanwhile sees the old one or the new one."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from agent.ground import held_files


def read_if_possible(path: Path) -> bytes | None:
    """Return a file's content; None where there is none for this user."""
    try:
        return held_files.read_bytes(path)
    except OSError:
        return None


def write_if_different(
    path: Path, content: bytes, *, mode: int, is_for_everybody: bool = False
) -> bool:
    """Make ``path`` hold ``content``; return whether that needed writing.

    Folders that are made for everybody are open to everybody, whatever the umask.
    """
    if read_if_possible(path) == content and _has_mode(path, mode):
        return False
    _make_folder(path.parent, is_for_everybody=is_for_everybody)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        temporary.chmod(mode)
        held_files.replace(temporary, path)
    except BaseException:
        held_files.discard(temporary)
        raise
    return True


def _make_folder(folder: Path, *, is_for_everybody: bool) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent, is_for_everybody=is_for_everybody)
    folder.mkdir(exist_ok=True)
    if is_for_everybody:
        folder.chmod(0o755)


def _has_mode(path: Path, mode: int) -> bool:
    """Return whether the file has these permissions; Windows has none of this kind."""
    return sys.platform == "win32" or path.stat().st_mode & 0o777 == mode
