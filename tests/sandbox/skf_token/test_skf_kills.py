"""The process is killed while it works: what it has told is on disk, and no try was given away."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from skf_bench import PIN, application
from skf_client import USER, SkfClient, Told

from sandbox.skf_token.building import STANDARD
from sandbox.skf_token.codes import Sar
from sandbox.skf_token.control import Plug, ask
from sandbox.skf_token.sockets import connected
from sandbox.skf_token.state import load_state

SECONDS = 20.0
TRIES = 1000
MOMENTS = (0.0, 0.003, 0.007, 0.012, 0.02)
"""When, after the calls began: between any two steps of them sooner or later."""


@pytest.fixture
def shape():
    return STANDARD


@contextlib.contextmanager
def process(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the process of its own, the token plugged in."""
    address = folder / "own"
    address.unlink(missing_ok=True)
    command = [sys.executable, "-m", "sandbox.skf_token", str(folder), str(address)]
    with subprocess.Popen(command) as running:
        try:
            deadline = time.monotonic() + SECONDS
            while True:
                try:
                    with connected(str(address)) as connection:
                        ask(connection, Plug("key"))
                        break
                except OSError:
                    assert time.monotonic() < deadline
                    time.sleep(0.02)
            yield running
        finally:
            running.kill()


def open_application(client: SkfClient) -> int:
    return client.handle("OpenApplication", client.handle("ConnectDev", b"key"), b"ODC")


def until_it_is_killed(client: SkfClient, running, moment: float, call) -> list[Told]:
    """Call again and again, and return all that was told before the process was gone."""
    told = [call(0)]
    assert told[0].code != Sar.DEVICE_REMOVED
    killing = time.monotonic() + moment
    while told[-1].code != Sar.DEVICE_REMOVED:
        told.append(call(len(told)))
        if time.monotonic() >= killing:
            running.kill()
    return told[:-1]


@pytest.mark.parametrize("moment", MOMENTS)
def test_no_try_is_given_away_and_no_container_lost(bench, client, monkeypatch, moment):
    bench.make("key", application(tries=TRIES, most_containers=TRIES), total_bytes=1 << 20)
    monkeypatch.setenv("ODC_SKF_SOCKET", str(bench.folder / "own"))

    def wrong(_number: int) -> Told:
        return client.numbers("VerifyPIN", opened, USER, b"000000")

    def create(number: int) -> Told:
        return client.numbers("CreateContainer", opened, f"c{number}".encode())

    with process(bench.folder) as running:
        opened = open_application(client)
        told = until_it_is_killed(client, running, moment, wrong)
    [state] = load_state(bench.folder / "key.json").applications
    # One more may have been taken whose answer was lost; never one fewer.
    assert told[-1].values[0] - state.user_pin.tries_left in (0, 1)
    assert told[-1].values[0] == TRIES - len(told)
    with process(bench.folder) as running:
        opened = open_application(client)
        client.numbers("VerifyPIN", opened, USER, PIN.encode())
        told = until_it_is_killed(client, running, moment, create)
    [state] = load_state(bench.folder / "key.json").applications
    assert len(state.containers) - len(told) in (0, 1)
