"""Whether the user's folders take what the agent writes: seen to at its start, before anything is begun."""

from __future__ import annotations

import errno
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.system.ownership import take_back
from agent.system.paths import make_private

ROOM_BYTES = 256 * 1024
"""More than the journal, its side files and a page of the log take at a start."""

LONGEST_BELOW = 100
"""More characters than any name has below a folder of the agent's: a renewal's scan while it is written."""
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR})
_LONGEST_PATH = 259
"""Characters of a path on Windows, where long ones are not switched on (Maximum Path Length Limitation)."""
_NAME_TOO_LONG = 206  # ERROR_FILENAME_EXCED_RANGE


class HomeNotUsableError(OdcError):
    """A folder of the agent's is on a full or read-only disk, or is not the user's to write to."""

    code = "home_not_usable"
    sentence = mark("The agent cannot start: nothing can be written to {folder} ({reason}).")
    advice = mark(
        "Free some space on the disk, or have the folder made writable, and start the agent again. "
        "What was saved before is kept."
    )


class HomeTooDeepError(OdcError):
    """The path of a folder of the agent's is longer than the system takes: that does not pass by itself."""

    code = "home_too_deep"
    sentence = mark("The agent cannot start: the path of the folder {folder} is too long.")
    advice = mark(
        "Have ODC_HOME name a folder with a shorter path, or have your administrator switch on long paths "
        "(on Windows LongPathsEnabled), and start the agent again."
    )


def takes_nothing(error: Exception) -> bool:
    """Return whether a disk takes nothing: that passes once there is room."""
    return isinstance(error, OSError) and error.errno in _NO_ROOM


def folder_of(error: Exception) -> str:
    """Return the folder in which something failed, maybe on another disk than the home; else nothing."""
    file = error.filename if isinstance(error, OSError) else None
    return os.path.dirname(file) if isinstance(file, str) else ""  # noqa: PTH120 - as it was named


def why_away(folder: Path) -> OSError | None:
    """Return why the disk or share of a folder cannot be reached; None where it can, whatever is on it."""
    away = None
    for each in (folder, Path(folder.anchor)):
        try:
            each.stat()
        except PermissionError:
            return None
        except OSError as error:
            if error.errno not in _NOT_THERE:
                return error
            away = error
        else:
            return None
    return away


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Say of what fails in the block that ``folder`` cannot be used; HomeNotUsableError, HomeTooDeepError."""
    try:
        yield
    except OSError as error:
        if _is_too_long(error, folder):
            raise HomeTooDeepError(folder=str(folder)) from error
        raise HomeNotUsableError(folder=str(folder), reason=reason_of(error)) from error


def _is_too_long(error: OSError, folder: Path) -> bool:
    """Return whether a path was too long; Windows mostly says of a longer one that it is not there."""
    if sys.platform == "win32" and error.errno == errno.ENOENT:
        return len(str(folder)) + LONGEST_BELOW > _LONGEST_PATH
    return error.errno == errno.ENAMETOOLONG or getattr(error, "winerror", 0) == _NAME_TOO_LONG


def see_to_folders(*folders: Path) -> list[str]:
    """Make the folders, or take them back from others, and see that they take a few files.

    Returns:
        What was mended, for the log, which is in one of them.

    Raises:
        HomeNotUsableError, HomeTooDeepError
    """
    mended = []
    for folder in folders:
        with writing_to(folder):
            mended += take_back(make_private(folder))
            with tempfile.TemporaryFile(dir=folder, prefix="-" * LONGEST_BELOW) as file:
                file.write(bytes(ROOM_BYTES))
    return mended
