"""What lies on the disk and cannot be used any more: laid aside under a name with the day, and told.

Power cuts, full disks and repairs of a file system leave zeros, noise and halves. Nothing of the agent's
own may keep it from starting: what cannot be read is moved out of the way, never deleted, and what was
in it begins anew.
"""

from __future__ import annotations

import datetime as dt
import errno
import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from agent.ground import held_files
from agent.ground.clock import Clock, utc_now
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark

log = logging.getLogger(__name__)

_LASTING = frozenset(
    {errno.EACCES, errno.EISDIR, errno.ELOOP, errno.ENODEV, errno.ENOTDIR, errno.ENXIO, errno.EPERM}
)
"""What does not pass by itself; anything else may be a share that is away for a moment."""
_MARK = ".damaged-"


class DamagedError(OdcError):
    """A file of the agent's was damaged and lies elsewhere now; one subclass for each kind of file."""

    code = "data_damaged"
    what: ClassVar[str] = ""
    """What the file is, marked for translation."""
    sentence = mark("{what} cannot be read any more. It was laid aside as {file}.")


class UnreadableError(OdcError):
    """A file of the agent's cannot be read just now, and cannot be laid aside."""

    code = "data_unreadable"
    sentence = mark(
        "{what} cannot be read: {reason}. It is left as it is, and nothing is added to it."
    )
    advice = mark("Start the agent again once the disk can be read.")


class Damages:
    """What was found damaged since the agent started."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._problems: list[OdcError] = []
        self._listeners: list[Callable[[], object]] = []

    @property
    def problems(self) -> tuple[OdcError, ...]:
        """All that was found."""
        return tuple(self._problems)

    def listen(self, listener: Callable[[], object]) -> Callable[[], None]:
        """Call ``listener`` at each that is found, in whatever thread; the returned function ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, problem: OdcError) -> None:
        """Add a problem of something that was kept."""
        log.error("kept data problem code=%s %s", problem.code, problem)
        self._problems.append(problem)
        for listener in self._listeners:
            listener()

    def lay_aside(self, file: Path, kind: type[DamagedError], error: Exception) -> bool:
        """Move what cannot be read out of the way, tell of it, and say whether its name is free now.

        Args:
            file: it, whatever it is.
            kind: what it was to be.
            error: what reading it raised, or that one's cause; what may pass by itself leaves it where it is.
        """
        cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
        if isinstance(cause, OSError) and not lasts(cause):
            self.tell(UnreadableError(what=kind.what, reason=reason_of(cause)))
            return False
        try:
            aside = lay_aside(file, self._clock())
        except OSError as failure:
            self.tell(UnreadableError(what=kind.what, reason=reason_of(failure)))
            return False
        self.tell(kind(what=kind.what, file=os.fspath(aside)))
        return True

    def see_to_folder(self, folder: Path, kind: type[DamagedError]) -> None:
        """Lay aside what is in the place of a folder and is none."""
        if folder.is_symlink() or folder.exists():
            try:
                os.listdir(folder)  # noqa: PTH208 - opens it
            except OSError as error:
                self.lay_aside(folder, kind, error)


def lasts(error: OSError) -> bool:
    """Return whether what keeps a file from being read does not pass by itself."""
    return error.errno in _LASTING and not isinstance(error, held_files.FileHeldError)


def lay_aside(file: Path, now: dt.datetime) -> Path:
    """Rename ``file`` to a free name with the day of ``now``, and return that; OSError."""
    day, number = now.astimezone().date(), 1
    while True:
        more = "" if number == 1 else f"-{number}"
        aside = file.with_name(f"{file.stem}{_MARK}{day}{more}{file.suffix}")
        if not os.path.lexists(aside):
            held_files.rename(file, aside)
            return aside
        number += 1


def laid_aside_in(folder: Path) -> list[Path]:
    """Return what was laid aside in ``folder``, by name."""
    try:
        return sorted(folder.glob(f"*{_MARK}*"))
    except OSError:
        return []


def is_laid_aside(file: Path) -> bool:
    """Return whether a file has the name of one that was laid aside."""
    return _MARK in file.name


def read_whole(file: Path) -> bytes:
    """Return what a file holds.

    Raises:
        FileNotFoundError: there is nothing of that name.
        OSError: it cannot be read, or is no file: a pipe would be waited for.
    """
    if file.is_symlink() and not file.exists():
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), os.fspath(file))
    if not stat.S_ISREG(file.stat().st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(file))
    return held_files.read_bytes(file)
