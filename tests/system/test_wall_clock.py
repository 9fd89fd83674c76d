"""The clock on the wall is set while the agent runs, by hand, by the network, or by a long sleep."""

from __future__ import annotations

import asyncio
import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from c_library import built

from agent.system import wall_clock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")

YEAR = 365 * 86400
SHIFTING = """
import asyncio, datetime, os, pathlib
from agent.reminders.service import CHECK_MINUTES, ReminderRules, ReminderService
from agent.ground.bus import EventBus
from agent.ground.clock import utc_now
from agent.ground.language import Language
from agent.system import wall_clock

class Nothing:
    pairs = staticmethod(lambda: looked.append(utc_now()) or ())
    forget = staticmethod(list)

looked = []
wall_clock.LOOK_SECONDS = 0.1  # the kernel, whose clock is right, tells of nothing

async def main():
    service = ReminderService(
        remembered=Nothing(), memory=Nothing(), bus=EventBus(), clock=utc_now,
        language=lambda: Language.EN, rules=lambda: ReminderRules(thresholds=(1,)),
    )
    service.start()
    with wall_clock.clock_watched(service.look_again):
        pathlib.Path(os.environ["CLOCK_FILE"]).write_text("0")
        while not looked:
            await asyncio.sleep(0.05)
    [job] = service._scheduler.get_jobs()
    planned = job.next_run_time - utc_now()
    print(abs(looked[0] - utc_now()) < datetime.timedelta(minutes=1),
          datetime.timedelta() < planned <= datetime.timedelta(minutes=CHECK_MINUTES))
    service.close()

asyncio.run(asyncio.wait_for(main(), 20))
"""


@pytest.mark.parametrize("wrong_by", [9 * YEAR, -20 * YEAR])
def test_a_calendar_planned_by_a_wrong_clock_is_planned_anew_once_it_is_right(tmp_path, wrong_by):
    clock = tmp_path / "clock"
    clock.write_text(str(wrong_by))
    shim = built(Path(__file__).with_name("set_clock.c"), tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", SHIFTING],
        env={**os.environ, "LD_PRELOAD": str(shim), "CLOCK_FILE": str(clock)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.stdout.split() == ["True", "True"], done.stderr


async def told_within(seconds, jumped):
    """Return whether a jump is told within so many seconds of what ``jumped`` does."""
    told = asyncio.Event()
    with wall_clock.clock_watched(told.set):
        jumped()
        try:
            await asyncio.wait_for(told.wait(), seconds)
        except TimeoutError:
            return False
        return True


@pytest.mark.parametrize("seconds", [-3600, 3600, 40 * YEAR])
async def test_a_jump_is_told_where_the_system_tells_nothing(monkeypatch, seconds):
    monkeypatch.setattr(wall_clock, "LOOK_SECONDS", 0.02)
    real = time.time

    def jump():
        monkeypatch.setattr(wall_clock.time, "time", lambda: real() + seconds)

    assert await told_within(5, jump)


async def test_a_clock_that_goes_as_it_should_is_not_told(monkeypatch):
    monkeypatch.setattr(wall_clock, "LOOK_SECONDS", 0.02)
    # The kernel is not asked: it tells of whoever sets this machine's clock meanwhile, other tests as well.
    monkeypatch.setattr(wall_clock._Alarm, "is_set", lambda _alarm: False)
    assert not await told_within(0.3, lambda: None)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: the kernel's clock is set, by nothing")
async def test_the_kernel_tells_at_once_that_the_clock_was_set():
    assert await told_within(5, set_clock_by_nothing)


async def test_nothing_wakes_while_the_clock_is_let_be():
    # Of the loop's timers there is the one of a quarter of an hour.
    with wall_clock.clock_watched(lambda: None):
        loop = asyncio.get_running_loop()
        waits = [timer.when() - loop.time() for timer in loop._scheduled]
        assert min(waits) > 600


def set_clock_by_nothing():
    """Set the clock forward by a nanosecond: adjtimex(2), ADJ_SETOFFSET and ADJ_NANO."""
    adjustment = ctypes.create_string_buffer(512)
    ctypes.c_uint.from_buffer(adjustment).value = 0x0100 | 0x2000
    ctypes.c_long.from_buffer(adjustment, 80).value = 1  # struct timex: time.tv_usec
    assert ctypes.CDLL(None).adjtimex(adjustment) >= 0
