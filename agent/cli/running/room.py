"""A start at login that fails, or finds its disk full: it tries again, since nobody starts it once more."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
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


def try_again_and_again(
    start: Callable[[Callable[[], None]], T], tell: Callable[[OdcError], None]
) -> T:
    """Return what ``start`` does, which is tried again while it fails.

    Without an end where the disk is full, a few times with longer and longer pauses where something failed
    that nobody foresaw. One process waits for this user and home, and an agent that was started meanwhile
    ends the waiting.

    Args:
        start: is given what it calls once it can be ended in another way.
        tell: is given each failure that is news.

    Raises:
        AlreadyRunningError: another one waits, or runs by now.
        StartFailedError: it has failed too often.
    """
    is_told, failures = False, 0
    with _Waiting() as waiting:
        while True:
            begun = time.monotonic()
            try:
                return start(waiting.end)
            except HomeNotUsableError as error:
                waiting.begin()
                if not is_told:
                    tell(StartsLaterError(**error.values))
                    is_told = True
                time.sleep(PAUSE_SECONDS)
            except StartFailedError as error:
                failures = 1 if time.monotonic() - begun > LONG_SECONDS else failures + 1
                if failures > len(PAUSES):
                    raise
                waiting.begin()
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


class _Waiting(contextlib.AbstractContextManager["_Waiting"]):
    """Held by the one that waits, while it tries, too: it is to be ended by ``quit`` at any moment."""

    def __init__(self) -> None:
        self._lock = contextlib.ExitStack()
        self._is_held = False

    def begin(self) -> None:
        """Be the one that waits; where not even a lock can be made, there may be others.

        Raises:
            AlreadyRunningError: another one waits.
        """
        if not self._is_held:
            with contextlib.suppress(HomeNotUsableError, RuntimeFolderError):
                self._lock.enter_context(_waiting())
                self._is_held = True

    def end(self) -> None:
        """Wait no more."""
        self._lock.close()
        self._is_held = False

    def __exit__(self, *_error: object) -> None:
        self.end()


def _waiting() -> AgentLock:
    # Not beside the agent's own lock, whose disk takes nothing; but this one's may be the same.
    return AgentLock(Path(ensure_runtime_folder(), "waiting.lock"), must_name=False)
