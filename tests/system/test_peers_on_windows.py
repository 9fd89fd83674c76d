"""Who is at a pipe's ends: what our programs have built in says the same as the calls by ctypes."""

from __future__ import annotations

import os

import _odc_peers
import pytest

from agent.system.pipes import identities
from agent.system.pipes.stream import open_pipe
from agent.system.pipes.windows import WindowsSystem


@pytest.fixture
def pipe():
    """A pipe of ours with a client; the client's end."""
    system, name = WindowsSystem(), rf"\\.\pipe\odc-test-{os.getpid()}"
    server = system.create(name, system.own_sid(), is_first=True)
    accepted = system.accept(server)
    client = system.open(name)
    accepted.wait(5)
    yield client, server, name
    system.close(client)
    system.close(server)


def test_both_know_this_user(pipe):
    client, server, _ = pipe
    own = _odc_peers.own_sid()
    assert own.startswith("S-1-5-")
    assert own == identities.own_sid()
    assert own == _odc_peers.server_sid(client) == identities.server_sid(client)
    assert own == WindowsSystem().client_sid(server)


@pytest.mark.parametrize("handle", [0, 4, -1, 1 << 40])
def test_what_is_no_pipe_is_an_error(handle):
    with pytest.raises(OSError, match="WinError"):
        _odc_peers.server_sid(handle)


def test_a_pipe_of_another_user_is_refused(pipe, monkeypatch):
    *_, name = pipe
    system = WindowsSystem()
    monkeypatch.setattr(WindowsSystem, "open", lambda _self, _name: pipe[0])
    monkeypatch.setattr(WindowsSystem, "close", lambda _self, _handle: None)
    monkeypatch.setattr(WindowsSystem, "server_sid", lambda _self, _handle: "S-1-5-18")
    with pytest.raises(PermissionError, match="another user"):
        open_pipe(system, name)
