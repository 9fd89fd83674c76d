"""The process's listening side: a thread for each connection, one call at a time among all of them."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator

from sandbox.home import SandboxError
from sandbox.skf_token.answering import answer
from sandbox.skf_token.bus import Bus, Client
from sandbox.skf_token.control import CONTROL, answered
from sandbox.skf_token.faults import Plan
from sandbox.skf_token.sockets import address_of
from sandbox.skf_token.wire import WireError, encode, receive

HELLO = "hello"


class Server:
    """Takes connections until it is closed."""

    def __init__(self, bus: Bus, listener: socket.socket) -> None:
        self.bus = bus
        self._listener = listener
        self._connections: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        """What ODC_SKF_SOCKET has to say."""
        return address_of(self._listener)

    def close(self) -> None:
        """End all connections: every token is pulled out at once. A call under way is finished before."""
        with self.bus.changed:
            for one in (self._listener, *self._connections):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            for name in list(self.bus.plugged):
                self.bus.pull(name)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(WireError, OSError):
            self._connections.add(connection)
            try:
                self._converse(connection)
            finally:
                self._connections.discard(connection)

    def _converse(self, connection: socket.socket) -> None:
        fields = receive(connection)
        if fields is None:
            return
        name = fields.bytes().decode("ascii", "replace")
        if name == CONTROL:
            with self.bus.changed:
                told = answered(self.bus, fields, os.getpid())
            connection.sendall(told)
        elif name == HELLO:
            try:
                number, plan = fields.number(), Plan.read(fields.bytes().decode())
            except SandboxError as error:
                connection.sendall(encode([str(error).encode()]))
                return
            connection.sendall(encode([b""]))
            with self._client(number, plan) as client:
                self._take_calls(connection, client)

    @contextlib.contextmanager
    def _client(self, number: int, plan: Plan) -> Iterator[Client]:
        with self.bus.changed:
            client = self.bus.came(number, plan)
        try:
            yield client
        finally:
            with self.bus.changed:
                self.bus.went(client)

    def _take_calls(self, connection: socket.socket, client: Client) -> None:
        while (fields := receive(connection)) is not None:
            name = fields.bytes().decode("ascii", "replace")
            with self.bus.changed:
                told = answer(self.bus, client, name, fields)
            connection.sendall(encode(told))
