"""A start that fails for a reason nobody foresaw is told wherever somebody looks, and tried again."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from agent_here import own_logging

from agent.api import client as api_client
from agent.cli.ground.connect import agent, agent_if_any
from agent.cli.ground.outcome import (
    AgentDeafError,
    AgentEndedError,
    AgentStartsError,
    HomeAwayError,
    NoAgentError,
)
from agent.cli.running import room, run
from agent.cli.running.quitting import quit_agent
from agent.ground.clock import utc_now
from agent.ground.errors import OdcError
from agent.ground.language import Language
from agent.system import lock
from agent.system.files import NotSavedError
from agent.system.home import HomeNotUsableError
from agent.system.lock import running_agent
from agent.system.paths import find_paths
from agent.system.runtime import RuntimeFolderError, ensure_runtime_folder
from agent.system.start_failure import StartFailedError, last_failure, note_failure


@pytest.fixture
def paths(own_folders, monkeypatch):
    monkeypatch.setenv("ODC_NO_START", "1")
    # What an agent does to its whole process is not for this one.
    for name in ("try_imports_again", "write_privately", "hide_memory"):
        monkeypatch.setattr(run, name, lambda: None)
    monkeypatch.setattr(run.signal, "signal", lambda _number, _handler: None)
    return find_paths()


@pytest.fixture
def shown(monkeypatch):
    """What is shown on the desktop."""
    seen = []

    async def show(error):
        seen.append(error)

    monkeypatch.setattr(run, "_show", show)
    return seen


@pytest.fixture
def failing(monkeypatch):
    """Agents that fail when they start; how many were tried."""
    tried = []

    async def fail(*, has_tray):
        tried.append(has_tray)
        raise ZeroDivisionError("a mistake of ours")

    monkeypatch.setattr(run, "_run", fail)
    return tried


def started(**options):
    with own_logging(), pytest.raises(OdcError) as caught:
        run.run(has_tray=False, **options)
    return caught.value


def test_a_failure_nobody_foresaw_is_told_wherever_somebody_looks(paths, shown, failing):
    error = started()
    assert "ZeroDivisionError: a mistake of ours" in error.text(Language.ZH)
    assert "ZeroDivisionError" in (paths.logs / "agent.log").read_text("utf-8")
    assert [each.code for each in shown] == ["start_failed"]
    with pytest.raises(AgentEndedError) as caught, agent():
        pytest.fail("nothing runs")
    assert "a mistake of ours" in caught.value.text(Language.ZH)
    assert str(paths.logs / "agent.log") in caught.value.advice_text(Language.EN)


def test_the_same_failure_is_not_shown_at_each_try(paths, shown, failing):
    for _try in range(3):
        started()
    assert len(shown) == 1


def test_a_start_at_login_is_tried_again_with_longer_and_longer_pauses(
    paths, shown, failing, monkeypatch
):
    pauses = []
    monkeypatch.setattr(room.time, "sleep", pauses.append)
    assert started(waits=True).code == "start_failed"
    assert tuple(pauses) == room.PAUSES
    assert pauses == sorted(pauses)
    assert len(failing) == len(pauses) + 1
    assert len(shown) == 1


def test_a_start_that_succeeds_at_last_ends_the_trying(paths, shown, monkeypatch):
    monkeypatch.setattr(room.time, "sleep", lambda _seconds: None)
    outcomes = [ZeroDivisionError(), RuntimeError(), None]

    async def begin(*, has_tray):
        if outcome := outcomes.pop(0):
            raise outcome
        return False

    monkeypatch.setattr(run, "_run", begin)
    with own_logging():
        assert run.run(has_tray=False, waits=True) == 0
    assert outcomes == []


@pytest.fixture
def fills_up(monkeypatch):
    """Agents that find the disk full in the midst of their start, or of their work."""
    tried = []

    async def begin(*, has_tray):
        tried.append(has_tray)
        if len(tried) == 1:
            raise NotSavedError(reason="database or disk is full")
        if len(tried) == 2:
            Path("/dev/full").write_bytes(b"a key")
        return False

    monkeypatch.setattr(run, "_run", begin)
    return tried


def test_a_disk_that_fills_up_meanwhile_is_told_as_one_that_was_full(paths, shown, fills_up):
    for reason in ("database or disk is full", "No space left on device"):
        error = started()
        assert error.code == "home_not_usable"
        assert f"({reason})" in error.text(Language.EN)
        assert str(paths.data) in error.text(Language.ZH)


@pytest.mark.parametrize("name", ["control.sock", "", None, 7])
def test_it_is_named_where_another_disk_than_the_homes_is_full(paths, shown, monkeypatch, name):
    other = paths.data.parent.parent / "run"

    async def begin(*, has_tray):
        file = str(other / name) if isinstance(name, str) else name
        raise OSError(errno.EDQUOT, os.strerror(errno.EDQUOT), file)

    monkeypatch.setattr(run, "_run", begin)
    named = {"control.sock": other, "": other.parent}.get(name, paths.data)
    assert f"nothing can be written to {named} (Disk quota exceeded)" in started().text(Language.EN)


def test_a_disk_that_fills_up_meanwhile_is_waited_for(paths, shown, fills_up, monkeypatch):
    pauses = []
    monkeypatch.setattr(room.time, "sleep", pauses.append)
    with own_logging():
        assert run.run(has_tray=False, waits=True) == 0
    assert pauses == [room.PAUSE_SECONDS] * 2
    assert len(fills_up) == 3
    assert len(shown) == 1


@pytest.fixture(params=["no name", "no file", "no folder"])
def lock_refused(request, monkeypatch):
    """The lock of who waits is on the disk that takes nothing."""
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def refuse(*_arguments):
        raise full

    def refuse_folder():
        raise RuntimeFolderError("no folder for sockets")

    if request.param == "no name":
        monkeypatch.setattr(lock.os, "write", refuse)
    elif request.param == "no file":
        monkeypatch.setattr(lock.held_files, "patiently", refuse)
    else:
        monkeypatch.setattr(room, "ensure_runtime_folder", refuse_folder)


def test_a_full_disk_is_waited_for_also_where_it_is_that_of_the_lock(
    paths, shown, lock_refused, monkeypatch
):
    pauses, outcomes = [], [HomeNotUsableError(folder="/", reason="full")] * 2

    def start(_runs):
        if outcomes:
            raise outcomes.pop()
        return "started"

    monkeypatch.setattr(room.time, "sleep", pauses.append)
    told = []
    assert room.try_again_and_again(start, told.append) == "started"
    assert pauses == [room.PAUSE_SECONDS] * 2
    assert len(told) == 1


@pytest.mark.parametrize(
    "failure",
    [HomeNotUsableError(folder="/", reason="full"), StartFailedError(reason="x", log="y")],
)
def test_who_waits_can_be_ended_while_it_tries_again(paths, monkeypatch, failure):
    file = ensure_runtime_folder() / "waiting.lock"
    monkeypatch.setattr(room.time, "sleep", lambda _seconds: None)
    held = []

    def start(runs):
        held.append(running_agent(file) is not None)
        if len(held) < 4:
            raise failure
        runs()
        held.append(running_agent(file) is not None)
        return "started"

    assert room.try_again_and_again(start, lambda _error: None) == "started"
    assert held == [False, True, True, True, False]


def test_quit_says_that_no_agent_runs_also_where_it_cannot_look_for_one_that_waits(
    paths, lock_refused
):
    with pytest.raises(NoAgentError):
        quit_agent()


def test_a_disk_that_takes_nothing_leaves_word_beside_the_sockets(paths):
    paths.data.parent.mkdir(parents=True)
    paths.data.write_text("a file where the folder should be")
    report = StartFailedError(reason="x", log="y").report()
    assert note_failure(paths.data, report, utc_now())
    assert last_failure(paths.data).report == report


def test_a_home_that_is_away_is_named(paths):
    paths.data.parent.mkdir(parents=True)
    paths.data.symlink_to(paths.data)  # it can as little be looked for as a share that is away
    with pytest.raises(HomeAwayError) as caught, agent():
        pytest.fail("nothing runs")
    assert str(paths.data) in caught.value.text(Language.ZH)
    assert "重新连接" in caught.value.advice_text(Language.ZH)


RUNNING = [sys.executable, "-P", "-m", "agent.cli", "run", "--no-tray"]


def test_an_agent_that_runs_ends_the_word_of_an_earlier_failure_and_is_ended_though_it_is_deaf(
    paths,
):
    paths.config.mkdir()
    paths.config_file.write_text("discover_modules = false\n[browser]\nregister = false\n")
    note_failure(paths.data, StartFailedError(reason="x", log="y").report(), utc_now())
    with subprocess.Popen(RUNNING, env={**os.environ, "ODC_NO_START": ""}) as process:
        try:
            with agent_that_runs() as client:
                status = client.call("agent.status")
            assert last_failure(paths.data) is None
            assert status["pid"] == process.pid
            for socket in paths.data.parents[1].glob("odc-agent-*/*.sock"):
                socket.unlink()  # as a tidy system does in a shared folder
            with pytest.raises(AgentStartsError) as caught, agent():
                pytest.fail("it is deaf, as one that has just been started")
            assert f"{process.pid}" in caught.value.text(Language.ZH)
            for age in (-3600, 60):  # by a clock that goes wrong, too
                os.utime(paths.lock, (time.time() - age,) * 2)
                with pytest.raises(AgentDeafError) as caught, agent():
                    pytest.fail("it is deaf")
                assert str(process.pid) in caught.value.text(Language.ZH)
            quit_agent()
            assert process.wait(30) == 0
        finally:
            process.kill()


def test_an_agent_that_listens_and_answers_nothing_is_named(paths, monkeypatch):
    monkeypatch.setattr(api_client, "HELLO_SECONDS", 0.5)
    paths.config.mkdir()
    paths.config_file.write_text("discover_modules = false\n[browser]\nregister = false\n")
    with subprocess.Popen(RUNNING, env={**os.environ, "ODC_NO_START": ""}) as process:
        try:
            with agent_that_runs():
                pass
            process.send_signal(signal.SIGSTOP)  # as one whose share hangs
            for connecting in (agent, agent_if_any):
                with pytest.raises(AgentDeafError) as caught, connecting():
                    pytest.fail("it is silent")
                assert f"{process.pid}" in caught.value.text(Language.EN)
                assert "它没有响应" in caught.value.text(Language.ZH)
        finally:
            process.kill()


@contextlib.contextmanager
def agent_that_runs():
    for _try in range(200):
        with contextlib.suppress(OdcError), agent() as client:
            yield client
            return
        time.sleep(0.1)
    raise AssertionError("it does not start")
