"""The local API's sockets: one for each role, in the user's 0700 runtime folder; pipes on Windows."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from agent.api.connection import StreamConnection
from agent.api.registry import Connection, Registry, Role
from agent.peers import is_same_user
from agent.pipes.listener import PipeListener
from agent.pipes.stream import pipe_name
from agent.runtime import BROWSER_SOCKET, CONTROL_SOCKET, ensure_runtime_folder, runtime_folder

log = logging.getLogger(__name__)

if sys.platform == "win32":
    from agent.pipes.windows import WindowsSystem

_SOCKETS = {CONTROL_SOCKET: Role.CONTROL, BROWSER_SOCKET: Role.BROWSER}


class Server:
    """Listens for clients and serves each in a task of its own."""

    def __init__(
        self, registry: Registry, *, greeted: Callable[[Role], None] = lambda _role: None
    ) -> None:
        """Serve ``registry``; ``greeted`` is called with the role of each client that says hello."""
        self._registry = registry
        self._greeted = greeted
        self._servers: list[asyncio.Server | PipeListener] = []
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. The caller holds the agent's lock, so a socket found there is a dead agent's."""
        folder = ensure_runtime_folder()
        for name, role in _SOCKETS.items():
            await self._listen(folder / name, role)

    async def adopt(self, inherited: socket.socket, role: Role) -> Connection:
        """Serve a child of ours over a socket pair it inherited, and return its connection."""
        reader, writer = await asyncio.open_connection(sock=inherited)
        return self._serve(reader, writer, role)

    async def close(self) -> None:
        """Stop listening, drop all clients, remove the sockets."""
        for server in self._servers:
            server.close()
        for task in list(self._clients):
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        folder = runtime_folder()
        for name in _SOCKETS:
            (folder / name).unlink(missing_ok=True)

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
            accept = functools.partial(self._accept, role)
            self._servers.append(await asyncio.start_unix_server(accept, path))
            path.chmod(0o600)

    async def _accept(
        self, role: Role, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if not is_same_user(writer.get_extra_info("socket")):
            log.warning("connection of another user refused role=%s", role)
            writer.close()
            return
        self._serve(reader, writer, role)

    def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, role: Role
    ) -> StreamConnection:
        connection = StreamConnection(
            reader, writer, self._registry, role, os.getpid(), greeted=self._greeted
        )
        task = asyncio.create_task(connection.serve())
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)
        return connection
