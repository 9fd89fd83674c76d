"""Waiting for devices, and having one for oneself."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import threading

import pytest
from skf_bench import application
from skf_client import Told

from sandbox.skf_token.building import STANDARD
from sandbox.skf_token.codes import Sar

PLUGGED, PULLED = 1, 2
FOR_EVER = 0xFFFFFFFF
LOCKER = """
import sys, time
sys.path[:0] = sys.argv[1].split(":")
from pathlib import Path
from skf_client import SkfClient
from sandbox.skf_token.building import STANDARD
client = SkfClient(Path(sys.argv[2]), STANDARD)
device = client.handle("ConnectDev", b"key")
assert client.call("LockDev", device, 0xFFFFFFFF) == 0
print("locked", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def shape():
    return STANDARD


class Waiting(threading.Thread):
    """A call of SKF_WaitForDevEvent under way."""

    def __init__(self, client) -> None:
        super().__init__(daemon=True)
        self._client = client
        self.told: Told | None = None
        self.event: int | None = None
        self.start()

    def run(self) -> None:
        size, event = ctypes.c_uint32(256), ctypes.c_uint32(99)
        buffer = ctypes.create_string_buffer(256)
        code = self._client.call("WaitForDevEvent", buffer, ctypes.byref(size), ctypes.byref(event))
        self.told = Told(code, (event.value,), buffer.value)

    def result(self) -> Told:
        self.join(10)
        assert self.told is not None
        return self.told


def is_waiting(bench) -> None:
    """Return once the call has come to the process."""
    bench.wait_until(lambda report: report.calls.get("SKF_WaitForDevEvent"))


def test_whoever_waits_is_told_what_comes_and_goes(bench, client):
    bench.make("key")
    waiting = Waiting(client)
    is_waiting(bench)
    assert waiting.is_alive()
    bench.plug()
    assert waiting.result() == Told(0, (PLUGGED,), b"key")
    bench.pull()
    assert Waiting(client).result() == Told(0, (PULLED,), b"key")  # nothing in between is lost


def test_waiting_ends_when_it_is_cancelled(bench, client):
    waiting = Waiting(client)
    is_waiting(bench)
    assert client.call("CancelWaitForDevEvent") == 0
    assert waiting.result().code == Sar.NO_EVENT


def test_waiting_for_a_process_ends_when_it_is_cancelled(bench, client):
    bench.close()
    waiting = Waiting(client)
    waiting.join(0.1)
    assert waiting.is_alive()
    assert client.call("CancelWaitForDevEvent") == 0
    assert waiting.result().code == Sar.NO_EVENT


def test_waiting_ends_with_the_process(bench, client):
    waiting = Waiting(client)
    is_waiting(bench)
    bench.close()
    assert waiting.result().code == Sar.FAIL


def test_who_waits_before_there_is_a_process_is_told_too(bench, client):
    bench.make("key")
    bench.close()
    waiting = Waiting(client)
    bench.start()
    is_waiting(bench)
    bench.plug()
    assert waiting.result() == Told(0, (PLUGGED,), b"key")


def test_a_library_may_tell_events_that_are_none(bench, client):
    bench.misbehave("SKF_WaitForDevEvent=at_once")
    assert Waiting(client).result() == Told(0, (0,), b"")


@pytest.fixture
def locker(bench, client):
    """Another program that has the device for itself."""
    bench.make("key", application())
    bench.plug()
    command = [sys.executable, "-c", LOCKER, ":".join(sys.path), str(bench.library())]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "locked\n"
        yield other
        other.kill()


def test_a_locked_device_is_one_program_s_until_it_ends(bench, client, locker):
    device = client.handle("ConnectDev", b"key")
    assert client.call("LockDev", device, 50) == Sar.TIMEOUT
    listed = threading.Thread(target=client.names, args=("EnumApplication", device))
    listed.start()
    listed.join(0.3)
    assert listed.is_alive()
    locker.kill()
    listed.join(10)
    assert not listed.is_alive()


def test_a_lock_is_let_go_of_by_who_has_it(bench, client):
    bench.make("key", application())
    bench.plug()
    device = client.handle("ConnectDev", b"key")
    assert client.call("UnlockDev", device) == Sar.FAIL
    assert client.call("LockDev", device, FOR_EVER) == 0
    assert client.names("EnumApplication", device) == ["ODC"]
    assert client.call("UnlockDev", device) == 0
