"""Homes of agents: two beside each other, one on a disk that is full, one on a share that goes away."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time

import pytest
from conftest import another_windows
from machine import Language, services

pytestmark = [pytest.mark.wine, pytest.mark.timeout(400)]

needs_root = pytest.mark.skipif(os.getuid() != 0, reason="mounting needs root")

SECONDS = 120
DISK_BYTES = 4 << 20
IMPATIENT = """
import sys
from agent.cli import main
from agent.cli.running import room
room.PAUSE_SECONDS = 0.5
sys.exit(main())
"""
"""``odc-agent`` that looks for room more often than each minute."""

PROFILE = r"\\fileserver\profiles\anna"
MOVE_PROFILE = r"""
import sys, winreg
local, roots = sys.argv[1] + r"\AppData\Local", r"Software\Microsoft\Windows\CurrentVersion\Explorer"
for key, name in (
    (roots + r"\User Shell Folders", "Local AppData"),
    (roots + r"\Shell Folders", "Local AppData"),
    ("Volatile Environment", "LOCALAPPDATA"),
):
    with winreg.CreateKey(winreg.HKEY_CURRENT_USER, key) as opened:
        winreg.SetValueEx(opened, name, 0, winreg.REG_SZ, local)
"""
"""As an administrator has it who moves the folder of local data to a share, or to another disk."""


@pytest.fixture(scope="module")
def windows(display):
    """An English Windows of the file's own."""
    with another_windows(Language.ENGLISH, display) as found, services(found):
        yield found


class Commands:
    """``odc-agent`` for one home, or for the user's own."""

    def __init__(self, windows, home=None):
        self._windows = windows
        self._variables = {"ODC_NO_START": "1", "ODC_LANGUAGE": "en"}
        if home is not None:
            self._variables["ODC_HOME"] = home

    def run(self, *words):
        """Run a command; what it prints, wherever it does."""
        python = self._windows.python
        done = self._windows.run(python, "-m", "agent.cli", *words, env=self._variables)
        said = (done.stdout + done.stderr).decode(self._windows.encoding)
        assert "Traceback" not in said, said
        return said

    def status(self):
        """What the agent says of itself; None where none answers."""
        with contextlib.suppress(ValueError):
            return json.loads(self.run("status", "--json"))

    @contextlib.contextmanager
    def agent(self):
        """Start an agent, which has ended after the block."""
        quiet = subprocess.DEVNULL
        streams = {"stdin": quiet, "stdout": quiet, "stderr": quiet}
        command = (self._windows.python, "-c", IMPATIENT, "run", "--no-tray", "--wait")
        with self._windows.start(*command, env=self._variables, **streams) as process:
            try:
                yield process
            finally:
                self.run("quit")
                process.wait(SECONDS)


def until(ask):
    deadline = time.monotonic() + SECONDS
    while not (found := ask()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def test_two_homes_have_an_agent_each(windows):
    """Wine has one user; what two would share are the names of pipes."""
    one, other = (Commands(windows, windows.path(windows.drive / name)) for name in ("anna", "bo"))
    with one.agent(), other.agent():
        assert until(one.status)["pid"] != until(other.status)["pid"]


@pytest.fixture
def disk(windows, tmp_path):
    """A small disk that is drive E:."""
    with small_disk(windows, tmp_path):
        yield tmp_path


@contextlib.contextmanager
def small_disk(windows, folder):
    """Have a small disk that is drive E: and, here, ``folder``."""
    drive = windows.folder / "prefix" / "dosdevices" / "e:"
    size = f"size={DISK_BYTES}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "disk", folder], check=True)
    drive.symlink_to(folder)
    yield
    drive.unlink()
    subprocess.run(["umount", "-l", folder], check=True)


def fill(disk):
    with (disk / "rest").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


@needs_root
def test_a_full_disk_is_said_and_the_agent_goes_on_once_there_is_room(windows, disk):
    commands = Commands(windows, r"E:\home")
    fill(disk)
    with commands.agent():
        full = r"nothing can be written to E:\home\data (No space left on device)"
        said = until(lambda: (text := commands.run("status")) * (full in text))
        assert "the agent starts by itself within a minute" in said
        (disk / "rest").unlink()
        pid = until(commands.status)["pid"]

        fill(disk)
        said = commands.run("config", "set", "poll_seconds", "9")
        assert r"E:\home\config.toml was not changed: No space left on device" in said
        assert "make room on the disk" in said
        assert "No space left on device" in commands.run("check", "disk")

        (disk / "rest").unlink()
        commands.run("config", "set", "poll_seconds", "8")
        assert b"8" in (disk / "home" / "config.toml").read_bytes()
        assert commands.status()["pid"] == pid


@needs_root
def test_one_that_waits_for_room_is_ended_by_quit(windows, disk):
    commands = Commands(windows, r"E:\other")
    fill(disk)
    with commands.agent():  # at whose end it has ended
        until(lambda: "the agent starts by itself" in commands.run("status"))


def test_a_profile_on_a_share_that_goes_away_and_comes_back(english):
    server = english.folder / "prefix" / "dosdevices" / "unc" / "fileserver"
    (server / "profiles" / "anna" / "AppData" / "Local").mkdir(parents=True)
    assert english.run(english.python, "-c", MOVE_PROFILE, PROFILE).returncode == 0
    commands, away = Commands(english), server.with_name("away")
    with services(english), commands.agent():
        status = until(commands.status)
        assert status["home"].startswith(PROFILE)

        server.rename(away)
        assert f"the folder {PROFILE}" in commands.run("status")
        assert "was not changed" in commands.run("config", "set", "poll_seconds", "8")

        away.rename(server)
        assert commands.status()["pid"] == status["pid"]
        assert "was not changed" not in commands.run("config", "set", "poll_seconds", "8")


@needs_root
def test_a_disk_that_is_full_and_has_all_of_the_profile_is_waited_for(english, tmp_path):
    """As drive C: of most: also the lock of who waits, and its word, are on it."""
    with small_disk(english, tmp_path):
        (tmp_path / "anna" / "AppData" / "Local").mkdir(parents=True)
        assert english.run(english.python, "-c", MOVE_PROFILE, r"E:\anna").returncode == 0
        fill(tmp_path)
        commands = Commands(english)
        with services(english), commands.agent() as process:
            time.sleep(8)
            assert process.poll() is None
            assert commands.status() is None
            (tmp_path / "rest").unlink()
            assert until(commands.status)["home"].startswith(r"E:\anna")
