"""An agent whose pipes somebody else has made, under names that anybody can guess, listens elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent.api.registry import Registry
from agent.api.server import Server
from agent.system.pipes.stream import pipe_name
from agent.system.pipes.windows import WindowsSystem
from agent.system.runtime import BROWSER_SOCKET, CONTROL_SOCKET, noted_path, runtime_path
from agent.system.starting import AgentMissingError, connect_plainly


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where an agent of this home would listen."""
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "Local"))
    monkeypatch.setenv("ODC_HOME", str(tmp_path / "home"))
    return Path(runtime_path())


@pytest.fixture
def taken(monkeypatch):
    """Names of pipes that somebody has."""
    names = set()
    create = WindowsSystem.create

    def refused(self, name, sid, *, is_first):
        if name in names:
            raise PermissionError(13, "Access is denied", None, 5)
        return create(self, name, sid, is_first=is_first)

    monkeypatch.setattr(WindowsSystem, "create", refused)
    return names


async def is_reached(server: Server, name: str) -> bool:
    try:
        stream = await asyncio.to_thread(connect_plainly, name, start=False)
    except AgentMissingError:
        return False
    async with asyncio.timeout(20):
        while not server._clients:  # noqa: ASYNC110 - neither has an event of its own
            await asyncio.sleep(0.01)
        stream.close()
        while server._clients:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)
    return True


@pytest.mark.parametrize("squatted", [CONTROL_SOCKET, BROWSER_SOCKET])
async def test_it_listens_where_nobody_can_guess_and_is_found(folder, taken, squatted):
    taken.add(pipe_name(folder / squatted))
    server = Server(Registry())
    await server.start()
    assert Path(runtime_path()) != folder
    assert len(Path(runtime_path()).name) > len(folder.name) + 30
    assert await is_reached(server, CONTROL_SOCKET)
    assert await is_reached(server, BROWSER_SOCKET)
    await server.close()
    assert Path(runtime_path()) == folder
    assert [each.name for each in folder.parent.iterdir()] == [folder.name]


async def test_where_nobody_has_them_it_listens_as_ever(folder, taken):
    """What an agent left that was killed while it listened elsewhere goes."""
    left = folder.with_name(f"{folder.name}-0123")
    left.mkdir(parents=True)
    server = Server(Registry())
    await server.start()
    assert (Path(noted_path()), Path(runtime_path())) == (folder, folder)
    assert await is_reached(server, CONTROL_SOCKET)
    await server.close()
    assert not left.exists()
