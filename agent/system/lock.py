"""One agent for each user and home: a lock file that names who runs."""

from __future__ import annotations

import errno
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from agent.ground import held_files
from agent.ground.clock import utc_now
from agent.ground.errors import OdcError, reason_of
from agent.ground.language import mark
from agent.system.damage import lay_aside
from agent.system.home import HomeNotUsableError, writing_to
from agent.system.paths import make_private
from agent.system.runtime import private_folders

PAUSE_SECONDS = 0.05
_LONGEST = 300
"""Bytes of what a lock says: a process id, and a host's name (RFC 1035, 2.3.4: 255 octets)."""


class AlreadyRunningError(OdcError):
    """Another agent holds the lock."""

    code = "already_running"
    sentence = mark("The agent is already running (process {pid}).")
    advice = mark("Nothing needs to be done; `odc-agent status` shows its state.")


class RunningElsewhereError(AlreadyRunningError):
    """Another computer with the same home folder holds the lock."""

    sentence = mark(
        "The agent is already running on the computer {host}, for the same home folder."
    )
    advice = mark("Close it there, then start it here: two would get in each other's way.")


def lock_holder(file: Path) -> int:
    """Return the process id that the running agent wrote into its lock; ValueError, OSError."""
    return int(held_files.read_bytes(file).decode().partition("\n")[0])


def running_agent(file: Path) -> AlreadyRunningError | None:
    """Return who holds the lock; None where nobody does, or that cannot be told."""
    try:
        descriptor = os.open(file, os.O_RDWR)
    except OSError:
        return None
    try:
        _lock(descriptor)
    except OSError as error:
        held_by = os.read(descriptor, _LONGEST).decode("utf-8", "replace")
        return _already_running(held_by) if _is_held(error) else None
    finally:
        os.close(descriptor)
    return None


class AgentLock:
    """Held while the agent runs; the system lets go of it however the process ends.

    On a share without locks the file only says who runs, and a file in a runtime folder is locked: that
    keeps agents of one computer apart.
    """

    def __init__(self, file: Path, *, seconds: float = 0, must_name: bool = True) -> None:
        """Open the file; HomeNotUsableError.

        Args:
            file: the lock.
            seconds: how long it is waited for.
            must_name: it is of no use where the disk does not take who holds it.
        """
        self._folder = file.parent
        self._seconds = seconds
        self._must_name = must_name
        with writing_to(self._folder):
            make_private(self._folder)
            if os.path.lexists(file) and not file.is_file():
                lay_aside(file, utc_now())  # nobody can hold it
            self._descriptor = held_files.patiently(
                lambda: os.open(file, os.O_RDWR | os.O_CREAT, 0o600), file
            )
        self._locked = self._descriptor

    def __enter__(self) -> Self:
        try:
            self._wait()
        except OSError as error:
            held_by = os.read(self._descriptor, _LONGEST).decode("utf-8", "replace")
            self._close()
            if not _is_held(error):
                raise HomeNotUsableError(
                    folder=os.fspath(self._folder), reason=reason_of(error)
                ) from error
            raise _already_running(held_by) from error
        try:
            with writing_to(self._folder):
                os.ftruncate(self._descriptor, 0)
                os.write(self._descriptor, f"{os.getpid()}\n{socket.gethostname()}".encode())
        except HomeNotUsableError:
            if self._must_name:
                self._close()
                raise
        except BaseException:
            self._close()
            raise
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + self._seconds
        while True:
            try:
                _lock(self._locked)
            except OSError as error:
                if not _is_held(error):
                    self._lock_elsewhere(error)
                    continue
                if time.monotonic() >= deadline:
                    raise
                time.sleep(PAUSE_SECONDS)
            else:
                return

    def _lock_elsewhere(self, error: OSError) -> None:
        """Take a file on this computer to lock, in place of one that cannot be; ``error`` where none can."""
        if self._locked != self._descriptor:
            raise error
        for folder in private_folders():
            locked = os.open(folder / "agent.lock", os.O_RDWR | os.O_CREAT, 0o600)
            if _has_locks(locked):
                self._locked = locked
                return
            os.close(locked)
        raise error

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._close()

    def _close(self) -> None:
        for descriptor in {self._descriptor, self._locked}:
            os.close(descriptor)


def has_locks(folder: Path) -> bool:
    """Return whether files in ``folder`` can be locked; OSError."""
    with tempfile.TemporaryFile(dir=folder) as file:
        return _has_locks(file.fileno())


def _has_locks(descriptor: int) -> bool:
    try:
        _lock(descriptor)
    except OSError as error:
        return _is_held(error)
    return True


def _is_held(error: OSError) -> bool:
    """Return whether a lock was refused because somebody has it."""
    return sys.platform == "win32" or error.errno in (errno.EACCES, errno.EAGAIN)


def _already_running(held_by: str) -> AlreadyRunningError:
    """Return who holds a lock that says ``held_by``."""
    pid, _, host = held_by.partition("\n")
    if host and host != socket.gethostname():
        return RunningElsewhereError(pid=pid, host=host)
    return AlreadyRunningError(pid=pid or "?")


if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30
    """The locked byte lies behind the text, which others may then still read."""

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:  # who is refused reads who holds it
            os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
