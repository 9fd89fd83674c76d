"""The helper itself: two daemons at once do not see each other, and nothing stays behind."""

from __future__ import annotations

import multiprocessing
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from usb_desk import UsbDesk

from sandbox.home import Home
from sandbox.usb_token import own_pcscd as pcsc

CHROOT = """
mount --rbind / "$1" && mount -t tmpfs inside "$1/mnt" && touch "$1/mnt/inside" && exec chroot "$@"
"""
"""A root of its own that differs from this machine's by one file."""
STAYS_INSIDE = """
import subprocess, sys
from pathlib import Path
from sandbox.usb_token.own_pcscd import own_pcscd
with own_pcscd() as daemon:
    subprocess.run(daemon.inside("ls", "/mnt/inside"), check=True)
print(Path("/mnt/inside").exists())
"""

pytestmark = pytest.mark.skipif(pcsc.missing() is not None, reason=str(pcsc.missing()))


def _own_token(folder: str, barrier, seen) -> None:
    with pcsc.own_pcscd():
        desk = UsbDesk(Home.opened(Path(folder)))
        desk.format("usbkey")
        barrier.wait(30)
        seen.put((folder, desk.listed()["usbkey"]["serial"], desk.serials()))
        barrier.wait(30)


def test_two_runs_at_once_see_their_own_token_only(tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier, seen = context.Barrier(2), context.Queue()
    runs = [
        context.Process(target=_own_token, args=(str(tmp_path / name), barrier, seen))
        for name in ("one", "two")
    ]
    for run in runs:
        run.start()
    found = [seen.get(timeout=60) for _ in runs]
    for run in runs:
        run.join(30)
        assert run.exitcode == 0
    for _, own, visible in found:
        assert visible == {own}


def test_nothing_outlives_the_block(tmp_path):
    namespaces = [Path(f"/proc/self/ns/{kind}").readlink() for kind in ("net", "mnt")]
    with pcsc.own_pcscd() as daemon:
        desk = UsbDesk(Home.opened(tmp_path))
        desk.plug("usbkey")
        token = desk.process("usbkey")
        sleeper = subprocess.Popen(["sleep", "600"], start_new_session=True)
        assert Path("/proc/self/ns/net").readlink() != namespaces[0]
    assert sleeper.wait(5) != 0
    assert [Path(f"/proc/self/ns/{kind}").readlink() for kind in ("net", "mnt")] == namespaces
    deadline = time.monotonic() + 5
    while _lives(token) or _lives(daemon.pid):
        assert time.monotonic() < deadline


def _lives(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_command_is_run_inside_from_outside():
    with ThreadPoolExecutor(1) as outside:
        before = outside.submit(_network).result()
        with pcsc.own_pcscd() as daemon:
            inside = _network()
            assert outside.submit(_network).result() == before != inside
            assert outside.submit(_network, daemon.inside).result() == inside
            # No process between: what is started can be signalled.
            process = outside.submit(_started, daemon.inside("sleep", "600")).result()
            assert Path(f"/proc/{process.pid}/ns/net").exists()
            process.terminate()
            assert process.wait(5) == -signal.SIGTERM


def _network(wrapped=lambda *command: list(command)) -> str:
    command = wrapped("readlink", "/proc/self/ns/net")
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _started(command: list[str]) -> subprocess.Popen:
    return subprocess.Popen(command)


def test_who_runs_in_a_chroot_stays_in_it(tmp_path):
    into = ("unshare", "--mount", "sh", "-c", CHROOT, "sh", tmp_path)
    command = [*into, sys.executable, "-c", STAYS_INSIDE]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "/mnt/inside\nTrue\n"


def test_a_daemon_is_killed_and_started_again():
    with pcsc.own_pcscd() as daemon:
        first = daemon.pid
        daemon.kill()
        daemon.start()
        assert daemon.pid != first
