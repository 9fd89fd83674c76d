"""Writing files so that a kill or a full disk never leaves half of one."""

from __future__ import annotations

import errno
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from agent.ground import held_files
from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.system.paths import make_private


class NotSavedError(OdcError):
    """The disk takes nothing: what was to be saved has not happened."""

    code = "not_saved"
    sentence = mark("This cannot be saved: {reason}")
    advice = mark("Free some space on the disk and try again.")


def write_private(file: Path, content: bytes) -> None:
    """Replace ``file`` by ``content`` at once, readable by this user only."""
    with _written(file, content) as temporary:
        held_files.replace(temporary, file)


def write_privately_together(contents: Mapping[Path, bytes]) -> None:
    """Replace each file by its content, as :func:`write_private` does, or none if the disk takes not all.

    They are moved one after the other: a kill between two leaves those of before that come later.
    """
    with ExitStack() as written:
        moves = [
            (written.enter_context(_written(file, content)), file)
            for file, content in contents.items()
        ]
        for temporary, file in moves:
            held_files.replace(temporary, file)


def write_private_once(file: Path, content: bytes) -> bool:
    """Make ``file`` with ``content``, readable by this user only, unless there is one; say whether.

    Of several processes that do so at once one makes it, and nobody ever sees a part of it.
    """
    with _written(file, content) as temporary:
        try:
            held_files.link(temporary, file)
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links
            if file.exists():
                return False
            held_files.replace(temporary, file)
    return True


def write_beside(file: Path, *content: bytes, mode: int | None = None) -> None:
    """Make ``file`` with ``content`` in a folder of the user's own, as any program would.

    It is there at once and whole, or not at all. With a ``mode`` (such as 0o640) it has exactly that, and
    nobody else may read it before.

    Raises:
        FileExistsError: there is one already; it is left alone.
        OSError: it cannot be written.
    """
    temporary = file.with_name(f".odc-{secrets.token_hex(8)}.part")
    try:
        with temporary.open("xb") as stream:
            if mode is not None:
                temporary.chmod(0o600)
            stream.writelines(content)
            stream.flush()
            os.fsync(stream.fileno())
        if mode is not None:
            temporary.chmod(mode)
        try:
            held_files.link(temporary, file)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if file.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
            held_files.replace(temporary, file)
    finally:
        held_files.discard(temporary)


def saved_stamp(file: Path) -> object:
    """Return what differs once a file was saved, or may be read by others; None where there is none."""
    try:
        found = os.stat(file)  # noqa: PTH116 - follows links like reading does
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns, found.st_mode)


@contextmanager
def _written(file: Path, content: bytes) -> Iterator[Path]:
    """Give a file beside ``file`` that holds ``content`` for certain; gone at the end unless moved."""
    make_private(file.parent)
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        yield temporary
    finally:
        held_files.discard(temporary)
