"""``odc-sandbox skf-token``, and the process it starts."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from skf_bench import PIN
from skf_client import USER, SkfClient

from sandbox.home import Home, SandboxError
from sandbox.skf_token import building, process
from sandbox.skf_token.building import STANDARD, library
from sandbox.skf_token.codes import Sar
from sandbox.skf_token.control import Plug, ask
from sandbox.skf_token.drawer import Drawer
from sandbox.skf_token.process import IDLE_SECONDS
from sandbox.skf_token.sockets import connected
from sandbox.skf_token.state import blank_token, save_state

SECONDS = 15.0


class Commands:
    """The command in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.environment = {**os.environ, "LANG": "C.UTF-8"}
        self.drawer = Drawer(Home.opened(None))

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "sandbox", "skf-token", *arguments]
        return subprocess.run(
            command, env=self.environment, input=stdin, capture_output=True, text=True, check=False
        )

    def told(self, *arguments: str) -> object:
        return json.loads(self.run(*arguments, "--json").stdout)

    @property
    def pid(self) -> int | None:
        report = self.drawer.report()
        return report and report.pid

    def kill(self) -> None:
        if pid := self.pid:
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def commands(monkeypatch) -> Iterator[Commands]:
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="odc-skf-") as folder:
        monkeypatch.setenv("ODC_HOME", folder)
        commands = Commands(Path(folder))
        yield commands
        commands.kill()


def test_a_token_is_plugged_in_listed_and_pulled_out(commands, monkeypatch):
    plugged = commands.run("plug", "one", "--pin-stdin", stdin=PIN)
    assert plugged.returncode == 0, plugged.stderr
    path, address = plugged.stdout.rpartition(": ")[2].splitlines()
    monkeypatch.setenv("ODC_SKF_SOCKET", address.rpartition("=")[2])
    client = SkfClient(Path(path), STANDARD)
    opened = client.handle("OpenApplication", client.handle("ConnectDev", b"one"), b"ODC")
    assert client.numbers("VerifyPIN", opened, USER, b"000000").code == Sar.PIN_INCORRECT
    assert client.numbers("VerifyPIN", opened, USER, PIN.encode()).code == 0
    [listed] = commands.told("list")
    assert (listed["name"], listed["applications"], listed["is_plugged"]) == ("one", ["ODC"], True)
    assert commands.told("state")["open_logins"] == 1
    assert commands.run("faults", "SKF_EnumDev=0x0A000001").returncode == 0
    assert client.sized("EnumDev", 1).code == Sar.FAIL
    assert commands.run("pull", "one").returncode == 0
    assert not commands.drawer.tokens()[0].is_plugged


def test_the_process_may_be_killed_is_started_again_and_ends_when_nobody_needs_it(commands):
    commands.run("plug", "one", "--pin-stdin", "--factory-pin", stdin=PIN)
    first = commands.pid
    commands.kill()
    assert not commands.drawer.tokens()[0].is_plugged
    assert commands.run("plug", "one").returncode == 0
    assert commands.pid not in (None, first)
    [application] = commands.drawer.report().devices[0].applications
    assert application.is_factory_pin
    pid = commands.pid
    commands.drawer.pull("one")
    deadline = time.monotonic() + IDLE_SECONDS + SECONDS
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert commands.drawer.report() is None


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        (["pull", "none"], "", "not plugged in"),
        (["plug", "../x"], "", "cannot be a token's name"),
        (["plug", "x", "--pin-stdin"], "12345", "6 to 16 ASCII"),
        (["faults", "must_login"], "", "No SKF token is plugged in"),
    ],
)
def test_a_mistake_is_explained(commands, arguments, stdin, said):
    done = commands.run(*arguments, stdin=stdin)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_token_is_named(commands):
    commands.drawer.make("one")
    file = commands.home / "sandbox" / "skf-tokens" / "one.json"
    file.write_text("{}")
    done = commands.run("plug", "one")
    assert (done.returncode, str(file) in done.stderr) == (1, True)


def test_the_process_ends_with_its_home(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "LOOK_SECONDS", 0.05)
    home = Path(tempfile.mkdtemp(dir="/tmp", prefix="odc-skf-"))
    save_state(home / "key.json", blank_token())
    running = threading.Thread(target=process.run, args=(home, home / "socket"), daemon=True)
    running.start()
    deadline = time.monotonic() + SECONDS
    while not (home / "socket").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    with connected(str(home / "socket")) as connection:
        assert ask(connection, Plug("key")).devices
    running.join(0.2)
    assert running.is_alive()
    shutil.rmtree(home)
    running.join(SECONDS)
    assert not running.is_alive()


def test_without_a_compiler_it_is_said_which_package_brings_one(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match="gcc"):
        library(STANDARD, tmp_path)


def test_a_library_that_cannot_be_built_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(building, "_FLAGS", ("-no-such-flag",))
    with pytest.raises(SandboxError, match="no-such-flag"):
        library(STANDARD, tmp_path / "built")
    assert list((tmp_path / "built").iterdir()) == []
