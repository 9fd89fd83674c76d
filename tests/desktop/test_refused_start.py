"""An agent that cannot start at login: said on the desktop, where nobody reads what it prints."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from display import desktop, eventually, missing_programs

from agent.system.lock import AgentLock, lock_holder
from agent.system.runtime import runtime_folder

START = [sys.executable, "-P", "-m", "agent.cli", "run", "--no-tray"]
AGENT = START[:4]
PAUSE = 0.2
IMPATIENT = f"""
import sys
from agent.cli import main
from agent.cli.running import room
room.PAUSE_SECONDS = {PAUSE}
sys.exit(main(sys.argv[1:]))
"""
WAITING = [*START[:2], "-c", IMPATIENT, "run", "--no-tray", "--wait"]
SHELL_SIGNAL = 128
"""What a shell adds to the signal a command ended by."""
KEPT = "{}\n"
DISKS = {
    "full": 'mount -t tmpfs -o size=512k disk "$1" && cp -r "$2/." "$1" && '
    '{ dd if=/dev/zero of="$1/rest" 2>/dev/null || true; }',
    "read-only": 'cp -r "$2/." "$1" && mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"',
}

pytestmark = [
    pytest.mark.skipif(bool(missing_programs()), reason=f"needs {', '.join(missing_programs())}"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root: disks are mounted"),
]


@pytest.fixture
def home(short_folder):
    """What an agent left when it last ran."""
    left = short_folder / "left"
    (left / "data").mkdir(parents=True)
    (left / "config.toml").write_text("discover_modules = false\n")
    (left / "data" / "reminders.json").write_text(KEPT)
    return short_folder / "home", left


@pytest.fixture
def screen(home):
    with desktop(panel=False) as running:
        running.environment.update(ODC_HOME=str(home[0]), ODC_LANGUAGE="en")
        yield running


def start(screen, home, disk):
    """Start the agent on a disk of its own; what it says, and what is on the disk then."""
    place, left = home
    place.mkdir()
    script = f'{DISKS[disk]} && shift 2 && {{ "$@"; echo "exit $?"; cat "$ODC_HOME"/data/*.json; }}'
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", place, left, *START],
        env=screen.environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("disk", "reason"),
    [("full", "No space left on device"), ("read-only", "Read-only file system")],
)
def test_a_disk_that_takes_nothing_is_told_of_and_keeps_what_it_has(screen, home, disk, reason):
    done = start(screen, home, disk)
    assert done.stdout == f"exit 1\n{KEPT}"
    assert f"cannot start: nothing can be written to {home[0]}/data ({reason})." in done.stderr
    assert "Traceback" not in done.stderr
    [notice] = screen.notices()
    assert f"({reason})" in notice["body"]
    assert "start the agent again" in notice["body"]


def test_an_older_version_than_the_one_before_reminds_all_the_same_and_says_what_stands_still(
    screen, home
):
    place, left = home
    left.rename(place)
    journal = place / "data" / "renewals.sqlite"
    with contextlib.closing(sqlite3.connect(journal, isolation_level=None)) as database:
        database.execute("PRAGMA user_version = 1000")
    with subprocess.Popen(START, env=screen.environment) as agent:
        try:
            assert eventually(screen.shown)
            [notice] = screen.notices()
            assert "written by a newer version of this program." in notice["body"]
            assert "Install the newer version again." in notice["body"]
            assert ask(screen, "status") == 0
        finally:
            agent.terminate()
    with contextlib.closing(sqlite3.connect(journal, isolation_level=None)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1000,)


@contextlib.contextmanager
def waiting(screen, home, **environment):
    """A start at login on a disk that is full until a line is written to the process."""
    place, left = home
    place.mkdir()
    script = f'{DISKS["full"]} && shift 2 && {{ "$@" & }} && read -r line && rm "$ODC_HOME/rest" && wait $!'
    command = ["unshare", "--mount", "sh", "-c", script, "sh", place, left, *WAITING]
    with subprocess.Popen(
        command,
        env={**screen.environment, **environment},
        stdin=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)


def ask(screen, *command):
    """Run a command of the agent that must not start one; its exit code."""
    environment = {**screen.environment, "ODC_NO_START": "1"}
    return subprocess.run([*AGENT, *command], env=environment, check=False, timeout=60).returncode


def test_a_start_at_login_waits_for_room_and_says_so_once(screen, home):
    with waiting(screen, home) as agent:
        assert eventually(screen.shown)
        assert ask(screen, "status") != 0
        time.sleep(PAUSE * 5)  # it tries again meanwhile
        [notice] = screen.notices()
        assert "No space left on device" in notice["body"]
        assert "the agent starts by itself" in notice["body"]
        agent.stdin.write("\n")
        agent.stdin.flush()
        assert eventually(lambda: ask(screen, "status") == 0)
        with AgentLock(lock_of_waiting(screen)):
            pass  # it waits no more: the next login asks it to end as any other
        assert ask(screen, "quit") == 0
        assert agent.wait(60) == 0
        assert len(screen.notices()) == 1


def test_one_whose_sockets_would_be_on_that_disk_waits_as_well(screen, home):
    place, _left = home
    with waiting(screen, home, XDG_RUNTIME_DIR=str(place)) as agent:
        assert eventually(screen.shown)
        time.sleep(PAUSE * 5)
        [notice] = screen.notices()
        assert "the agent starts by itself" in notice["body"]
        agent.stdin.write("\n")
        agent.stdin.flush()
        runs = Path(
            f"/proc/{agent.pid}/root{place}/data/listening"
        )  # no other process sees its disk
        assert eventually(runs.exists)
        assert len(screen.notices()) == 1


def lock_of_waiting(screen):
    return runtime_folder(screen.environment) / "waiting.lock"


def test_an_upgrade_while_it_waits_starts_the_newer_version_to_wait(screen, home):
    with waiting(screen, home) as agent:
        assert eventually(screen.shown)
        pid = lock_holder(lock_of_waiting(screen))
        screen.notices()  # and none is shown any more
        os.kill(pid, signal.SIGHUP)  # as the package sends it
        assert eventually(screen.shown)
        assert lock_holder(lock_of_waiting(screen)) == pid
        agent.stdin.write("\n")
        agent.stdin.flush()
        assert eventually(lambda: ask(screen, "status") == 0)
        assert ask(screen, "quit") == 0
        assert agent.wait(60) == 0


def test_one_that_waits_is_ended_as_any_other(screen, home):
    with waiting(screen, home) as agent:
        assert eventually(screen.shown)
        word = lock_of_waiting(screen).with_name("start-failed.json")
        assert "within a minute" in word.read_text("utf-8")
        assert ask(screen, "quit") == 0
        assert not word.exists(), "it does not start by itself any more"
        agent.stdin.write("\n")
        agent.stdin.flush()
        assert agent.wait(60) == SHELL_SIGNAL + signal.SIGTERM
        assert ask(screen, "quit") != 0, "nothing waits or runs any more"


def test_the_next_login_ends_one_that_waits(screen, home):
    place, _left = home
    with waiting(screen, home) as waits:
        assert eventually(screen.shown)
        # That disk is full for the one that waits only.
        (place / "config.toml").write_text("discover_modules = false\n")
        command = [*START, "--replace", "--wait"]
        with subprocess.Popen(command, env=screen.environment) as agent:
            try:
                assert eventually(lambda: ask(screen, "status") == 0)
                waits.stdin.write("\n")
                waits.stdin.flush()
                assert waits.wait(60) == SHELL_SIGNAL + signal.SIGTERM
                assert agent.poll() is None
            finally:
                agent.terminate()
