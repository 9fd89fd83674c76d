"""Room on disks, versions, and programs that have loaded a token driver."""

from __future__ import annotations

import importlib.metadata
import mmap
import os
import platform
import re
import shutil
import ssl
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import agent
from agent.checks.verdicts.computer import Room, Versions
from agent.checks.verdicts.data import Sharing
from agent.system.lock import has_locks

_LIBRARIES = ("cryptography", "python-pkcs11", "pyscard", "PySide6-Essentials")
_VERSION = re.compile(r'^__version__ = "([^"]+)"', re.MULTILINE)
TRIAL_BYTES = 1 << 16


def look_at_room(folders: Iterable[Path]) -> list[Room]:
    """Return how much may still be written to each of ``folders``, one for each disk, by trying."""
    rooms: dict[object, Room] = {}
    for folder in folders:
        there, disk = _nearest(folder)
        rooms.setdefault(disk, _room(there))
    return list(rooms.values())


def _nearest(folder: Path) -> tuple[Path, object]:
    """Return a folder, or the nearest above it that is there, and what tells its disk from others.

    What cannot be reached is on a disk of its own: the one above it has nothing to do with that.
    """
    for each in (folder, *folder.parents):
        try:
            return each, each.stat().st_dev
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return each, each
    return folder, folder.anchor  # of a share that is away nothing is there


def _room(folder: Path) -> Room:
    try:
        free = shutil.disk_usage(folder).free
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(bytes(TRIAL_BYTES))
            trial.flush()
    except OSError as error:
        return Room(folder=str(folder), obstacle=error.strerror or str(error))
    return Room(folder=str(folder), free=free)


def look_at_sharing(folder: Path) -> Sharing:
    """Return what the file system of ``folder`` can do, by trying."""
    try:
        return Sharing(folder=str(folder), has_locks=has_locks(folder), has_maps=_has_maps(folder))
    except OSError:
        return Sharing(folder=str(folder))  # that nothing can be written there says another check


def _has_maps(folder: Path) -> bool:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.truncate(mmap.PAGESIZE)
        try:
            mmap.mmap(file.fileno(), mmap.PAGESIZE).close()
        except OSError:
            return False
    return True


def look_at_versions() -> Versions:
    """Return what runs here and what the files on disk say."""
    return Versions(
        running=agent.__version__,
        installed=_installed(Path(agent.__file__)),
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        libraries=(*_libraries(), ("OpenSSL", ssl.OPENSSL_VERSION.split()[1])),
    )


def _installed(file: Path) -> str:
    try:
        found = _VERSION.search(file.read_text("utf-8"))
    except OSError:
        return ""  # frozen into one file
    return found.group(1) if found else ""


def _libraries() -> list[tuple[str, str]]:
    found = []
    for name in _LIBRARIES:
        try:
            found.append((name, importlib.metadata.version(name)))
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def look_for_programs(modules: Iterable[str]) -> list[str]:
    """Return the names of this user's programs, ours aside, that have loaded one of ``modules``."""
    if sys.platform != "linux":
        return []
    wanted = [os.fsencode(os.path.realpath(module)) for module in modules]
    names = (_name_if_loaded(process, wanted) for process in Path("/proc").glob("[0-9]*"))
    return sorted({name for name in names if name})


def _name_if_loaded(process: Path, modules: list[bytes]) -> str | None:
    try:
        mapped = (process / "maps").read_bytes()
        if not any(module in mapped for module in modules):
            return None
        command = (process / "cmdline").read_bytes().split(b"\0")
        is_ours = b"agent.tokens.worker" in command
        return None if is_ours else (process / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        return None  # another user's, or over
