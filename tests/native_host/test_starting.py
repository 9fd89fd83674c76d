"""Finding and starting the agent. Needs nothing but the interpreter."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from host_process import fake_agent, reply

from agent.cli.ground.outcome import Exit
from agent.system import starting
from agent.system.lock import AgentLock
from agent.system.paths import find_paths
from agent.system.runtime import BROWSER_SOCKET
from agent.system.starting import AgentMissingError


@pytest.fixture
def this_user(environment, monkeypatch):
    for name in ("HOME", "XDG_RUNTIME_DIR", "ODC_HOME"):
        monkeypatch.setenv(name, environment[name])
    monkeypatch.delenv(starting.NO_START, raising=False)
    return environment


def started(monkeypatch, code):
    """Let ``start_agent`` start a process that runs ``code`` instead of the agent."""

    def start():
        process = subprocess.Popen([sys.executable, "-c", code])
        processes.append(process)
        return process

    processes = []
    monkeypatch.setattr(starting, "start_agent", start)
    return processes


def test_no_agent_is_started_when_none_is_wanted(this_user, monkeypatch):
    processes = started(monkeypatch, "")
    with pytest.raises(AgentMissingError):
        starting.connect(BROWSER_SOCKET, start=False)
    monkeypatch.setenv(starting.NO_START, "1")
    with pytest.raises(AgentMissingError):
        starting.connect(BROWSER_SOCKET)
    assert processes == []


def test_an_agent_that_never_opens_its_socket_is_given_up(this_user, monkeypatch):
    processes = started(monkeypatch, "import time; time.sleep(30)")
    before = time.monotonic()
    with pytest.raises(AgentMissingError, match="did not open its socket within"):
        starting.connect(BROWSER_SOCKET, timeout=0.5)
    assert 0.4 < time.monotonic() - before < 2
    processes[0].kill()
    processes[0].wait()


def test_an_agent_that_ends_at_once_is_not_waited_for_in_full(this_user, monkeypatch):
    monkeypatch.setattr(starting, "GRACE_AFTER_EXIT", 0.2)
    started(monkeypatch, "raise SystemExit(7)")
    with pytest.raises(AgentMissingError, match="exit code 7"):
        starting.connect(BROWSER_SOCKET, timeout=30)


def test_an_agent_somebody_else_started_meanwhile_is_found(this_user, monkeypatch):
    """The agent's lock ends the second of two; that must not fail the second's starter."""
    started(monkeypatch, "")
    found = []

    def connect():
        with closing(starting.connect(BROWSER_SOCKET, timeout=10)) as connection:
            found.append(connection.getpeername())

    thread = threading.Thread(target=connect)
    thread.start()
    time.sleep(0.3)
    with fake_agent(this_user, lambda m: [reply(m, {})]):
        thread.join(5)
    assert len(found) == 1


def test_an_agent_that_is_still_starting_is_waited_for_when_ours_has_left_the_work_to_it(
    this_user, monkeypatch
):
    """At login on a slow machine: several browsers each start one, and the first needs its time."""
    monkeypatch.setattr(starting, "GRACE_AFTER_EXIT", 0.2)
    [found, failed] = [], []
    started(monkeypatch, f"raise SystemExit({starting.ALREADY_RUNS})")

    def connect():
        try:
            with closing(starting.connect(BROWSER_SOCKET, timeout=20)) as connection:
                found.append(connection.getpeername())
        except AgentMissingError as error:
            failed.append(error)

    browsers = [threading.Thread(target=connect) for _ in range(3)]
    for browser in browsers:
        browser.start()
    time.sleep(2)
    assert failed == []
    with fake_agent(this_user, lambda m: [reply(m, {})]):
        for browser in browsers:
            browser.join(10)
    assert (len(found), failed) == (3, [])


def test_one_that_never_opens_its_socket_is_given_up_too_where_another_has_started_it(
    this_user, monkeypatch
):
    started(monkeypatch, f"raise SystemExit({starting.ALREADY_RUNS})")
    with pytest.raises(AgentMissingError, match="did not open its socket within"):
        starting.connect(BROWSER_SOCKET, timeout=1)


def test_an_agent_says_by_its_exit_code_that_another_one_has_the_lock(this_user):
    assert starting.ALREADY_RUNS == Exit.ALREADY_RUNS
    with AgentLock(find_paths().lock):
        second = starting.start_agent()
        assert second.wait(60) == starting.ALREADY_RUNS
