"""A real udevd over a real event of the kernel, on a network namespace's own bus. Needs root and udev.

A kernel without USB, as those of small virtual machines, has no such device to tell of: the event is one of
/dev/null, asked for by ``udevadm trigger``, and the source listens for devices of that kind.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "sandbox" / "skf_token"))
sys.path.insert(0, str(Path(__file__).parents[1] / "keys"))

from skf_bench import SkfBench, application, sm2_container

from agent.ground.bus import EventBus
from agent.tokens.events import udev
from agent.tokens.events.udev import UdevEvents
from agent.tokens.inventory import Inventory
from agent.tokens.model import ModuleKind, ModuleSettings
from agent.tokens.watching import Watch
from sandbox.usb_token import own_pcscd as pcsc

DAEMON = "/lib/systemd/systemd-udevd"
DEVICE = "/sys/devices/virtual/mem/null"


@pytest.fixture
def udevd(monkeypatch):
    """The daemon of an own bus, and the source listening for what there is to tell of."""
    if os.getuid() != 0:
        pytest.skip("needs root, for namespaces")
    monkeypatch.setattr(udev, "_DEVICES", ("mem", None))
    with pcsc.own_namespaces():
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "run", "/run"], check=True)
        with subprocess.Popen([DAEMON], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as it:
            try:
                deadline = time.monotonic() + 20
                while not Path("/run/udev/control").exists():
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
                yield
            finally:
                it.kill()


@pytest.fixture
def bench():
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="odc-skf-") as folder:
        bench = SkfBench(Path(folder))
        bench.make("key", application(sm2_container()), label="样例KEY")
        yield bench
        bench.close()


def trigger() -> None:
    subprocess.run(["udevadm", "trigger", "--action=add", DEVICE], check=True)


async def until(condition) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event of its own
            await asyncio.sleep(0.02)


async def test_an_skf_token_is_seen_by_the_systems_event_and_no_process_waits_for_it(udevd, bench):
    settings = ModuleSettings(
        path=str(bench.library()), kind=ModuleKind.SKF, environment=bench.environment
    )
    inventory = Inventory((settings,), EventBus())
    source = UdevEvents(lambda: None)
    watch = Watch(inventory, (source,), poll_seconds=lambda: 3600.0)
    running = asyncio.create_task(watch.run())
    try:
        await until(lambda: source.is_live and inventory.readers[0].has_read)
        await asyncio.sleep(3)  # the looks after the first event are over
        bench.plug()
        await asyncio.sleep(1)
        assert inventory.snapshot.tokens == (), "nobody has told of it"
        await asyncio.to_thread(trigger)
        await until(lambda: inventory.snapshot.tokens)
        assert "SKF_WaitForDevEvent" not in bench.report().calls
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await inventory.close()
