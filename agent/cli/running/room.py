"""A start at login that fails, or finds its disk full: it tries again, since nobody starts it once more."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from agent.ground.errors import OdcError
from agent.ground.language import mark
from agent.system.home import HomeNotUsableError
from agent.system.lock import AgentLock, AlreadyRunningError
from agent.system.runtime import RuntimeFolderError, ensure_runtime_folder
from agent.system.start_failure import StartFailedError

T = TypeVar("T")

PAUSE_SECONDS = 60.0
"""Between two tries; each writes next to nothing."""
PAUSES = (5.0, 30.0, 120.0, 600.0)
"""Seconds between two tries after a failure."""
LONG_SECONDS = 3600.0
"""An agent that ran so long had started well: what ended it is its first failure."""


class StartsLaterError(HomeNotUsableError):
    """The agent waits for room; said once."""

    advice = mark(
        "Free some space on the disk, or have the folder made writable: the agent starts by itself within "
        "a minute of that. What was saved before is kept."
    )


def try_again_and_again(start: Callable[[], T], tell: Callable[[OdcError], None]) -> T:
    """Return what ``start`` does, which is tried again while it fails.

    Without an end where the disk is full, a few times with longer and longer pauses where something failed
    that nobody foresaw. One process waits for this user and home, and an agent that was started meanwhile
    ends the waiting.

    Raises:
        AlreadyRunningError: another one waits, or runs by now.
        StartFailedError: it has failed too often.
    """
    is_told, failures = False, 0
    while True:
        begun = time.monotonic()
        try:
            return start()
        except HomeNotUsableError as error:
            with _waiting_alone():
                if not is_told:
                    tell(StartsLaterError(**error.values))
                    is_told = True
                time.sleep(PAUSE_SECONDS)
        except StartFailedError as error:
            failures = 1 if time.monotonic() - begun > LONG_SECONDS else failures + 1
            if failures > len(PAUSES):
                raise
            with _waiting_alone():
                tell(error)
                time.sleep(PAUSES[failures - 1])


def end_waiting() -> bool:
    """End the process that waits, which may be one that an earlier session left; say whether one did."""
    with contextlib.suppress(OSError, ValueError, HomeNotUsableError, RuntimeFolderError):
        try:
            with _waiting():
                pass
        except AlreadyRunningError as waits:
            os.kill(int(str(waits.values["pid"])), signal.SIGTERM)
            return True
    return False


@contextlib.contextmanager
def _waiting_alone() -> Iterator[None]:
    """Be the one that waits; where not even a lock can be made, there may be others."""
    with contextlib.ExitStack() as lock:
        with contextlib.suppress(HomeNotUsableError, RuntimeFolderError):
            lock.enter_context(_waiting())
        yield


def _waiting() -> AgentLock:
    # Not beside the agent's own lock, whose disk takes nothing; but this one's may be the same.
    return AgentLock(Path(ensure_runtime_folder(), "waiting.lock"), must_name=False)
