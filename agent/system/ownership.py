"""What is the agent's is its user's alone: seen to at every start, whoever could write there before."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from agent.ground.language import mark

_LAID_ASIDE = ".not-ours"
_OTHERS = 0o077


class ForeignFolderError(OSError):
    """A folder of the agent's belongs to another user; the text is a marked sentence."""


def take_back(folder: Path) -> list[str]:
    """Take from others what they may do in ``folder``; return what was mended, for the log.

    A file of another user's is laid aside: it was put there while the folder was open. One of root's is
    left: that is a command run with more rights than it needed.

    Raises:
        ForeignFolderError: the folder itself is another user's.
        OSError: it cannot be read, or a file not laid aside.
    """
    if sys.platform == "win32":
        return []  # the user's profile has its own access list
    else:  # noqa: RET505 - mypy skips the other platform's branch only with an else
        return list(_mended(folder))


if sys.platform != "win32":

    def _mended(folder: Path) -> Iterator[str]:
        if _is_strangers(folder.stat()):
            raise ForeignFolderError(mark("it belongs to another user of this computer"))
        yield from _closed(folder)
        for found in sorted(folder.iterdir()):
            status = found.lstat()
            if _is_strangers(status):
                if not found.name.endswith(_LAID_ASIDE):
                    found.rename(f"{found}.{time.time_ns()}{_LAID_ASIDE}")
                    yield f"of another user, laid aside path={found} uid={status.st_uid}"
            elif stat.S_ISDIR(status.st_mode):
                yield from _mended(found)
            elif not stat.S_ISLNK(status.st_mode):
                yield from _closed(found)

    def _is_strangers(status: os.stat_result) -> bool:
        return status.st_uid not in (0, os.getuid())

    def _closed(path: Path) -> Iterator[str]:
        status = path.stat()
        mode = stat.S_IMODE(status.st_mode)
        if status.st_uid == os.getuid() and mode & _OTHERS:
            with contextlib.suppress(OSError):  # a file system that keeps no modes
                path.chmod(mode & ~_OTHERS)
            yield f"was open to others path={path} mode={mode:o}"
