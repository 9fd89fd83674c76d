"""What systemd is told, by a real agent and a socket that stands in for systemd's."""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from agent import __version__

ROOT = Path(__file__).parents[2]
LIMIT = 60


@pytest.fixture
def manager(short_folder, environment):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(short_folder / "notify"))
        listening.settimeout(LIMIT)
        environment["NOTIFY_SOCKET"] = str(short_folder / "notify")
        yield listening


@contextlib.contextmanager
def agent(environment):
    command = [sys.executable, "-P", "-m", "agent.cli", "run", "--no-tray"]
    process = subprocess.Popen(command, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(LIMIT)


def ask(environment, *words):
    command = [sys.executable, "-P", "-m", "agent.cli", *words]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
    )


def test_ready_is_said_once_the_agent_answers_and_the_end_when_it_ends(manager, environment):
    environment["ODC_NO_START"] = "1"
    with agent(environment) as process:
        assert manager.recv(100) == b"READY=1"
        assert ask(environment, "status").returncode == 0
        process.terminate()
        assert manager.recv(100) == b"STOPPING=1"
        assert process.wait(LIMIT) == 0


def test_the_watchdog_is_fed_only_where_one_watches(manager, environment):
    environment["WATCHDOG_USEC"] = "200000"
    with agent(environment):
        assert [manager.recv(100) for _ in range(4)] == [b"READY=1", *[b"WATCHDOG=1"] * 3]
    environment["WATCHDOG_PID"] = "1"
    while manager.recv(100) != b"STOPPING=1":
        pass
    with agent(environment) as process:
        assert manager.recv(100) == b"READY=1"
        process.terminate()
        assert manager.recv(100) == b"STOPPING=1"


@pytest.fixture
def older(tmp_path, environment):
    """The environment of a version before this one, for the same user and home."""
    for package in ("agent", "native_host"):
        shutil.copytree(ROOT / package, tmp_path / package)
    file = tmp_path / "agent" / "__init__.py"
    file.write_text(file.read_text().replace(__version__, "0.0.1"))
    return {**environment, "PYTHONPATH": str(tmp_path), "ODC_LANGUAGE": "en", "ODC_NO_START": "1"}


@pytest.mark.parametrize("is_older_first", [True, False])
def test_of_two_versions_the_one_that_runs_stays_and_the_other_says_so(
    manager, environment, older, is_older_first
):
    newer = {**older, "PYTHONPATH": ""}
    first, second = (older, newer) if is_older_first else (newer, older)
    with agent(first) as process:
        assert manager.recv(100) == b"READY=1"
        refused = ask(second, "run")
        running, own = ("0.0.1", __version__) if is_older_first else (__version__, "0.0.1")
        said = (
            f"Version {running} of the agent is running (process {process.pid}); this one is {own}."
        )
        assert (refused.returncode, refused.stderr.splitlines()[0]) == (1, said)
        assert "odc-agent quit" in refused.stderr
        assert ask(second, "status").returncode == 0
        assert ask(second, "quit").returncode == 0
        assert process.wait(LIMIT) == 0


def test_a_hang_up_starts_the_agent_anew_in_the_same_process(manager, environment):
    environment["ODC_NO_START"] = "1"
    with agent(environment) as process:
        assert manager.recv(100) == b"READY=1"
        process.send_signal(signal.SIGHUP)
        assert manager.recv(100) == b"STOPPING=1"
        assert manager.recv(100) == b"READY=1"
        assert f'"pid": {process.pid}' in ask(environment, "status", "--json").stdout
