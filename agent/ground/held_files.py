"""Files that another process may have open: read, replaced, moved and removed all the same.

Windows refuses much of that while a file is open elsewhere, and virus scanners, search indexes and backups
open whatever was just written, for some tenths of a second. So files are opened as Unix opens them: who
reads one keeps nobody from replacing it (FILE_SHARE_DELETE). They are replaced by the call that may do so
over a reader (FILE_RENAME_FLAG_POSIX_SEMANTICS, Windows 10 1607), and what is refused nevertheless is tried
again for a while. Elsewhere all these are the plain calls.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import time
from functools import partial

from agent.ground.language import mark

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO, TypeVar

    T = TypeVar("T")
    FileName = str | os.PathLike[str]

_ROLLBACK_JOURNAL = "-journal"
BESIDE_DATABASES = ("-wal", "-shm", _ROLLBACK_JOURNAL)
"""What SQLite keeps beside a database."""
PATIENCE_SECONDS = 2.0
"""How long a file is waited for that another process holds; a scanner takes a tenth of that."""
NOBODY_SECONDS = 0.25
"""How long what is refused is tried again though nobody is seen to hold it: he may have come and gone."""


class FileHeldError(PermissionError):
    """Another program has a file open and has not let go of it; the reason is a marked sentence."""

    reason = mark("another program has the file open")

    def __init__(self, file: FileName) -> None:
        super().__init__(errno.EACCES, self.reason, os.fspath(file))


def read_bytes(file: FileName) -> bytes:
    """Return what a file holds; OSError."""

    def read() -> bytes:
        with _opened(file) as stream:
            return stream.read()

    return patiently(read, file)


def open_to_read(file: Path) -> BinaryIO:
    """Open a file to be read, which may be replaced meanwhile; OSError."""
    return patiently(lambda: _opened(file), file)


def replace(source: Path, target: Path) -> None:
    """Put ``source`` in the place of ``target`` at once, whoever reads that; OSError."""
    patiently(lambda: _replaced(source, target), target, source)


def rename(source: Path, target: Path) -> None:
    """Give ``source`` a name that is free; OSError."""
    patiently(lambda: source.rename(target), source)


def link(source: Path, target: Path) -> None:
    """Give ``source`` a second name that is free; OSError."""
    patiently(lambda: target.hardlink_to(source), source)


def remove(file: Path) -> None:
    """Remove a file, where there is one; OSError."""
    patiently(lambda: file.unlink(missing_ok=True), file)


def discard(file: Path) -> None:
    """Remove a file that is of no more use, where there is one, and leave it where it is held."""
    with contextlib.suppress(FileHeldError):
        remove(file)


@contextlib.contextmanager
def open_for_database(file: Path) -> Iterator[None]:
    """Keep a database of SQLite's free to be opened in the block: what is held would be damaged to SQLite.

    Raises:
        FileHeldError: somebody keeps it from being written all the time; no other error.
    """
    with contextlib.ExitStack() as kept:
        for suffix in ("", *BESIDE_DATABASES):
            each = file.with_name(f"{file.name}{suffix}")
            opened = patiently(partial(_opened_to_write, each), each)
            if suffix == _ROLLBACK_JOURNAL:  # whoever finds one removes it and makes another
                opened.close()
            else:
                kept.enter_context(opened)
        yield


def remove_tree(folder: Path) -> None:
    """Remove a folder, where there is one, with all in it; what is held keeps nothing else; OSError."""
    import shutil  # noqa: PLC0415 - token workers read files and remove none

    def remove_all() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        if os.path.lexists(folder):
            shutil.rmtree(folder)

    with contextlib.suppress(FileNotFoundError):
        patiently(remove_all, folder)


if sys.platform == "win32":
    import _winapi
    import msvcrt
    from typing import cast

    _ACCESS_DENIED, _SHARING_VIOLATION, _LOCK_VIOLATION = 5, 32, 33
    _NOT_EMPTY = 145  # a folder of which a file is removed, and still open
    _MAY_PASS = frozenset({_ACCESS_DENIED, _SHARING_VIOLATION, _LOCK_VIOLATION, _NOT_EMPTY})
    _SHARED = 1 | 2 | 4  # FILE_SHARE_READ, _WRITE, _DELETE
    _DELETE = 0x10000
    _BACKUP_SEMANTICS = 0x02000000  # or a folder cannot be opened
    _FIRST_PAUSE, _LONGEST_PAUSE = 0.001, 0.05

    def patiently(action: Callable[[], T], *files: FileName) -> T:
        """Do what is refused while another process has one of ``files`` open, again until it is not.

        Raises:
            FileHeldError: one is open all the time.
            OSError: what ``action`` raises for another reason.
        """
        began = last_held = time.monotonic()
        pause = _FIRST_PAUSE
        while True:
            try:
                return action()
            except OSError as error:
                # The C library says no more than that it is not permitted.
                if error.winerror not in _MAY_PASS and not isinstance(error, PermissionError):
                    raise
                held, now = _held(error, files), time.monotonic()
                if held is None and now - last_held >= NOBODY_SECONDS:
                    raise
                if held is not None and now - began >= PATIENCE_SECONDS:
                    raise FileHeldError(held) from error
                last_held = last_held if held is None else now
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _held(error: OSError, files: tuple[FileName, ...]) -> FileName | None:
        """Return which file another process has open; None where none has."""
        if error.winerror not in (None, _ACCESS_DENIED):
            return error.filename or files[0]
        # Windows says the same of a file that is open and of one this user has no right to.
        return next(filter(_is_open, files), None)

    def _is_open(file: FileName) -> bool:
        try:
            handle = _open_handle(file, _DELETE, share=0, flags=_BACKUP_SEMANTICS)
        except OSError as error:
            return error.winerror == _SHARING_VIOLATION
        _winapi.CloseHandle(handle)
        return False

    def _open_handle(file: FileName, access: int, *, share: int, flags: int = 0) -> int:
        return _winapi.CreateFile(
            os.fspath(file), access, share, 0, _winapi.OPEN_EXISTING, flags, 0
        )

    def _opened(file: FileName) -> BinaryIO:
        try:
            handle = _open_handle(file, _winapi.GENERIC_READ, share=_SHARED)
        except OSError as error:
            error.filename = os.fspath(file)  # which the call does not say
            raise
        return _stream(handle, "rb")

    def _stream(handle: int, mode: str) -> BinaryIO:
        try:
            descriptor = msvcrt.open_osfhandle(handle, os.O_NOINHERIT)
        except OSError:
            _winapi.CloseHandle(handle)
            raise
        return cast("BinaryIO", os.fdopen(descriptor, mode))

    def _opened_to_write(file: Path) -> BinaryIO:
        """Open a file; something empty where there is none, or it may not be written by anybody."""
        access = _winapi.GENERIC_READ | _winapi.GENERIC_WRITE
        try:
            return _stream(_open_handle(file, access, share=_SHARED), "r+b")
        except OSError as error:
            if error.winerror in (_SHARING_VIOLATION, _LOCK_VIOLATION):
                raise
            return io.BytesIO()

    def _replaced(source: Path, target: Path) -> None:
        try:
            source.replace(target)
        except PermissionError as error:
            if not _replaced_over_readers(source, target):
                raise error from None

    def _replaced_over_readers(source: Path, target: Path) -> bool:
        """Replace what others have open and share; say whether that was done."""
        from agent.ground.posix_rename import rename_over  # noqa: PLC0415 - ctypes, needed next to never

        try:
            handle = _open_handle(source, _DELETE, share=_SHARED)
        except OSError:
            return False
        try:
            return rename_over(handle, os.path.abspath(target))
        finally:
            _winapi.CloseHandle(handle)

else:

    def patiently(action: Callable[[], T], *_files: FileName) -> T:
        """Do it: nobody is refused because somebody else has a file open."""
        return action()

    def _opened(file: FileName) -> BinaryIO:
        return open(file, "rb")

    def _opened_to_write(_file: Path) -> BinaryIO:
        return io.BytesIO()

    def _replaced(source: Path, target: Path) -> None:
        source.replace(target)
