"""One agent for each user and home."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys

import pytest

from agent.ground.language import Language
from agent.system.lock import AgentLock, AlreadyRunningError, RunningElsewhereError, lock_holder

HOLDER = """
import sys
from pathlib import Path
from agent.system.lock import AgentLock
with AgentLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def file(tmp_path):
    return tmp_path / "data" / "agent.lock"


@pytest.fixture
def holder(file):
    """Another process that holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline().split() == [b"held"]
        yield process
        process.kill()


def test_the_lock_names_its_holder(file):
    with AgentLock(file):
        assert lock_holder(file) == os.getpid()
        assert sys.platform == "win32" or stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_second_holder_is_refused_and_told_who_holds(file, holder):
    with pytest.raises(AlreadyRunningError) as caught, AgentLock(file):
        pytest.fail("two agents at once")
    assert caught.value.code == "already_running"
    assert str(holder.pid) in caught.value.text(Language.EN)
    assert str(holder.pid) in caught.value.text(Language.ZH)


def test_the_lock_of_a_killed_holder_is_free(file, holder):
    holder.kill()
    holder.wait()
    with AgentLock(file):
        assert lock_holder(file) == os.getpid()


def test_a_lock_is_free_after_its_holder(file, holder):
    holder.communicate()
    with AgentLock(file):
        pass
    with AgentLock(file):
        pass


def test_a_shorter_pid_leaves_no_rest_of_a_longer_one(file):
    file.parent.mkdir()
    file.write_text("99999999999999")
    with AgentLock(file):
        assert lock_holder(file) == os.getpid()


def test_two_homes_have_two_locks(tmp_path):
    with AgentLock(tmp_path / "a" / "lock"), AgentLock(tmp_path / "b" / "lock"):
        pass


def test_the_agent_of_another_computer_with_the_same_home_is_named(file, holder, monkeypatch):
    holder_host = socket.gethostname()
    monkeypatch.setattr(socket, "gethostname", lambda: "the-other-desk")
    with pytest.raises(RunningElsewhereError) as caught, AgentLock(file):
        pytest.fail("two agents at once")
    assert caught.value.code == "already_running"
    assert holder_host in caught.value.text(Language.ZH)
    assert "关闭" in caught.value.advice_text(Language.ZH)
