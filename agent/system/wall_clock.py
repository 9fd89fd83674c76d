"""Hearing that the clock on the wall was set, or stood still while the machine slept.

Whoever reckons with the time of day may have reckoned with a wrong one: a flat battery has a machine
start years off, until the network puts it right. On Linux the kernel tells (timerfd_create(2),
TFD_TIMER_CANCEL_ON_SET), which wakes nobody while nothing happens; after a sleep it tells, too.
Everywhere the clock is compared every quarter of an hour with one that nobody sets.
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
from collections.abc import Callable, Iterator

from agent.ground.bus import Event

log = logging.getLogger(__name__)

LOOK_SECONDS = 900.0
TOLERATED_SECONDS = 10.0
"""A clock that is drawn near to the right time bit by bit gains less than one in that while."""
_CLOCK_REALTIME = 0  # linux/time.h
_FLAGS = 0o4000 | 0o2000000  # TFD_NONBLOCK, TFD_CLOEXEC (linux/timerfd.h)
_ABSOLUTE_UNTIL_SET = 1 | 2  # TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET
_NEVER = struct.pack("4q", 0, 0, 1 << 40, 0)
"""struct itimerspec: no interval, due in 36,000 years."""


class ClockJumped(Event, frozen=True, kw_only=True, tag="clock_jumped"):
    """The time of day is another than it was a moment ago; every calendar is to be looked at again."""


@contextlib.contextmanager
def clock_watched(jumped: Callable[[], None]) -> Iterator[None]:
    """Call ``jumped`` in the running loop whenever the clock has jumped, either way."""
    loop = asyncio.get_running_loop()
    watch = _Watch(loop, jumped)
    alarm = _Alarm() if sys.platform == "linux" else None
    if alarm is not None and alarm.is_set():
        loop.add_reader(alarm.descriptor, alarm.hear, watch.tell)
    try:
        yield
    finally:
        watch.close()
        if alarm is not None:
            loop.remove_reader(alarm.descriptor)
            alarm.close()


class _Watch:
    """Compares the wall's clock with the loop's, which stands still while the machine sleeps."""

    def __init__(self, loop: asyncio.AbstractEventLoop, jumped: Callable[[], None]) -> None:
        self._loop = loop
        self._jumped = jumped
        self._ahead = _ahead(loop)
        self._timer = loop.call_later(LOOK_SECONDS, self._look)

    def tell(self) -> None:
        """Say that the clock has jumped."""
        log.info("clock jumped seconds=%.0f", _ahead(self._loop) - self._ahead)
        self._ahead = _ahead(self._loop)
        self._jumped()

    def close(self) -> None:
        """Look no more."""
        self._timer.cancel()

    def _look(self) -> None:
        self._timer = self._loop.call_later(LOOK_SECONDS, self._look)
        if abs(_ahead(self._loop) - self._ahead) > TOLERATED_SECONDS:
            self.tell()


def _ahead(loop: asyncio.AbstractEventLoop) -> float:
    return time.time() - loop.time()


class _Alarm:
    """A timer that is never due, but given up by the kernel when the clock is set."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL(None, use_errno=True)
        self.descriptor: int = self._library.timerfd_create(_CLOCK_REALTIME, _FLAGS)

    def is_set(self) -> bool:
        """Set it, and return whether this system has it."""
        if self.descriptor < 0:
            return False
        result: int = self._library.timerfd_settime(
            self.descriptor, _ABSOLUTE_UNTIL_SET, _NEVER, None
        )
        return result == 0

    def hear(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` where the clock was set, and have the next time heard too."""
        try:
            os.read(self.descriptor, 8)
        except BlockingIOError:
            return
        except OSError:  # ECANCELED
            self.is_set()
            tell()

    def close(self) -> None:
        """Give it back."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
