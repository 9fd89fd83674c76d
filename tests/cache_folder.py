"""What was fetched or built for the tests and is kept: in the user's cache folder, by what it is made of.

A checkout is thrown away, that is not.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "odc-agent-tests"
UNUSED_DAYS = 7
"""What no run took for so long is removed when something else is made."""
LIMIT = 1800
"""Seconds for one command; a slow mirror, or a machine that is busy, may take most of it."""
_LAST = 2000
"""Characters of what a command said last: of a whole system's packages nobody reads more."""


def kept(name: str, made_of: str, make: Callable[[Path], None]) -> Path:
    """Return the folder that ``make`` fills; from the cache where it did so for the same ``made_of``."""
    CACHE.mkdir(parents=True, exist_ok=True)
    place = CACHE / f"{name}-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}"
    folder, stamp = place / "root", place / "complete"
    with (CACHE / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs may want it at once
        if not stamp.exists():
            _remove_unused(name)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            make(folder)
        stamp.touch()
    return folder


def run(*command: str) -> None:
    """Run a command that must succeed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"")[-_LAST:].decode("utf-8", "replace")
        raise AssertionError(f"{command}: not done in {LIMIT} s\n{said}") from None
    assert done.returncode == 0, f"{command}\n{done.stdout[-_LAST:]}\n{done.stderr[-_LAST:]}"


def output(*command: str) -> str:
    """Return what a command that must succeed says."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _remove_unused(name: str) -> None:
    for stamp in CACHE.glob(f"{name}-*/complete"):
        if time.time() - stamp.stat().st_mtime > UNUSED_DAYS * 24 * 3600:
            shutil.rmtree(stamp.parent, ignore_errors=True)
