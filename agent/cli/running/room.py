"""A start at login that finds its disk full or read-only: it waits, since nobody starts it once more."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from agent.ground.language import mark
from agent.system.home import HomeNotUsableError
from agent.system.lock import AgentLock, AlreadyRunningError
from agent.system.runtime import ensure_runtime_folder

T = TypeVar("T")

PAUSE_SECONDS = 60.0
"""Between two tries; each writes next to nothing."""


class StartsLaterError(HomeNotUsableError):
    """The agent waits for room; said once."""

    advice = mark(
        "Free some space on the disk, or have the folder made writable: the agent starts by itself within "
        "a minute of that. What was saved before is kept."
    )


def try_until_usable(start: Callable[[], T], tell: Callable[[StartsLaterError], None]) -> T:
    """Return what ``start`` does, which is tried again while it raises HomeNotUsableError.

    One process waits for this user and home, and an agent that was started meanwhile ends the waiting.

    Raises:
        AlreadyRunningError: another one waits, or runs by now.
    """
    is_told = False
    while True:
        try:
            return start()
        except HomeNotUsableError as error:
            with _waiting():
                if not is_told:
                    tell(StartsLaterError(**error.values))
                    is_told = True
                time.sleep(PAUSE_SECONDS)


def end_waiting() -> None:
    """End the process that waits: it may be one that an earlier session left."""
    with contextlib.suppress(OSError, ValueError, HomeNotUsableError):
        try:
            with _waiting():
                pass
        except AlreadyRunningError as waits:
            os.kill(int(str(waits.values["pid"])), signal.SIGTERM)


def _waiting() -> AgentLock:
    # Not beside the agent's own lock: that disk takes nothing.
    return AgentLock(Path(ensure_runtime_folder(), "waiting.lock"))
