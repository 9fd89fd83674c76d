"""Opening the journal's database on whatever disk it lies, and telling what keeps it from being used.

A newer schema than this program knows is refused, never guessed at.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from enum import StrEnum, unique
from pathlib import Path
from urllib.parse import quote

from agent.ground import held_files
from agent.ground.errors import OdcError
from agent.ground.held_files import BESIDE_DATABASES
from agent.ground.language import mark
from agent.renewals.journal.schema import COLUMNS, MIGRATIONS
from agent.system.home import HomeNotUsableError
from agent.system.lock import has_locks
from agent.system.paths import make_private

BUSY_SECONDS = 0.5
"""How long somebody else's lock (a backup) may hold the agent up; what fails then is tried again."""

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_NO_ROOM = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_NOMEM})
_OF_THE_DISK = frozenset(
    {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOLFS}
)
"""What a file system answers that has no locks or no shared mappings, and a damaged file may, too."""
_WITHOUT_LOCKS = "?nolock=1" if sys.platform == "win32" else "?vfs=unix-none"
"""The second also opens what was left with a write-ahead log (sqlite.org/vfs.html)."""
_PRIMARY = 0xFF
"""Of an extended result code (sqlite.org/rescode.html), the code itself."""


class JournalNewerError(OdcError):
    """The journal was written by a newer version of this program."""

    code = "journal_newer"
    sentence = mark(
        "The renewals' journal was written by a newer version of this program. Renewals stand still until "
        "that is installed again; you are reminded all the same."
    )
    advice = mark("Install the newer version again.")


class JournalBusyError(OdcError):
    """Another program holds the journal."""

    code = "journal_busy"
    sentence = mark(
        "Another program, such as a backup, holds the renewals' journal. Renewals stand still; you are "
        "reminded all the same."
    )
    advice = mark("Let that program end, then restart the agent: `odc-agent restart`.")


class DatabaseBrokenError(Exception):
    """The file is no journal, or not a whole one."""


@unique
class Way(StrEnum):
    """How a database is kept whole, by what its disk can do; the best one first."""

    SHARED = "shared"
    """A write-ahead log, whose index is mapped into memory."""
    ALONE = "alone"
    """A rollback journal, without shared mappings; locked for good."""
    UNLOCKED = "unlocked"
    """A rollback journal, without locks."""


def open_database(file: Path) -> tuple[sqlite3.Connection, Way]:
    """Open the journal's database as its disk allows, make it or bring it up to date.

    Raises:
        JournalNewerError, JournalBusyError
        HomeNotUsableError: the disk takes nothing.
        DatabaseBrokenError: what lies there cannot be used; nothing of it was changed.
    """
    make_private(file.parent)
    _check_files(file)
    try:
        with held_files.open_for_database(file):
            return _opened_as_can_be(file)
    except held_files.FileHeldError as error:
        raise JournalBusyError from error


def _opened_as_can_be(file: Path) -> tuple[sqlite3.Connection, Way]:
    for way in Way:
        try:
            return _opened(file, way), way
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
            if code in _BUSY and has_locks(
                file.parent
            ):  # SQLite says the same where there are none
                raise JournalBusyError from error
            if code in _NO_ROOM:
                raise HomeNotUsableError(folder=str(file.parent), reason=str(error)) from error
            if code not in _OF_THE_DISK | _BUSY or way is Way.UNLOCKED:
                raise DatabaseBrokenError(str(error)) from error
    raise AssertionError  # the last way has returned or raised


def _check_files(file: Path) -> None:
    for each in (file, *(file.with_name(f"{file.name}{suffix}") for suffix in BESIDE_DATABASES)):
        if os.path.lexists(each) and not each.is_file():
            raise DatabaseBrokenError(f"{each.name} is no file")


def open_to_read(file: Path) -> sqlite3.Connection:
    """Open a journal that lies there, changing nothing of it.

    Raises:
        JournalNewerError: it is of a newer version.
        DatabaseBrokenError: it is of an older one, no journal, or not a whole one.
    """
    _check_files(file)
    # Where nothing is left in a log, none is begun either.
    alone = "" if file.with_name(f"{file.name}-wal").exists() else "&immutable=1"
    try:
        database = sqlite3.connect(
            f"{uri_of(file.absolute().as_posix())}?mode=ro{alone}", uri=True, timeout=BUSY_SECONDS
        )
        try:
            _check(database)
            _check_columns(database)  # those of an older version are others
        except BaseException:
            database.close()
            raise
    except sqlite3.Error as error:
        raise DatabaseBrokenError(str(error)) from error
    return database


def uri_of(path: str) -> str:
    """Return what SQLite calls a file, whose whole path has slashes.

    A server's name is no authority to it: such a path has four slashes (sqlite.org/uri.html).
    """
    return f"file://{'' if path.startswith('/') else '/'}{quote(os.fsencode(path), safe='/:')}"


def in_memory() -> sqlite3.Connection:
    """Return an empty journal that is kept nowhere."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    _migrate(database)
    return database


def _opened(file: Path, way: Way) -> sqlite3.Connection:
    query = _WITHOUT_LOCKS if way is Way.UNLOCKED else ""
    database = sqlite3.connect(
        f"{uri_of(file.absolute().as_posix())}{query}",
        uri=True,
        isolation_level=None,
        timeout=BUSY_SECONDS,
    )
    # A text that is none must not hide the rows beside it.
    database.text_factory = lambda raw: raw.decode("utf-8", "replace")
    try:
        file.chmod(0o600)
        if way is not Way.SHARED:
            # Before anything is read: then no index of the log is mapped either.
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
        _check(database)
        journal = "WAL" if way is Way.SHARED else "TRUNCATE"
        database.execute(f"PRAGMA journal_mode = {journal}")
        # FULL: a transition that was reported saved is on the disk, even after a power cut.
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA foreign_keys = ON")
        _migrate(database)
        _check_columns(database)
    except BaseException:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection) -> None:
    """See that the schema is not a newer one, and that the file is whole."""
    if _version(database) > len(MIGRATIONS):
        raise JournalNewerError
    (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise DatabaseBrokenError(said)


def _check_columns(database: sqlite3.Connection) -> None:
    for table, columns in COLUMNS.items():
        database.execute(f"SELECT {', '.join(columns)} FROM {table} LIMIT 0")  # noqa: S608 - constants


def _migrate(database: sqlite3.Connection) -> None:
    for number, script in enumerate(MIGRATIONS[_version(database) :], _version(database) + 1):
        database.executescript(f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;")


def _version(database: sqlite3.Connection) -> int:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    return int(version)
