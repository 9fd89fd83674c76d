"""Hearing of files that were saved, by whomever, without looking: inotify(7) on Linux.

Folders are watched, not files: editors and packages put a new file in the old one's place. For a folder
that is not there yet, the nearest one above it is watched until it is. A file that is being written
counts once its writer has closed it: half of a file can be valid, and say something else.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import logging
import os
import struct
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

log = logging.getLogger(__name__)

SETTLE_SECONDS = 0.2
"""How long after the last change it is told: a package and an editor write more than one file."""

_MODIFY, _ATTRIB, _CLOSE_WRITE = 0x2, 0x4, 0x8
_MOVED_FROM, _MOVED_TO, _CREATE, _DELETE = 0x40, 0x80, 0x100, 0x200
_DELETE_SELF, _MOVE_SELF = 0x400, 0x800
_OVERFLOW, _ONLYDIR, _MASK_ADD = 0x4000, 0x01000000, 0x20000000
_GONE = _DELETE_SELF | _MOVE_SELF
_COMES = _CREATE | _MOVED_TO | _GONE
"""What is to be heard of a folder above one that is not there."""
_SAVED = _MODIFY | _ATTRIB | _CLOSE_WRITE | _MOVED_FROM | _DELETE | _COMES
_NONBLOCK, _CLOEXEC = 0o4000, 0o2000000
_EVENT = struct.Struct("iIII")
"""struct inotify_event: watch, mask, cookie, length of the name that follows."""
_READ_BYTES = 65536
_WRITING_SECONDS = 10.0
"""A file that was written longer ago counts as it is: not every way of writing ends with closing it."""
_ROUNDS = 5
"""How often folders are looked for anew that come and go while they are about to be watched."""


class SavedFiles:
    """Watches files, and all files of one suffix in folders."""

    def __init__(
        self,
        files: Sequence[Path],
        folders: Sequence[Path],
        suffix: str,
        saved: Callable[[], None],
    ) -> None:
        """Watch nothing yet.

        Args:
            files: what is watched by its name.
            folders: folders in which every file that ends in ``suffix`` is watched.
            suffix: such as ``.toml``.
            saved: is called in the loop's thread after something has changed.
        """
        self._files = frozenset(files)
        self._folders = frozenset(folders)
        self._suffix = suffix
        self._saved = saved
        self._descriptor = -1
        self._watches: dict[int, set[Path]] = {}
        """The folders by what tells of them; one folder can have more than one path."""
        self._being_written: dict[Path, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_live(self) -> bool:
        """Whether changes are heard of; without that, somebody has to look."""
        return self._descriptor >= 0

    def start(self) -> None:
        """Hear of changes from now on, where the system tells of them."""
        if not sys.platform.startswith("linux"):
            return
        try:
            self._descriptor = _called("inotify_init1", _NONBLOCK | _CLOEXEC)
        except OSError as error:
            log.warning("saved files are not heard of: %s", error)
            return
        asyncio.get_running_loop().add_reader(self._descriptor, self._take)
        self._arm()

    def close(self) -> None:
        """Hear of nothing more."""
        if self._timer is not None:
            self._timer.cancel()
        if self.is_live:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
        self._descriptor = -1

    def is_being_written(self) -> bool:
        """Return whether somebody is writing a file and has not closed it yet."""
        if self.is_live:
            self._take()
        now = time.monotonic()
        return any(now - since < _WRITING_SECONDS for since in self._being_written.values())

    def _take(self) -> None:
        """Take what the system tells; what matters is told on, once it has been quiet for a moment."""
        heard = [self._matters(*event) for event in _events(self._descriptor)]
        if not any(heard):
            return
        self._arm()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(SETTLE_SECONDS, self._saved)

    def _matters(self, watch: int, mask: int, name: str) -> bool:
        if mask & _OVERFLOW:
            self._being_written.clear()
            return True
        if mask & _GONE:
            self._being_written.clear()
            _forget(self._descriptor, watch)
            return self._watches.pop(watch, None) is not None
        folders = self._watches.get(watch, ())
        news = [self._is_news(folder / name, mask) for folder in folders]
        return any(news)

    def _is_news(self, file: Path, mask: int) -> bool:
        """Return whether something watched, or a folder on the way to it, is another one now."""
        if not self._is_watched(file):
            return self._is_on_the_way(file)
        if mask & _MODIFY:
            self._being_written[file] = time.monotonic()
            return False
        if mask & _CREATE and not _has_content(file):
            return False  # who has made it will write it, and close it then
        if not mask & (_ATTRIB | _CREATE):
            self._being_written.pop(file, None)
        return True

    def _is_watched(self, file: Path) -> bool:
        is_table = file.suffix == self._suffix and file.parent in self._folders
        return is_table or file in self._all_files()

    def _is_on_the_way(self, folder: Path) -> bool:
        """Return whether a folder has come that something watched is, or will be, below."""
        wanted = (*self._folders, *(file.parent for file in self._files))
        return any(folder == each or folder in each.parents for each in wanted)

    def _arm(self) -> None:
        """Watch every folder that is there; again, since one may have come meanwhile."""
        try:
            for _ in range(_ROUNDS):
                before, self._watches = self._watches, self._armed()
                for old in before.keys() - self._watches.keys():
                    _forget(self._descriptor, old)
                if before == self._watches:
                    return
        except OSError as error:  # most often the user's number of watches is used up
            log.warning("saved files are not heard of: %s", error)
            self.close()

    def _armed(self) -> dict[int, set[Path]]:
        near = {*self._folders, *(file.parent for file in self._all_files())}
        armed: dict[int, set[Path]] = {}
        for folder in map(_nearest, near):
            mask = (_SAVED if folder in near else _COMES) | _ONLYDIR | _MASK_ADD
            with contextlib.suppress(
                FileNotFoundError, NotADirectoryError
            ):  # gone meanwhile: looked for again
                number = _called("inotify_add_watch", self._descriptor, os.fsencode(folder), mask)
                armed.setdefault(number, set()).add(folder)
        return armed

    def _all_files(self) -> list[Path]:
        """Return the files, and those that links among them lead to."""
        return [*self._files, *(file.resolve() for file in self._files if file.is_symlink())]


def _has_content(file: Path) -> bool:
    try:
        return file.is_dir() or file.stat().st_size > 0
    except OSError:
        return False


def _nearest(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return next((each for each in (folder, *folder.parents) if each.is_dir()), Path("/"))


def _events(descriptor: int) -> Iterator[tuple[int, int, str]]:
    """Yield watch, mask and name of every event that waits."""
    while True:
        try:
            content = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return
        start = 0
        while start < len(content):
            watch, mask, _cookie, length = _EVENT.unpack_from(content, start)
            start += _EVENT.size
            yield watch, mask, os.fsdecode(content[start : start + length].rstrip(b"\0"))
            start += length


def _called(name: str, *arguments: int | bytes) -> int:
    """Call a function of the C library; OSError."""
    result: int = getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _forget(descriptor: int, watch: int) -> None:
    with contextlib.suppress(OSError):  # its folder is gone, and the watch with it
        _called("inotify_rm_watch", descriptor, watch)
