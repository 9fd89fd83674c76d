"""Finding and starting the agent. Needs nothing but the interpreter."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest
from host_process import fake_agent, reply

from agent.system import starting
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
