"""The local API's sockets: one for each role, in the user's 0700 runtime folder; pipes on Windows."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from agent.api.connection import ClientConnection
from agent.api.registry import Connection, Registry, Role
from agent.ground.clock import utc_now
from agent.system.damage import lay_aside
from agent.system.files import write_private
from agent.system.pipes.listener import PipeListener
from agent.system.pipes.stream import pipe_name
from agent.system.runtime import (
    BROWSER_SOCKET,
    CONTROL_SOCKET,
    ensure_runtime_folder,
    note_file,
)

if sys.platform == "win32":
    from agent.system.pipes.windows import WindowsSystem

log = logging.getLogger(__name__)

_SOCKETS = {CONTROL_SOCKET: Role.CONTROL, BROWSER_SOCKET: Role.BROWSER}


def _leave_word(folder: Path) -> None:
    """Write down in the home where its agent listens, for who comes with another runtime folder."""
    note = Path(note_file())
    try:
        if note.is_dir():
            lay_aside(note, utc_now())
        write_private(note, os.fsencode(folder))
    except OSError as error:  # who has the same runtime folder finds it all the same
        log.warning("not written down where the agent listens: %s", error)


def _unguessed(folder: Path) -> Path:
    """Make a folder beside the runtime folder that nobody else knows of, and remove the last one."""
    _discard_unguessed(folder)
    other = folder.with_name(f"{folder.name}-{secrets.token_hex(16)}")
    other.mkdir()
    return other


def _discard_unguessed(folder: Path) -> None:
    for other in folder.parent.glob(f"{folder.name}-*"):
        with contextlib.suppress(OSError):  # it is not empty, so none of ours
            other.rmdir()


class Server:
    """Listens for clients and serves each."""

    def __init__(
        self, registry: Registry, *, greeted: Callable[[Role], None] = lambda _role: None
    ) -> None:
        """Serve ``registry``; ``greeted`` is called with the role of each client that says hello."""
        self._registry = registry
        self._greeted = greeted
        self._servers: list[asyncio.Server | PipeListener] = []
        self._clients: set[ClientConnection] = set()
        self._folder: Path | None = None

    async def start(self) -> None:
        """Listen. The caller holds the agent's lock, so a socket found there is a dead agent's."""
        folder = ensure_runtime_folder()
        try:
            await self._listen_in(folder)
        except OSError as error:
            if sys.platform != "win32":
                raise
            # Names of pipes are everybody's, and that of the folder can be guessed: somebody else has them.
            log.warning("listening elsewhere: %s", error)
            self._stop_listening()
            folder = _unguessed(folder)
            await self._listen_in(folder)
        _leave_word(folder)

    async def _listen_in(self, folder: Path) -> None:
        self._folder = folder
        for name, role in _SOCKETS.items():
            await self._listen(folder / name, role)

    async def adopt(self, inherited: socket.socket, role: Role) -> Connection:
        """Serve a child of ours over a socket pair it inherited, and return its connection."""
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(lambda: self._client(role), sock=inherited)
        return client

    async def close(self) -> None:
        """Stop listening, drop all clients, remove the sockets."""
        self._stop_listening()
        await asyncio.gather(*(client.close() for client in self._clients))
        if self._folder is not None:
            for name in _SOCKETS:
                (self._folder / name).unlink(missing_ok=True)
            if sys.platform == "win32":
                _discard_unguessed(ensure_runtime_folder())

    def _stop_listening(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()

    if sys.platform == "win32":

        async def _listen(self, path: Path, role: Role) -> None:
            """Listen on the pipe in place of a socket at ``path``."""
            loop = asyncio.get_running_loop()

            def accepted(client: socket.socket) -> None:
                asyncio.run_coroutine_threadsafe(self.adopt(client, role), loop)

            self._servers.append(PipeListener(WindowsSystem(), pipe_name(path), accepted))

    else:

        async def _listen(self, path: Path, role: Role) -> None:
            path.unlink(missing_ok=True)
            loop = asyncio.get_running_loop()
            self._servers.append(await loop.create_unix_server(lambda: self._client(role), path))
            path.chmod(0o600)

    def _client(self, role: Role) -> ClientConnection:
        client = ClientConnection(self._registry, role, greeted=self._greeted)
        self._clients.add(client)
        client.on_close(lambda: self._clients.discard(client))
        return client
